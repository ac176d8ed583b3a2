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
        return encode(await handler(decoded))
    }

    private func refusal(_ error: HTTPError) -> Response {
        context.response(to: error, of: RefusedRequest(request), style: route?.errorResponse)
    }

    /// Applies gzip where the client wants it and it pays, and counts the answer against the server's budget.
    private func encode(_ response: Response) -> Response {
        var response = response
        var isCoded = false
        if context.configuration.compressesAnswers, Self.isCompressible(response) {
            // Also without a coding: with another Accept-Encoding the answer would differ (RFC 9110 section 12.5.5).
            response.fields.append(HTTPField(name: .vary, value: "Accept-Encoding"))
            isCoded = wantsGzip(response)
        }
        return response.stream == nil ? hold(response, isCoded: isCoded) : stream(response, isCoded: isCoded)
    }

    private func wantsGzip(_ response: Response) -> Bool {
        let accepted = AcceptEncoding(request.fields[.acceptEncoding])
        let pays = response.stream != nil || response.body.count >= context.configuration.minimumCompressedBytes
        return accepted.prefersGzip && pays || accepted.takesGzip && accepted.refusesIdentity
    }

    private func hold(_ response: Response, isCoded: Bool) -> Response {
        var response = response
        if isCoded, let coded = Deflater.gzip(response.body) {
            response.body = coded
            response.fields[.contentEncoding] = "gzip"
        }
        return hold(response.body.count, for: response)
    }

    private func stream(_ response: Response, isCoded: Bool) -> Response {
        guard let stream = response.stream else { return response }
        var response = hold(
            response.body.count + stream.heldBytes + (isCoded ? Deflater.heldBytes : 0),
            for: response
        )
        guard response.stream != nil else { return response }
        let deflater = isCoded ? Deflater() : nil
        if deflater != nil { response.fields[.contentEncoding] = "gzip" }
        response.answerBody = AnswerBody(response.body, stream, deflater: deflater, share: answerShare)
        return response
    }

    /// Counts octets of an answer, beyond what every connection may have in its output.
    private func hold(_ octets: Int, for response: Response) -> Response {
        guard octets > context.limits.outputBytes else { return response }
        guard answerShare.grow(to: octets) else { return refusal(.overloaded(.answers)) }
        var response = response
        response.share = answerShare
        return response
    }

    /// Text and JSON without a coding of the handler's own.
    ///
    /// A stream of known length stays as it is: whoever downloads a file wants to see how far they are.
    private static func isCompressible(_ response: Response) -> Bool {
        guard !response.body.isEmpty || response.stream != nil, response.fields[.contentEncoding] == nil else {
            return false
        }
        if let stream = response.stream, stream.length != nil { return false }
        guard let type = response.fields[.contentType]?.lowercased().split(separator: ";").first else { return false }
        return type.hasPrefix("text/") || type == "application/json" || type.hasSuffix("+json")
    }
}
