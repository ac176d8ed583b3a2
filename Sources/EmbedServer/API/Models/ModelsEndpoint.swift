import HTTPCore
import HTTPTypes
import InferenceCore
import JSONCore

/// `GET /v1/models` and `GET /v1/models/{id}`.
struct ModelsEndpoint: Sendable {
    /// Where the models are.
    let state: ServiceState
    /// Seconds since 1970 that `created` reports: when the server started.
    let created: Int

    /// Lists all models.
    func list(_ request: Request) throws(APIError) -> Answer {
        let models = try state.catalog().models
        var writer = JSONWriter(capacity: 1_024)
        writer.object {
            $0.key("object")
            $0.value("list")
            $0.key("data")
            $0.array { for model in models { write(model, to: &$0) } }
        }
        return ConditionalGet(.json(writer.bytes)).answer(request)
    }

    /// Describes the model with the path's id, or any other of its names.
    func show(_ request: Request) throws(APIError) -> Answer {
        let catalog = try state.catalog()
        let name = request.pathParameters["id"] ?? ""
        guard let match = catalog.find(name) else {
            var error = APIError.modelNotFound(name.excerpt, available: catalog.models.map(\.id))
            // The name is the resource here, not a field of a body.
            error.status = .notFound
            throw error
        }
        var writer = JSONWriter(capacity: 1_024)
        write(match.model, to: &writer)
        return ConditionalGet(.json(writer.bytes)).answer(request)
    }

    /// The members of OpenAI's model object and of OpenRouter's, which Jina's API uses.
    private func write(_ model: ServedModel, to writer: inout JSONWriter) {
        let description = model.backend.description
        let card = ModelCard(model.id)
        writer.object {
            $0.key("id")
            $0.value(model.id)
            $0.key("object")
            $0.value("model")
            $0.key("created")
            $0.value(created)
            $0.key("owned_by")
            $0.value(card.owner)
            $0.key("name")
            $0.value(card.name)
            $0.key("description")
            $0.value(card.text)
            $0.key("hugging_face_id")
            $0.value(card.hubID)
            $0.key("aliases")
            write(model.settings.aliases.map(\.name), to: &$0)
            $0.key("tasks")
            write(description.tasks.map(\.rawValue), to: &$0)
            $0.key("input_modalities")
            write(["text"], to: &$0)
            $0.key("output_modalities")
            write(["embeddings"], to: &$0)
            $0.key("quantization")
            $0.value(description.weightType)
            $0.key("context_length")
            $0.value(description.maximumTokens)
            $0.key("max_output_length")
            $0.value(description.dimensions)
            $0.key("supports_dimensions")
            $0.value(description.supportsDimensions)
            $0.key("pricing")
            $0.object {
                for item in Self.priced {
                    $0.key(item)
                    $0.value("0")
                }
            }
            $0.key("supported_sampling_parameters")
            write([], to: &$0)
            $0.key("supported_features")
            write([], to: &$0)
            $0.key("datacenters")
            write([], to: &$0)
        }
    }

    private static let priced = ["prompt", "completion", "image", "request", "input_cache_read", "input_cache_write"]

    private func write(_ texts: [String], to writer: inout JSONWriter) {
        writer.array { for text in texts { $0.value(text) } }
    }
}
