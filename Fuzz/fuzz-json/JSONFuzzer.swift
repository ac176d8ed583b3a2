import JSONCore

@testable import EmbedServer

// The JSON parser and the decoder of embedding requests.

/// Called by libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    _ = try? JSONParser.parse(octets)
    _ = try? EmbeddingsRequest(body: octets)
    return 0
}
