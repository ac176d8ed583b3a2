import HTTPCore
import InferenceCore
import JSONCore

/// `GET /info` of text-embeddings-inference: the model, and what a request may hold.
struct TEIInfoEndpoint: Sendable {
    /// Where the models are.
    let state: ServiceState

    /// Describes the first model.
    func answer(_ request: Request) throws(APIError) -> Answer {
        guard let model = try state.catalog().models.first else { throw .unavailable("There is no model.") }
        let description = model.backend.description
        var writer = JSONWriter()
        writer.object {
            $0.key("model_id")
            $0.value(model.id)
            $0.key("model_sha")
            $0.null()
            $0.key("model_dtype")
            $0.value(description.weightType)
            $0.key("served_model_name")
            $0.value(model.id)
            $0.key("model_type")
            $0.object {
                $0.key("embedding")
                $0.object {
                    $0.key("pooling")
                    $0.value(description.pooling)
                }
            }
            $0.key("max_input_length")
            $0.value(description.maximumTokens)
            $0.key("max_client_batch_size")
            $0.value(EmbeddingsRequest.maximumInputs)
            $0.key("auto_truncate")
            $0.value(true)
        }
        return Answer(.json(writer.bytes))
    }
}
