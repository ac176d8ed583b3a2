import JSONCore
import Synchronization

@testable import EmbedServer
@testable import InferenceCore

/// A model without weights: vectors that depend on the input and the task, and a token a word.
final class FakeBackend: EmbeddingBackend {
    let description: ModelDescription
    let failure: EmbeddingError?
    let computePath = ComputePath(backend: .native, kernels: "portable", threads: 1)
    private let last = Mutex<EmbeddingWork?>(nil)

    /// The tokenizer of the tiny checkpoint, whatever the description says.
    var encoder: TextEncoder { Self.encoder }
    // swift-format-ignore: NeverUseForceTry
    private static let encoder = try! TextEncoder(directory: Fixtures.directory("jina/nano"))

    /// The request that was embedded last.
    var lastRequest: EmbeddingWork? { last.withLock { $0 } }

    init(_ description: ModelDescription = .v5, failure: EmbeddingError? = nil) {
        self.description = description
        self.failure = failure
    }

    func embed(_ request: EmbeddingWork) async throws(EmbeddingError) -> EmbeddingResult {
        last.withLock { $0 = request }
        if let failure { throw failure }
        var counts: [Int] = []
        var failures: [Int: EmbeddingError] = [:]
        var truncated: [Bool] = []
        for (index, input) in request.inputs.enumerated() {
            let count = Self.tokens(input)
            let isTooLong = count > description.maximumTokens
            let isFailure = isTooLong && !request.truncate
            if isFailure {
                failures[index] = .inputTooLong(index: index, limit: description.maximumTokens)
                guard request.isPartial else { throw .inputTooLong(index: index, limit: description.maximumTokens) }
            }
            counts.append(isFailure ? 0 : min(count, description.maximumTokens))
            truncated.append(isTooLong && !isFailure)
        }
        let dimensions = request.dimensions ?? description.dimensions
        return EmbeddingResult(
            vectors: request.inputs.enumerated().map { index, input in
                if failures[index] != nil { return [] }
                let vector = vector(input, request.task)
                switch request.output {
                case .pooled: return Array(vector.prefix(dimensions))
                // Each token's states are the vector turned by its place.
                case .tokens: return (0..<counts[index]).flatMap { vector[$0...] + vector[..<$0] }
                }
            },
            failures: failures,
            tokenCounts: counts,
            truncated: truncated,
            queueTime: .milliseconds(2),
            computeTime: .milliseconds(5),
            cachedInputs: request.inputs.count - 1
        )
    }

    func decodeCL100K(_ ids: [Int32]) throws(CL100KError) -> String {
        if let index = ids.firstIndex(where: { $0 >= 100_256 }) { throw .outOfRange(id: ids[index], index: index) }
        return ids.map(String.init).joined(separator: " ")
    }

    func adapterName(for task: EmbeddingTask?) -> String? {
        description.tasks.isEmpty ? nil : (task ?? .textMatching).adapterName
    }

    func tokenizing<Value: Sendable>(
        octets: Int,
        _ body: @escaping @Sendable (TextEncoder) -> Value
    ) async -> Value { body(encoder) }

    /// The vector of an input before it is cut: multiples of 1/64, which JSON carries exactly.
    func vector(_ input: EmbeddingInput, _ task: EmbeddingTask?) -> [Float] {
        var seed: UInt32 = 7
        for byte in "\(input) \(task?.rawValue ?? "")".utf8 { seed = seed &* 31 &+ UInt32(byte) }
        return (0..<description.dimensions).map { _ in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            return Float(Int(seed >> 25) - 64) / 64
        }
    }

    private static func tokens(_ input: EmbeddingInput) -> Int {
        switch input {
        case .text(let text): text.split(separator: " ").count + 1
        case .tokens(let ids): ids.count
        }
    }
}

extension ModelDescription {
    /// A model with tasks, short vectors and cl100k ids, like those of jina-embeddings-v5.
    static let v5 = ModelDescription(
        id: "jina-embeddings-v5-text-small",
        architecture: "qwen3",
        dimensions: 1_024,
        supportsDimensions: true,
        maximumTokens: 32,
        tasks: EmbeddingTask.allCases,
        parameterCount: 1,
        weightType: "BF16",
        vocabularySize: 151_936,
        decodesCL100K: true,
        pooling: "last_token"
    )

    /// A published checkpoint with one adapter merged.
    static var retrievalOnly: ModelDescription {
        var description = v5
        description.id = "jina-embeddings-v5-text-small-retrieval"
        description.tasks = [.retrievalQuery, .retrievalPassage]
        return description
    }

    /// A model that has none of that, like the default model.
    static let bert = ModelDescription(
        id: "all-MiniLM-L6-v2",
        architecture: "bert",
        dimensions: 384,
        supportsDimensions: false,
        maximumTokens: 32,
        tasks: [],
        parameterCount: 1,
        weightType: "F32",
        vocabularySize: 30_522,
        decodesCL100K: false,
        pooling: "mean"
    )
}

extension ServedModel {
    static func fake(
        _ settings: ModelSettings? = nil,
        _ description: ModelDescription = .v5,
        failure: EmbeddingError? = nil
    ) -> ServedModel {
        ServedModel(
            settings: settings ?? ModelSettings(id: description.id),
            backend: FakeBackend(description, failure: failure)
        )
    }
}
