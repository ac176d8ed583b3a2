/// What is decided about a request once its head is complete.
struct Verdict {
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
    var request: Request
    var plan: Plan
    /// The route, if there is one.
    var route: Route?
    /// The coding of the body.
    var coding: ContentCoding?
    /// What the body holds of the server's memory; nil if it is not kept.
    var share: MemoryShare?
    /// Octets of the body; a longer one is 413.
    var bodyLimit: Int
}
