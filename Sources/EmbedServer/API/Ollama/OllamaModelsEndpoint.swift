import HTTPCore
import InferenceCore
import JSONCore

/// What Ollama's clients ask about server and models: `/api/tags`, `/api/show`, `/api/version`.
struct OllamaModelsEndpoint: Sendable {
    /// Where the models are.
    let state: ServiceState

    /// The version of Ollama whose embedding routes these are; clients compare it with what they need.
    private static let version = "0.12.0"

    /// `GET /api/version`.
    func version(_ request: Request) -> Answer {
        var writer = JSONWriter()
        writer.object {
            $0.key("version")
            $0.value(Self.version)
        }
        return Answer(.json(writer.bytes))
    }

    /// `GET /api/tags`: the models.
    func tags(_ request: Request) throws(APIError) -> Answer {
        let models = try state.catalog().models
        var writer = JSONWriter()
        writer.object {
            $0.key("models")
            $0.array {
                for model in models {
                    $0.object {
                        $0.key("name")
                        $0.value(OllamaModelName.listed(model.id))
                        $0.key("model")
                        $0.value(OllamaModelName.listed(model.id))
                        write(detailsOf: model, to: &$0)
                    }
                }
            }
        }
        return Answer(.json(writer.bytes))
    }

    /// `POST /api/show`: one model.
    func show(_ request: Request, _ key: APIKey?) throws(APIError) -> Answer {
        let name = try RequestFields(body: request.body).text(["model", "name"])
        let model = try state.catalog().resolve(name.map(OllamaModelName.resolved)).model
        let description = model.backend.description
        let architecture = description.architecture
        var writer = JSONWriter()
        writer.object {
            write(detailsOf: model, to: &$0)
            $0.key("model_info")
            $0.object {
                $0.key("general.architecture")
                $0.value(architecture)
                $0.key("general.parameter_count")
                $0.value(description.parameterCount)
                $0.key("\(architecture).context_length")
                $0.value(description.maximumTokens)
                $0.key("\(architecture).embedding_length")
                $0.value(description.dimensions)
            }
            $0.key("capabilities")
            $0.array { $0.value("embedding") }
        }
        return Answer(.json(writer.bytes))
    }

    private func write(detailsOf model: ServedModel, to writer: inout JSONWriter) {
        let description = model.backend.description
        writer.key("details")
        writer.object {
            $0.key("format")
            $0.value("safetensors")
            $0.key("family")
            $0.value(description.architecture)
            $0.key("families")
            $0.array { $0.value(description.architecture) }
            $0.key("parameter_size")
            $0.value("\(Double(description.parameterCount / 100_000) / 10)M")
            $0.key("quantization_level")
            $0.value(description.weightType)
        }
    }
}
