internal import HTTPTypes

/// One call of a handler, with the content codings undone before it and applied after it.
///
/// Runs in the task of the request: coding megabytes takes too long for an event loop.
struct HandlerCall: Sendable {
    let handler: Handler
    let request: Request
    let route: Route?
    /// The coding of the request's body.
    let coding: ContentCoding?
    /// Octets of the decoded body.
    let bodyLimit: Int
    /// What the body holds of the server's memory, for as long as the handler runs.
    let share: MemoryShare?
    /// What the answer holds of it, until it is sent.
    let answerShare: MemoryShare
    let context: ServerContext

    /// The handler's answer, or the one to a body that cannot be decoded or an answer that there is no room for.
    func answer() async -> Response {
        var decoded = request
        if let coding, !request.body.isEmpty {
            let coded = request.body.count
            do throws(HTTPError) {
                decoded.body = try Inflater.decode(request.body, coding, limit: bodyLimit) { octets in
                    share?.grow(to: coded + octets) ?? true
                }
            } catch {
                return refusal(error)
            }
            decoded.head.headerFields[.contentEncoding] = nil
            decoded.head.headerFields[.contentLength] = nil
        }
        return hold(encode(await handler(decoded)))
    }

    private func refusal(_ error: HTTPError) -> Response {
        context.response(to: error, of: RefusedRequest(request), style: route?.errorResponse)
    }

    /// Counts the answer against the server's budget, beyond what every connection may have in its output.
    private func hold(_ response: Response) -> Response {
        let held = response.body.count + (response.stream?.heldBytes ?? 0)
        guard held > context.limits.outputBytes else { return response }
        guard answerShare.grow(to: held) else { return refusal(.overloaded) }
        var response = response
        response.share = answerShare
        return response
    }

    /// Applies gzip where the client wants it and it pays.
    private func encode(_ response: Response) -> Response {
        let configuration = context.configuration
        guard configuration.compressesAnswers, Self.isCompressible(response) else { return response }
        var response = response
        // Also without a coding: with another Accept-Encoding the answer would differ (RFC 9110 section 12.5.5).
        response.fields.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        let accepted = AcceptEncoding(request.fields[.acceptEncoding])
        let pays = response.body.count >= configuration.minimumCompressedBytes
        guard accepted.prefersGzip && pays || accepted.takesGzip && accepted.refusesIdentity else { return response }
        guard let coded = Deflater.gzip(response.body) else { return response }
        response.body = coded
        response.fields[.contentEncoding] = "gzip"
        return response
    }

    /// Text and JSON without a coding of the handler's own.
    private static func isCompressible(_ response: Response) -> Bool {
        guard !response.body.isEmpty, response.stream == nil, response.fields[.contentEncoding] == nil else {
            return false
        }
        guard let type = response.fields[.contentType]?.lowercased().split(separator: ";").first else { return false }
        return type.hasPrefix("text/") || type == "application/json" || type.hasSuffix("+json")
    }
}
