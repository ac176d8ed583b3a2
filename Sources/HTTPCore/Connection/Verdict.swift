/// What is decided about a request once its head is complete.
final class Verdict {
    /// Where the answer comes from.
    enum Plan {
        /// This handler, once the body is complete.
        case handle(Handler)
        /// This handler, on the event loop.
        case handleImmediately(ImmediateHandler)
        /// It is known, and sent once the body has been read off.
        case answer(Response)
    }

    /// The request without its body.
    let request: Request
    let plan: Plan
    /// The route, if there is one.
    let route: Route?
    /// The coding of the body.
    let coding: ContentCoding?
    /// What the body holds of the server's memory; nil if it is not kept.
    let share: MemoryShare?
    /// Octets of the body; a longer one is 413.
    let bodyLimit: Int

    /// Makes a verdict.
    init(
        request: Request,
        plan: Plan,
        route: Route? = nil,
        coding: ContentCoding? = nil,
        share: MemoryShare? = nil,
        bodyLimit: Int
    ) {
        self.request = request
        self.plan = plan
        self.route = route
        self.coding = coding
        self.share = share
        self.bodyLimit = bodyLimit
    }
}
