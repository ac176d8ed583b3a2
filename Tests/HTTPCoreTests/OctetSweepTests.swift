import HTTPTypes
import Testing

@testable import HTTPCore

/// Every octet before, inside and behind the names and values that frame a body.
///
/// What is right is worked out here from the grammar, apart from the parser's own tables.
@Suite struct OctetSweepTests {
    /// Where the octet goes.
    enum Place: CaseIterable {
        case beforeName, insideName, behindName, beforeValue, insideValue, behindValue
    }

    private static let tokenOctets = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8
    )

    /// A POST with one field, changed in one place.
    private func request(_ name: (String, String), _ value: (String, String), _ place: Place, _ octet: UInt8) -> [UInt8]
    {
        func at(_ wanted: Place) -> [UInt8] { place == wanted ? [octet] : [] }
        var octets = Array("POST / HTTP/1.1\r\nHost: a\r\n".utf8)
        octets += at(.beforeName) + Array(name.0.utf8) + at(.insideName) + Array(name.1.utf8) + at(.behindName)
        octets += Array(": ".utf8)
        octets += at(.beforeValue) + Array(value.0.utf8) + at(.insideValue) + Array(value.1.utf8) + at(.behindValue)
        return octets + Array("\r\n\r\n".utf8)
    }

    /// The framing that the first head must have; nil if the request must be refused.
    private func framing(
        _ place: Place,
        _ octet: UInt8,
        digits: (UInt8, Place) -> Int?,
        plain: FieldRules.Framing
    ) -> FieldRules.Framing? {
        switch place {
        case .beforeName, .insideName, .behindName:
            // Another field altogether, or no field at all. A colon ends the name early.
            if Self.tokenOctets.contains(octet) || (octet == 0x3A && place == .insideName) {
                return FieldRules.Framing.none
            }
            return nil
        case .beforeValue, .behindValue:
            if octet == 0x20 || octet == 0x09 { return plain }
        case .insideValue: break
        }
        return digits(octet, place).map { .length($0) }
    }

    @Test("Transfer-Encoding", arguments: Place.allCases)
    func transferEncoding(_ place: Place) {
        for octet in UInt8.min...UInt8.max {
            let trace = ParserTrace(whole: request(("Transfer", "-Encoding"), ("chun", "ked"), place, octet))
            let expected = framing(place, octet, digits: { _, _ in nil }, plain: .chunked)
            #expect(trace.heads.first?.framing == expected, "octet \(octet)")
            if expected == nil { #expect([400, 501].contains(trace.error?.status.code), "octet \(octet)") }
        }
    }

    @Test("Content-Length", arguments: Place.allCases)
    func contentLength(_ place: Place) {
        for octet in UInt8.min...UInt8.max {
            let trace = ParserTrace(whole: request(("Content", "-Length"), ("1", "2"), place, octet))
            let expected = framing(
                place,
                octet,
                digits: { octet, place in
                    guard let digit = Int(String(UnicodeScalar(octet))), octet < 0x80 else { return nil }
                    switch place {
                    case .beforeValue: return digit * 100 + 12
                    case .insideValue: return 102 + digit * 10
                    case .behindValue: return 120 + digit
                    default: return nil
                    }
                },
                plain: .length(12)
            )
            #expect(trace.heads.first?.framing == expected, "octet \(octet)")
            if expected == nil { #expect(trace.error?.status == .badRequest, "octet \(octet)") }
        }
    }

    @Test func chunkSizes() {
        for octet in UInt8.min...UInt8.max {
            let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            let body = [octet] + Array("\r\n".utf8)
            let isDigit = "0123456789abcdefABCDEF".utf8.contains(octet)
            #expect((ParserTrace(whole: head + body).error == nil) == isDigit, "octet \(octet)")
        }
    }

    @Test func targets() {
        let allowed = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?".utf8
        )
        for octet in UInt8.min...UInt8.max {
            let request = Array("GET /a".utf8) + [octet] + Array("b HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect((ParserTrace(whole: request).error == nil) == allowed.contains(octet), "octet \(octet)")
        }
    }

    @Test func methods() {
        for octet in UInt8.min...UInt8.max where octet != 0x20 {
            let request = Array("G".utf8) + [octet] + Array("T / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect((ParserTrace(whole: request).error == nil) == Self.tokenOctets.contains(octet), "octet \(octet)")
        }
    }
}
