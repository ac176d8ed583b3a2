import HTTPTypes
import Testing

@testable import HTTPCore

/// gzip and deflate, off the network.
@Suite struct ContentCodingTests {
    /// `hello` as other programs code it: gzip(1) without a time, and Python's zlib.compress.
    static let gzipHello: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x86,
        0xA6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00,
    ]
    static let deflateHello: [UInt8] = [
        0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x06, 0x2C, 0x02, 0x15,
    ]

    private func decode(_ body: [UInt8], _ coding: ContentCoding = .gzip, limit: Int = 1_000_000) -> Result<
        [UInt8], HTTPError
    > {
        do throws(HTTPError) {
            return .success(try Inflater.decode(body, coding, limit: limit) { _ in true })
        } catch {
            return .failure(error)
        }
    }

    private func status(_ result: Result<[UInt8], HTTPError>) -> Int {
        if case .failure(let error) = result { error.status.code } else { 200 }
    }

    @Test func decodesWhatOthersCode() {
        #expect(decode(Self.gzipHello) == .success(Array("hello".utf8)))
        #expect(decode(Self.deflateHello, .deflate) == .success(Array("hello".utf8)))
    }

    @Test func everyCutAndEveryChangedCheckIs400() {
        for count in 1..<Self.gzipHello.count {
            #expect(status(decode(Array(Self.gzipHello.prefix(count)))) == 400, "cut at \(count)")
        }
        for place in 17..<25 {
            var body = Self.gzipHello
            body[place] ^= 1
            #expect(status(decode(body)) == 400, "changed at \(place)")
        }
        #expect(status(decode(Self.gzipHello + [0])) == 400)
        #expect(status(decode(Self.gzipHello, .deflate)) == 400)
        // deflate without its wrapper.
        #expect(status(decode(Array(Self.deflateHello[2..<9]), .deflate)) == 400)
    }

    @Test func boundsHold() throws {
        let zeros = [UInt8](repeating: 0, count: 60_000)
        let coded = try #require(Deflater.gzip(zeros))
        // A ratio beyond the bound is of no matter while the body is short.
        #expect(zeros.count > coded.count * Inflater.maximumRatio)
        #expect(decode(coded) == .success(zeros))
        #expect(status(decode(coded, limit: 59_999)) == 413)
        let bomb = try #require(Deflater.gzip([UInt8](repeating: 0, count: 900_000)))
        #expect(status(decode(bomb)) == 413)
        var most = 0
        #expect(throws: HTTPError.contentTooLarge(limit: bomb.count * Inflater.maximumRatio)) {
            _ = try Inflater.decode(Array(bomb), .gzip, limit: 1 << 40) { octets in
                most = max(most, octets)
                return true
            }
        }
        #expect(most <= bomb.count * Inflater.maximumRatio + Inflater.freeOctets)
        #expect(throws: HTTPError.overloaded) { _ = try Inflater.decode(coded, .gzip, limit: 1000) { _ in false } }
    }

    @Test func longBodiesComeBack() throws {
        var random = SplitMix(seed: 1952)
        let body = (0..<1_000_000).map { _ in UInt8.random(in: 0...9, using: &random) }
        #expect(decode(try #require(Deflater.gzip(body))) == .success(body))
    }

    @Test(arguments: [
        ("gzip", true, false), ("GZIP;Q=0.5", true, false), ("x-gzip", true, false), ("*", true, false),
        ("deflate, gzip;q=1.0, *;q=0.5", true, false), ("gzip;q=0", false, false), ("", false, false),
        ("identity", false, false), ("gzip;q=0.5, identity", false, false), ("identity;q=0, gzip", true, true),
        ("*;q=0", false, true), ("gzip, *;q=0", true, true), ("br", false, false), ("gzip;q=2", false, false),
        ("gzip;q=0.0001", false, false), ("gzip ; q=0.001", true, false), ("gzip;level=9", false, false),
    ])
    func acceptEncoding(_ value: String, prefersGzip: Bool, refusesIdentity: Bool) {
        let accepted = AcceptEncoding(value)
        #expect(accepted.prefersGzip == prefersGzip)
        #expect(accepted.refusesIdentity == refusesIdentity)
    }
}
