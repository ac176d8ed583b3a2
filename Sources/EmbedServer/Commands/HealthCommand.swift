import ArgumentParser
import CCurl
import FoundationEssentials

/// `embed-server health`.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the server on this machine whether it is ready: a health check for containers without curl.",
        discussion: """
            Prints what /readyz answers. The exit code is 0 if embeddings are served, 1 if they are not or nobody answers.

            The address comes from the settings, so give it the configuration and environment of the server; what was \
            chosen by flags of `serve` it cannot know. Any certificate will do. A server that wants certificates of \
            its clients (server.tls.clientCA) cannot be asked.
            """
    )

    @Option(help: "The server's config.json; also EMBED_CONFIG.")
    var config: String?

    func run() throws {
        let settings = try SettingsLoader.settings(config: config, environment: ProcessInfo.processInfo.environment)
        let url = Self.url(of: settings.server)
        let transfer = HTTPTransfer(
            HTTPTransfer.Request(url: url, trustsAnyCertificate: true, timeoutSeconds: 5)
        )
        var body: [UInt8] = []
        transfer.onBody = {
            body += $0
            return body.count <= 1 << 16
        }
        let code = curl_easy_perform(transfer.handle)
        guard code == CURLE_OK else {
            StandardError.write("\(url): \(transfer.reason(code))\n")
            throw ExitCode.failure
        }
        var output = StandardOutput()
        try output.write(line: body)
        try output.flush()
        if transfer.status != 200 { throw ExitCode.failure }
    }

    /// Where a server with these settings answers on its own machine: on the loopback address if it listens on all.
    static func url(of server: ServerSettings) -> String {
        let host =
            switch server.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            default: server.host.contains(":") ? "[\(server.host)]" : server.host
            }
        return "\(server.tls.key == nil ? "http" : "https")://\(host):\(server.port)/readyz"
    }
}
