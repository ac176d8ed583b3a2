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
        #expect(throws: HTTPError.overloaded(.bodies)) {
            _ = try Inflater.decode(coded, .gzip, limit: 1000) { _ in false }
        }
    }

    @Test func longBodiesComeBack() throws {
        var random = SplitMix(seed: 1952)
        let body = (0..<1_000_000).map { _ in UInt8.random(in: 0...9, using: &random) }
        #expect(decode(try #require(Deflater.gzip(body))) == .success(body))
    }

    @Test func membersAreOneBody() throws {
        let hello = Array("hello".utf8)
        let empty = try #require(Deflater.gzip([]))
        #expect(decode(Self.gzipHello + Self.gzipHello) == .success(hello + hello))
        #expect(decode(empty + Self.gzipHello + empty + empty + Self.gzipHello) == .success(hello + hello))
        #expect(status(decode(Self.gzipHello + Self.gzipHello, limit: 9)) == 413)
        // One bound for all of them, or a body of many members would get it many times.
        let bomb = try #require(Deflater.gzip([UInt8](repeating: 0, count: 60_000)))
        #expect(status(decode(bomb)) == 200)
        #expect(status(decode(bomb + bomb)) == 413)
        let two = try #require(Deflater.gzip(Array("ab".utf8)))
        for count in 1..<two.count {
            #expect(status(decode(Self.gzipHello + two.prefix(count))) == 400, "cut at \(count)")
        }
        for garbage: [UInt8] in [[0], [0x1F], [0x1F, 0x8B], [UInt8](repeating: 0, count: 100), Self.deflateHello] {
            #expect(status(decode(Self.gzipHello + garbage)) == 400)
            #expect(status(decode(Self.gzipHello + Self.gzipHello + garbage)) == 400)
        }
        // RFC 1950 has no members.
        #expect(status(decode(Self.deflateHello + Self.deflateHello, .deflate)) == 400)
    }

    @Test func aMegabyteOfEmptyMembersIsAnEmptyBody() throws {
        let empty = try #require(Deflater.gzip([]))
        let count = 1_000_000 / empty.count
        var steps = 0
        let body = Array(repeatElement(empty, count: count).joined())
        let decoded = try Inflater.decode(body, .gzip, limit: 1_000) { _ in
            steps += 1
            return true
        }
        #expect(decoded.isEmpty)
        // One look for each member: they cannot be made shorter, so there are no more than the body has octets for.
        #expect(steps == count)
    }

    @Test(arguments: [1, 2, 7, 100, 4_096, 70_000])
    func anySplitIsTheSameBody(longest: Int) throws {
        var random = SplitMix(seed: UInt64(longest))
        let count = longest < 100 ? 2_000 : 200_000
        // Words that come again, and noise that does not shrink.
        let body = (0..<count).map { UInt8.random(in: 0...($0 % 1_000 < 500 ? 3 : 255), using: &random) }
        guard var deflater = Deflater() else {
            Issue.record("no memory")
            return
        }
        var coded: [UInt8] = []
        var start = 0
        while start < body.count {
            let end = min(body.count, start + Int.random(in: 0...longest, using: &random))
            let piece = deflater.deflate(Array(body[start..<end]), isLast: false)
            coded += try #require(piece)
            start = end
        }
        let last = deflater.deflate([], isLast: true)
        coded += try #require(last)
        #expect(decode(coded) == .success(body))
        let more = deflater.deflate([1], isLast: true)
        #expect(more == nil)
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
