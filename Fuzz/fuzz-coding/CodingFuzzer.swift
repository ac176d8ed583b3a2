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
    check(pieces: decoded, choice: Int(choice))
    return 0
}

/// Coded in two pieces it is the same body, and so are two members, one behind the other.
private func check(pieces decoded: [UInt8], choice: Int) {
    let cut = decoded.isEmpty ? 0 : choice * 251 % decoded.count
    let (first, second) = (Array(decoded[..<cut]), Array(decoded[cut...]))
    guard var deflater = Deflater(), let start = deflater.deflate(first, isLast: false),
        let end = deflater.deflate(second, isLast: true), let one = Deflater.gzip(first),
        let two = Deflater.gzip(second)
    else { preconditionFailure("cannot be coded in pieces") }
    for coded in [start + end, one + two] {
        let again = try? Inflater.decode(coded, .gzip, limit: decoded.count, grow: { _ in true })
        precondition(again == decoded || decoded.count > coded.count * Inflater.maximumRatio)
    }
}
