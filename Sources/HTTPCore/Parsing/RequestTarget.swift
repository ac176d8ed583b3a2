internal import HTTPTypes

/// A request-target in one of the four forms of RFC 9112 section 3.2.
struct RequestTarget: Equatable {
    /// The path, percent-encoding kept; `*` for asterisk-form, empty for authority-form.
    var path: String
    /// What follows the first `?`, or nil.
    var query: String?
    /// The authority of absolute-form and authority-form, which takes the place of Host.
    var authority: String?

    /// Path and query as they go into a request head.
    var pathAndQuery: String { query.map { "\(path)?\($0)" } ?? path }

    /// Reads the target of a request with this method.
    init(_ octets: [UInt8], method: HTTPRequest.Method) throws(HTTPError) {
        if method == .connect {
            // authority-form = uri-host ":" port, for CONNECT and for nothing else.
            guard Authority.isValid(octets, needsPort: true) else {
                throw .badRequest(reason: "the target of CONNECT is not host:port")
            }
            self.init(path: "", authority: String(decoding: octets, as: UTF8.self))
        } else if octets == [.asterisk] {
            guard method == .options else { throw .badRequest(reason: "the target * is for OPTIONS only") }
            self.init(path: "*")
        } else if octets.first == .slash {
            try self.init(pathAndQuery: octets[...])
        } else {
            try self.init(absolute: octets, method: method)
        }
    }

    private init(path: String, query: String? = nil, authority: String? = nil) {
        self.path = path
        self.query = query
        self.authority = authority
    }

    /// absolute-form = absolute-URI, of the schemes http and https (RFC 9110 section 4.2).
    private init(absolute octets: [UInt8], method: HTTPRequest.Method) throws(HTTPError) {
        let schemes = ["http://", "https://"]
        let start = schemes.first { scheme in octets.prefix(scheme.utf8.count).map(\.lowercased) == Array(scheme.utf8) }
        guard let length = start?.utf8.count else {
            throw .badRequest(reason: "the target is neither a path nor an http URI")
        }
        let end = octets[length...].firstIndex { $0 == .slash || $0 == .questionMark } ?? octets.endIndex
        // An empty host MUST be refused, userinfo SHOULD be (RFC 9110 sections 4.2.1 and 4.2.4).
        guard Authority.isValid(octets[length..<end]) else {
            throw .badRequest(reason: "the authority of the target is not a host with an optional port")
        }
        try self.init(pathAndQuery: octets[end...])
        authority = String(decoding: octets[length..<end], as: UTF8.self)
        if path.isEmpty {
            // RFC 9112 section 3.2.4: OPTIONS with neither path nor query is about the server as a whole.
            path = method == .options && query == nil ? "*" : "/"
        }
    }

    /// origin-form = absolute-path [ "?" query ], where the path may also be empty.
    private init(pathAndQuery octets: ArraySlice<UInt8>) throws(HTTPError) {
        var position = octets.startIndex
        while position < octets.endIndex {
            if octets[position] == .percent {
                guard PercentEncoding.isValid(octets, at: position) else {
                    throw .badRequest(reason: "a percent sign in the target without two hexadecimal digits")
                }
                position += 3
            } else {
                guard octets[position].isPathOrQueryOctet else {
                    throw .badRequest(reason: "an octet in the target that must be percent-encoded")
                }
                position += 1
            }
        }
        let mark = octets.firstIndex(of: .questionMark)
        path = String(decoding: octets[..<(mark ?? octets.endIndex)], as: UTF8.self)
        query = mark.map { String(decoding: octets[($0 + 1)...], as: UTF8.self) }
        authority = nil
    }
}
