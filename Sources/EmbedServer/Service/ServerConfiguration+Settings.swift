import HTTPCore

extension ServerConfiguration {
    /// Takes over what the operator chose.
    init(_ settings: ServerSettings) {
        self.init()
        host = settings.host
        port = settings.port
        maximumConnections = settings.maximumConnections
        maximumBodyBytes = settings.maximumBodyBytes
        // Many clients write their whole body before they read: they would miss a 413 that hangs up on them.
        maximumLingerBytes = 2 * settings.maximumBodyBytes
        maximumBufferedBodyBytes = settings.maximumBufferedBodyBytes
        maximumBufferedAnswerBytes = settings.maximumBufferedAnswerBytes
        compressesAnswers = settings.compression == .gzip
        minimumCompressedBytes = settings.compressionMinimumBytes
        if let certificate = settings.tls.certificate, let key = settings.tls.key {
            tls = TLSConfiguration(
                certificateFile: certificate,
                keyFile: key,
                clientAuthorityFile: settings.tls.clientCA
            )
        }
        headTimeout = .seconds(settings.headTimeoutSeconds)
        bodyTimeout = .seconds(settings.bodyTimeoutSeconds)
        idleTimeout = .seconds(settings.idleTimeoutSeconds)
        writeTimeout = .seconds(settings.writeTimeoutSeconds)
    }
}
