import FoundationEssentials
import JSONCore

/// Reads the body of an answer of `POST /v1/embeddings`.
enum EmbeddingsAnswer {
    /// What is wrong with an answer.
    struct Fault: Error {
        let reason: String
    }

    /// The vectors of `count` texts, in their order.
    ///
    /// Servers that know no base64 give lists of numbers.
    static func parse(_ body: [UInt8], count: Int) throws(Fault) -> EmbeddedTexts {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(body)
        } catch {
            throw Fault(reason: "the answer is not JSON: \(error)")
        }
        guard let items = document["data"]?.array, items.count == count else {
            throw Fault(reason: "expected \(count) vectors in \"data\"")
        }
        var vectors: [[Float]?] = Array(repeating: nil, count: count)
        var texts = EmbeddedTexts(vectors: [], isTruncated: Array(repeating: false, count: count))
        for (position, item) in items.enumerated() {
            let index = item["index"]?.integer ?? position
            guard vectors.indices.contains(index), vectors[index] == nil, let vector = vector(item["embedding"]) else {
                throw Fault(reason: "data[\(position)]: expected the \"index\" of a text and its \"embedding\"")
            }
            vectors[index] = vector
            texts.isTruncated[index] = item["truncated"]?.bool ?? false
        }
        texts.vectors = vectors.map { vector in
            guard let vector, vector.allSatisfy(\.isFinite) else {
                return .failure(TextFailure(reason: "the server gave no finite vector"))
            }
            return .success(vector)
        }
        texts.tokens = document["usage"]?["total_tokens"]?.integer ?? 0
        return texts
    }

    /// What an error says, in the words of any of the APIs; `nil` if it says nothing.
    static func message(_ body: [UInt8]) -> String? {
        guard let document = try? JSONParser.parse(body) else { return nil }
        return document["error"]?["message"]?.string ?? document["detail"]?.string ?? document["error"]?.string
            ?? document["message"]?.string
    }

    private static func vector(_ value: JSONValue?) -> [Float]? {
        if let text = value?.string {
            guard let octets = Data(base64Encoded: text), octets.count.isMultiple(of: 4) else { return nil }
            // Little-endian, as on every machine we run on.
            return octets.withUnsafeBytes { octets in
                (0..<octets.count / 4).map { octets.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
            }
        }
        guard let items = value?.array else { return nil }
        let numbers = items.compactMap { $0.double.map(Float.init) }
        return numbers.count == items.count ? numbers : nil
    }
}
