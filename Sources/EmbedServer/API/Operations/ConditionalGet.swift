import HTTPCore
import HTTPTypes

/// An answer that need not be sent to whoever has it (RFC 9110 section 13).
struct ConditionalGet: Sendable {
    private let tag: EntityTag
    private let whole: Response
    private let notModified: Response

    /// Tags an answer with status 200.
    ///
    /// If it says nothing about caches, they may keep it but have to ask each time.
    init(_ response: Response) {
        tag = EntityTag(of: response.body)
        var whole = response
        whole.fields[.eTag] = tag.field
        if whole.fields[.cacheControl] == nil { whole.fields[.cacheControl] = "no-cache" }
        self.whole = whole
        // What the whole answer would say to a cache (RFC 9110 section 15.4.5). The server gives that one its Vary when
        // it knows about codings.
        notModified = Response(
            status: .notModified,
            fields: [
                .eTag: tag.field,
                .cacheControl: whole.fields[.cacheControl] ?? "no-cache",
                .vary: "Accept-Encoding",
            ]
        )
    }

    /// The whole answer, or 304 if the request says that its sender has it.
    func answer(_ request: Request) -> Answer {
        Answer(request.fields[.ifNoneMatch].map(tag.isNamed) == true ? notModified : whole)
    }
}
