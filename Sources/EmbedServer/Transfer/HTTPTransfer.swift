import CCurl
import Glibc

/// One GET or POST over libcurl, which speaks through proxies and checks certificates.
///
/// Confined to the thread that runs its `TransferLoop`.
final class HTTPTransfer {
    /// What to fetch.
    struct Request: Sendable {
        /// An http or https URL.
        var url: String
        /// The token, which libcurl leaves out when a redirect leads to another host, port or scheme.
        var token: String?
        /// The octets asked for; `nil` is all of it.
        var range: ClosedRange<Int>?
        /// A PEM file of authorities to trust in place of the system's.
        var authorities: String?
        /// Whether any certificate will do: for a probe of the server's own socket.
        var trustsAnyCertificate = false
        /// Seconds for all of it; 0 is as long as octets come.
        var timeoutSeconds = 0
        /// What to POST, without following redirects; `nil`: a GET.
        var body: [UInt8]?
        /// Fields to send, as they stand in a header: `name: value`.
        var fields: [String] = []
    }

    /// What is fetched.
    let request: Request
    let handle: UnsafeMutableRawPointer
    /// Looks at status and fields before the first octet of a body; returns whether to go on.
    var onHead: (HTTPTransfer) -> Bool = { _ in true }
    /// Takes octets of a body; returns whether to go on.
    var onBody: (UnsafeRawBufferPointer) -> Bool = { _ in true }

    private var fields: [(name: String, value: String)] = []
    private var headSeen = false
    private var list: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    // libcurl wants this once per process, before anything else.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(_ request: Request) {
        precondition(Self.isReady, "libcurl does not start")
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory") }
        self.handle = handle
        self.request = request
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure()
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(list)
        errorText.deallocate()
    }

    /// Whether others on the network could read what is sent to this address: no TLS, and not this machine.
    static func isExposed(_ url: String) -> Bool {
        guard let parts = curl_url() else { return true }
        defer { curl_url_cleanup(parts) }
        func part(_ name: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            defer { curl_free(text) }
            return curl_url_get(parts, name, &text, 0) == CURLUE_OK ? text.map { String(cString: $0) } : nil
        }
        guard curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK, let host = part(CURLUPART_HOST)?.lowercased()
        else { return true }
        if part(CURLUPART_SCHEME) == "https" || ["localhost", "[::1]"].contains(host) { return false }
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) != 1 || UInt32(bigEndian: address.s_addr) >> 24 != 127
    }

    /// The status of the last response; 0 before there is one.
    var status: Int { ccurl_status(handle) }

    /// The field `name` (in lower case) of the last response.
    func field(_ name: String) -> String? { fields.last { $0.name == name }?.value }

    /// What libcurl says about a failure.
    func reason(_ code: CURLcode) -> String {
        let text = String(cString: errorText)
        return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }

    /// Looks at the head if no body made that happen; to be called when the transfer is done.
    func finishHead() -> Bool {
        if headSeen { return true }
        headSeen = true
        return onHead(self)
    }

    private func configure() {
        func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_number(handle, option, value) }
        func set(_ option: CURLoption, _ value: String) { _ = ccurl_set_text(handle, option, value) }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_USERAGENT, "embed-server")
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        // What was asked for under TLS is not fetched without.
        set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.hasPrefix("https:") ? "https" : "http,https")
        set(CURLOPT_CONNECTTIMEOUT, 30)
        if let body = request.body {
            // An answer may take long to compute: silence is no failure.
            _ = body.withUnsafeBytes { ccurl_set_body(handle, $0.baseAddress, $0.count) }
        } else {
            set(CURLOPT_FOLLOWLOCATION, 1)
            set(CURLOPT_MAXREDIRS, 5)
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, 60)
        }
        set(CURLOPT_TIMEOUT, request.timeoutSeconds)
        set(CURLOPT_BUFFERSIZE, 1 << 18)
        if let authorities = request.authorities { set(CURLOPT_CAINFO, authorities) }
        if request.trustsAnyCertificate {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
            set(CURLOPT_NOPROXY, "*")
        }
        if let range = request.range { set(CURLOPT_RANGE, "\(range.lowerBound)-\(range.upperBound)") }
        if let token = request.token { list = curl_slist_append(list, "Authorization: Bearer \(token)") }
        for field in request.fields { list = curl_slist_append(list, field) }
        if list != nil { _ = ccurl_set_fields(handle, list) }
        ccurl_set_error_buffer(handle, errorText)
        ccurl_set_sinks(
            handle,
            { octets, size, count, context in
                HTTPTransfer.from(context)?.take(header: UnsafeRawBufferPointer(start: octets, count: size * count))
                return size * count
            },
            { octets, size, count, context in
                let octets = UnsafeRawBufferPointer(start: octets, count: size * count)
                return HTTPTransfer.from(context)?.take(body: octets) == true ? octets.count : 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func take(header octets: UnsafeRawBufferPointer) {
        let line = String(decoding: octets, as: UTF8.self)
        if line.hasPrefix("HTTP/") { return fields.removeAll() }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields.append((line[..<colon].lowercased(), String(value.prefix { !$0.isNewline })))
    }

    private func take(body octets: UnsafeRawBufferPointer) -> Bool {
        finishHead() && onBody(octets)
    }
}
