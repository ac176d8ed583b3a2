internal import HTTPTypes

/// One request whose head has been read, until its answer has been sent.
struct Exchange {
    /// What the answer comes from.
    enum Plan {
        /// The handler of this route, once the body is complete.
        case handle(Route, parameters: [String: String], ContentCoding?)
        /// 204 with these methods in `Allow`, once the body has been read off.
        case options([HTTPRequest.Method])
        /// This error, once the body has been read off.
        case refuse(HTTPError)
    }

    /// What is known of a client that has ended its input while its handler runs.
    enum Farewell {
        /// It has not.
        case unsaid
        /// It has, a moment ago.
        case said
        /// It has been sent an interim answer since: if it is gone, its system resets the connection.
        case probed
    }

    let head: RequestHead
    let id: RequestID
    let receivedAt: ContinuousClock.Instant
    let plan: Plan
    /// Octets of the decoded body, once it is complete.
    var bodyBytes = 0
    /// When the body began to come, for its rate.
    var bodyBeganAt: ContinuousClock.Instant?
    /// What the body holds of the server's memory.
    var share: BodyShare?
    /// The running handler.
    var task: Task<Void, Never>?
    /// Whether the client has ended its input, and whether it has been asked since if it still reads.
    var farewell = Farewell.unsaid

    /// Whether the request goes to a handler.
    var isHandled: Bool {
        if case .handle = plan { true } else { false }
    }

    /// What is known of the request if no handler sees it.
    var refused: RefusedRequest {
        RefusedRequest(id: id, method: head.method, path: head.target.path, fields: head.fields)
    }

    /// The pattern of the route, if there is one.
    var route: String? {
        if case .handle(let route, _, _) = plan { route.pattern } else { nil }
    }
}
