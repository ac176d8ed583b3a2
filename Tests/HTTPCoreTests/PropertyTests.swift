import Foundation
import HTTPTypes
import Testing

@testable import HTTPCore

/// Random and mutated requests: whatever comes, the parser neither crashes nor hangs, and splits change nothing.
///
/// EMBED_FUZZ_COUNT sets the number of requests, EMBED_FUZZ_SEED the first random number.
@Suite struct PropertyTests {
    private static let pieces = [
        "GET ", "POST ", "OPTIONS * ", "/ ", "/a?b=c ", "http://a/ ", "HTTP/1.1", "HTTP/1.0", "\r\n", "\r\n\r\n", "\n",
        "\r", " ", "\t", ":", ",", ";", "\"", "Host: a\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n", "Expect: 100-continue\r\n", "X-A: b\r\n", "0\r\n\r\n", "5\r\nhello\r\n",
        "a;b=\"c\"\r\n",
        "hello", "5", "0", "\u{0}", "%41", "%", "[::1]:80",
    ].map { Array($0.utf8) }

    @Test func everyRequestReadsTheSameHoweverItIsSplit() {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["EMBED_FUZZ_COUNT"].flatMap { Int($0) } ?? 20_000
        let seed = environment["EMBED_FUZZ_SEED"].flatMap { UInt64($0) } ?? 9112
        let seeds = ConformanceCase.all.map(\.octets).filter { (1..<2000).contains($0.count) }
        var random = SplitMix(seed: seed)
        var accepted = 0
        for number in 0..<count {
            let octets = number.isMultiple(of: 3) ? assembled(&random) : mutated(seeds, &random)
            let whole = ParserTrace(whole: octets)
            let byOctet = ParserTrace(octetByOctet: octets)
            let cuts = ParserTrace(cut(octets, &random))
            accepted += whole.bodies.count
            guard whole == byOctet, whole == cuts, isSound(whole) else {
                Issue.record(
                    "seed \(seed), request \(number): \(String(reflecting: String(decoding: octets, as: UTF8.self)))"
                )
                return
            }
        }
        // A generator that makes nothing but rubbish would prove little.
        #expect(accepted > count / 10)
    }

    /// What holds for every request that is accepted.
    private func isSound(_ trace: ParserTrace) -> Bool {
        trace.heads.allSatisfy { head in
            (head.authority != nil || head.isHTTP10)
                && head.fields.allSatisfy { field in
                    field.withUnsafeBytesOfValue { $0.allSatisfy { $0 == 9 || ($0 >= 32 && $0 != 127) } }
                }
        } && trace.bodies.allSatisfy { $0.count <= ParserTrace.bodyLimit }
    }

    private func assembled(_ random: inout SplitMix) -> [UInt8] {
        var octets = Bool.random(using: &random) ? Array("POST / HTTP/1.1\r\nHost: a\r\n".utf8) : []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            octets += Self.pieces.randomElement(using: &random) ?? []
        }
        return octets
    }

    private func mutated(_ seeds: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        var octets = seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &random) where !octets.isEmpty {
            let place = Int.random(in: 0..<octets.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: octets[place] = .random(in: 0...255, using: &random)
            case 1: octets.insert(.random(in: 0...255, using: &random), at: place)
            case 2: octets.remove(at: place)
            case 3: octets.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 4: octets.removeSubrange(place...)
            default: octets = Array(octets[..<place]) + (seeds.randomElement(using: &random) ?? []).suffix(200)
            }
        }
        return octets
    }

    private func cut(_ octets: [UInt8], _ random: inout SplitMix) -> [ArraySlice<UInt8>] {
        var rest = octets[...]
        var parts: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let count = Int.random(in: 1...max(1, min(rest.count, 40)), using: &random)
            parts.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return parts
    }
}
