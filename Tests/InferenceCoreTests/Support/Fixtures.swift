import Foundation
import JSONCore
import Testing

@testable import InferenceCore

extension Fixtures {
    /// The default model's folder; a test that needs it fails, and does not skip, without it.
    static func defaultModel() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["EMBED_HOME"] ?? (environment["HOME"] ?? "") + "/.cache/embed-server"
        let path = home + "/models/all-MiniLM-L6-v2"
        try #require(FileManager.default.fileExists(atPath: path), "no default model in \(path): run `make model`")
        return path
    }

    /// The documents of a JSON lines file.
    static func lines(_ name: String) throws -> [JSONValue] {
        try bytes(name).split(separator: UInt8(ascii: "\n")).map { try JSONParser.parse([UInt8]($0)) }
    }

    /// Base64 of little-endian float32.
    static func floats(base64 text: String) throws -> [Float] {
        try words(base64: text, as: UInt32.self).map { Float(bitPattern: $0) }
    }

    /// Base64 of little-endian float64.
    static func doubles(base64 text: String) throws -> [Double] {
        try words(base64: text, as: UInt64.self).map { Double(bitPattern: $0) }
    }

    private static func words<Word: FixedWidthInteger>(base64 text: String, as type: Word.Type) throws -> [Word] {
        let data = try #require(Data(base64Encoded: text))
        return data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: MemoryLayout<Word>.size).map {
                Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Word.self))
            }
        }
    }
}

/// The cosine of two vectors, in float64.
func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
}

/// The largest difference of two vectors' values.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
