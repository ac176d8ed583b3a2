import HTTPCore
import HTTPTypes
import InferenceCore
import JSONCore

/// `POST /embed`, which is `POST /` as well, `POST /embed_all` and `POST /similarity` of text-embeddings-inference.
struct TEIEmbedEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// The most tokens of a request to `/embed_all`: the answer has some ten kilobytes for each.
    static let maximumTotalTokens = 8_192

    /// `POST /embed`: a list of vectors, also for one text.
    func embed(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        var wanted = try EmbeddingsRequest(tei: fields, input: .init(tei: fields), model: try fields.text(["model"]))
        wanted.normalized = try fields.flag(["normalize"]) ?? true
        wanted.dimensions = try fields.count(["dimensions"])
        let run = try await runner.run(wanted, as: request, for: key)
        let vectors = run.result.vectors
        let body = JSONStream(
            count: vectors.count,
            heldBytes: run.result.vectorBytes,
            estimatedBytes: run.result.estimatedBytes(),
            begin: { $0.beginArray() },
            unit: { $1.value(vectors[$0]) },
            end: { $0.endArray() }
        )
        return run.answer(body, fields: Self.timing(run, since: request))
    }

    /// `POST /embed_all`: for each text the last hidden states of its tokens, as the model leaves them.
    func embedAll(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        var wanted = try EmbeddingsRequest(tei: fields, input: .init(tei: fields), model: try fields.text(["model"]))
        wanted.output = .tokens
        wanted.maximumTotalTokens = Self.maximumTotalTokens
        let run = try await runner.run(wanted, as: request, for: key)
        let width = run.plan.model.backend.description.dimensions
        let texts = run.result.vectors
        let units = ListUnits(texts.map { $0.count / width })
        let body = JSONStream(
            count: units.count,
            heldBytes: run.result.vectorBytes,
            estimatedBytes: run.result.estimatedBytes(),
            begin: { $0.beginArray() },
            unit: { unit, writer in
                switch units[unit] {
                case .open: writer.beginArray()
                case .item(let token, let text): writer.value(texts[text][token * width..<(token + 1) * width])
                case .close: writer.endArray()
                }
            },
            end: { $0.endArray() }
        )
        return run.answer(body, fields: Self.timing(run, since: request))
    }

    /// `POST /similarity`: the cosine of the vector of one sentence with those of others.
    func similarity(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        let inputs = try fields.fields("inputs")
        guard let source = try inputs?.text(["source_sentence"]), let others = try inputs?.texts(["sentences"]),
            !others.isEmpty
        else {
            let message = "`inputs` should have `source_sentence`, a string, and `sentences`, a list of strings"
            throw .invalid("inputs", type: "missing", message)
        }
        let options = try fields.fields("parameters") ?? RequestFields(JSONObject(), place: "parameters.")
        let input = EmbeddingsRequest.Input.texts([source] + others)
        let wanted = try EmbeddingsRequest(tei: options, input: input, model: try fields.text(["model"]))
        let run = try await runner.run(wanted, as: request, for: key)
        let first = run.result.vectors[0]
        // The vectors have length 1.
        let cosines = run.result.vectors.dropFirst().map { first.product($0) }
        let body = JSONStream(
            count: cosines.count,
            heldBytes: cosines.count * MemoryLayout<Float>.size,
            estimatedBytes: cosines.count * 12,
            begin: { $0.beginArray() },
            unit: { $1.value(cosines[$0]) },
            end: { $0.endArray() }
        )
        return run.answer(body, fields: Self.timing(run, since: request))
    }

    /// The fields that tell what an answer has cost, in whole milliseconds.
    private static func timing(_ run: EmbeddingRun, since request: Request) -> HTTPFields {
        let characters = run.plan.work.inputs.reduce(0) { sum, input in
            if case .text(let text) = input { sum + text.unicodeScalars.count } else { sum }
        }
        let total = (ContinuousClock.now - request.receivedAt).wholeMilliseconds
        let values: [(String, Int)] = [
            ("x-compute-time", total),
            ("x-compute-characters", characters),
            ("x-compute-tokens", run.result.totalTokens),
            ("x-total-time", total),
            ("x-tokenization-time", run.result.tokenizationTime.wholeMilliseconds),
            ("x-queue-time", run.result.queueTime.wholeMilliseconds),
            ("x-inference-time", run.result.computeTime.wholeMilliseconds),
        ]
        var fields = HTTPFields()
        for (name, value) in [("x-compute-type", "cpu")] + values.map({ ($0, String($1)) }) {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }
}

extension [Float] {
    /// The sum of the products of the values, in float64.
    fileprivate func product(_ other: [Float]) -> Float {
        Float(zip(self, other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
    }
}
