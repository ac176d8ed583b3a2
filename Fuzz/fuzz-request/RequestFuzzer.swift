@testable import HTTPCore

// The request parser and the chunked decoder: the same octets, whole and one by one, must read the same.

/// What the parser says about some pieces of octets.
func trace(_ pieces: some Sequence<some Collection<UInt8>>) -> ([RequestParser.Event], HTTPError?) {
    var parser = RequestParser(limits: ParserLimits())
    var events: [RequestParser.Event] = []
    do throws(HTTPError) {
        for piece in pieces {
            let octets = Array(piece)
            var position = 0
            while let event = try parser.next(octets.span, &position) {
                events.append(event)
                if case .head = event { try parser.startBody(limit: 100_000, keepsContent: true) }
            }
        }
    } catch {
        return (events, error)
    }
    return (events, nil)
}

/// Called by libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    precondition(trace([octets]) == trace(octets.map { CollectionOfOne($0) }), "a split changes the reading")
    return 0
}
