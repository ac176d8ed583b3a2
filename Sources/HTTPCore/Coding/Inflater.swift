internal import CZlib

/// Undoes a content coding, and stops at a bound: a few octets can stand for gigabytes.
enum Inflater {
    /// The most octets that one coded octet may stand for on average; deflate's own limit is 1032.
    static let maximumRatio = 100
    /// Up to so many octets the ratio does not matter.
    static let freeOctets = 64 * 1024

    private static let step = 64 * 1024
    /// How a gzip member begins.
    private static let magic: [UInt8] = [0x1F, 0x8B]
    /// Octets of a gzip member that holds nothing: 10 of the head, 2 of a block, 8 of the end (RFC 1952 section 2.3).
    private static let shortestMember = 20

    /// Decodes a whole body.
    ///
    /// A gzip body may be several members, one after another (RFC 1952 section 2.2), as tools make them that compress in
    /// parallel. The bounds hold for all of them together; each takes octets of the body, so their number has one too.
    ///
    /// - Parameters:
    ///   - limit: Octets of the decoded body.
    ///   - grow: Called with the octets decoded so far; false says that there is no room for them.
    /// - Throws: 400 if the body is cut short, damaged or followed by something else, 413 beyond `limit` or
    ///   `maximumRatio`, 503 if `grow` says no.
    static func decode(
        _ body: [UInt8],
        _ coding: ContentCoding,
        limit: Int,
        grow: (Int) -> Bool
    ) throws(HTTPError) -> [UInt8] {
        let ratioLimit = body.count.multipliedReportingOverflow(by: maximumRatio)
        let limit = ratioLimit.overflow ? limit : min(limit, max(freeOctets, ratioLimit.partialValue))
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, coding.windowBits, ZLIB_VERSION, size) == Z_OK else { throw .overloaded(.bodies) }
        defer { inflateEnd(&stream) }
        var decoded: [UInt8] = []
        var taken = 0
        while true {
            guard grow(decoded.count + step) else { throw .overloaded(.bodies) }
            let result = inflate(&stream, body, &taken, into: &decoded)
            guard decoded.count <= limit else { throw .contentTooLarge(limit: limit) }
            switch result {
            case Z_OK: continue
            case Z_STREAM_END:
                if taken == body.count { return decoded }
                guard coding == .gzip, body.count - taken >= shortestMember, body[taken...].starts(with: magic) else {
                    throw .badRequest(reason: "octets behind the end of a coded body")
                }
                guard inflateReset(&stream) == Z_OK else { throw .overloaded(.bodies) }
            case Z_BUF_ERROR: throw .badRequest(reason: "a coded body that is cut short")
            case Z_MEM_ERROR: throw .overloaded(.bodies)
            default: throw .badRequest(reason: "a body that is not in its Content-Encoding")
            }
        }
    }

    /// Decodes up to `step` octets more, from `taken` on.
    private static func inflate(
        _ stream: inout z_stream,
        _ body: [UInt8],
        _ taken: inout Int,
        into decoded: inout [UInt8]
    ) -> Int32 {
        body.withUnsafeBufferPointer { body in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: step) { output in
                let available = min(body.count - taken, Int(Int32.max))
                // zlib takes its input as mutable for old compilers' sake; it does not write to it.
                stream.next_in = UnsafeMutablePointer(mutating: body.baseAddress.map { $0 + taken })
                stream.avail_in = uInt(available)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(step)
                let result = CZlib.inflate(&stream, Z_NO_FLUSH)
                taken += available - Int(stream.avail_in)
                decoded.append(contentsOf: output[..<(step - Int(stream.avail_out))])
                return result
            }
        }
    }
}
