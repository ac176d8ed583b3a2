@testable import HTTPCore

// The gzip and deflate decoders: what they give stays in its bounds, and coding it again gives it back.

/// Called by libFuzzer; the first octet chooses the coding, the rest is the body.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = octets.first else { return 0 }
    let limit = 1_000_000
    let body = Array(octets.dropFirst())
    guard
        let decoded = try? Inflater.decode(body, choice % 2 == 0 ? .gzip : .deflate, limit: limit, grow: { _ in true })
    else { return 0 }
    precondition(decoded.count <= min(limit, max(Inflater.freeOctets, body.count * Inflater.maximumRatio)))
    let field = String(decoding: decoded.prefix(100), as: UTF8.self)
    precondition(!AcceptEncoding(field).prefersGzip || AcceptEncoding(field).takesGzip)
    guard let coded = Deflater.gzip(decoded) else { preconditionFailure("cannot be coded again") }
    let again = try? Inflater.decode(coded, .gzip, limit: limit, grow: { _ in true })
    precondition(again == decoded || decoded.count > coded.count * Inflater.maximumRatio)
    return 0
}
