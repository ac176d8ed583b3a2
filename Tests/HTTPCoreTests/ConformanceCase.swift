import Foundation
import Testing

/// One case of `Fixtures/http_cases.jsonl`: octets, and what RFC 9110 and RFC 9112 want of a server that gets them.
///
/// Where the RFC leaves a choice, `status` holds the safer one.
struct ConformanceCase: Decodable, Sendable, CustomTestStringConvertible {
    /// Text that is repeated; each scalar is one octet.
    struct Run: Decodable, Sendable {
        let octets: [UInt8]

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            let text = try container.decode(String.self).unicodeScalars.map { UInt8($0.value) }
            octets = Array([[UInt8]](repeating: text, count: try container.decode(Int.self)).joined())
        }
    }

    enum Expectation: String, Decodable {
        case accept
        case reject
    }

    let name: String
    let section: String
    let expect: Expectation
    let status: [Int]
    let raw: [Run]
    let after100: [Run]?
    let echo: [Run]?
    let responses: Int?
    let eof: Bool?
    let wait: Bool?
    let close: Bool?

    var octets: [UInt8] { raw.flatMap(\.octets) + (after100 ?? []).flatMap(\.octets) }

    var testDescription: String { "\(name) (\(section))" }

    static let all: [ConformanceCase] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        guard let data = try? Data(contentsOf: folder.appendingPathComponent("Fixtures/http_cases.jsonl")) else {
            return []
        }
        return data.split(separator: 0x0A).compactMap { try? JSONDecoder().decode(ConformanceCase.self, from: $0) }
    }()
}
