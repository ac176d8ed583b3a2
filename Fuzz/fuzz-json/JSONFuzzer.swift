import JSONCore

// The JSON parser: it neither crashes nor hangs, and reads the same octets the same way twice.

/// Called by libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let value = try? JSONParser.parse(octets) else { return 0 }
    precondition((try? JSONParser.parse(octets)) == value)
    // White space behind a document changes nothing.
    precondition((try? JSONParser.parse(octets + Array(" \t\r\n".utf8))) == value)
    return 0
}
