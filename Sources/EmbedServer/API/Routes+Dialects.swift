import HTTPCore
import HTTPTypes

extension Routes {
    /// The routes of other servers' APIs, each of which refuses in its own way.
    var dialects: [Route] { tei + ollama + cohere + gemini }

    private var tei: [Route] {
        let embed = TEIEmbedEndpoint(runner: runner)
        let tokenizer = TEITokenizerEndpoint(runner: runner)
        let limit = TEITokenizerEndpoint.bodyLimit
        return [
            gateway.locked(.embed, .post, "/embed", style: .tei, embed.embed),
            // Hugging Face's own clients know the server's address, and no path.
            gateway.locked(.embed, .post, "/", style: .tei, embed.embed),
            gateway.locked(.embed, .post, "/embed_all", style: .tei, embed.embedAll),
            gateway.locked(.embed, .post, "/similarity", style: .tei, embed.similarity),
            gateway.locked(.embed, .post, "/tokenize", bodyLimit: limit, style: .tei, tokenizer.tokenize),
            gateway.locked(.embed, .post, "/decode", bodyLimit: limit, style: .tei, tokenizer.decode),
            gateway.open(.get, "/info", style: .tei, TEIInfoEndpoint(state: runner.state).answer),
        ]
    }

    private var ollama: [Route] {
        let embed = OllamaEmbedEndpoint(runner: runner)
        let models = OllamaModelsEndpoint(state: runner.state)
        return [
            gateway.locked(.embed, .post, "/api/embed", style: .ollama, embed.embed),
            gateway.locked(.embed, .post, "/api/embeddings", style: .ollama, embed.embedPrompt),
            gateway.open(.get, "/api/tags", style: .ollama, models.tags),
            gateway.open(.get, "/api/version", style: .ollama, models.version),
            gateway.locked(.embed, .post, "/api/show", style: .ollama, models.show),
        ]
    }

    private var cohere: [Route] {
        [gateway.locked(.embed, .post, "/v2/embed", style: .cohere, CohereEmbedEndpoint(runner: runner).answer)]
    }

    private var gemini: [Route] {
        let endpoint = GeminiEmbedEndpoint(runner: runner)
        return ["/v1beta/models/{id}", "/v1/models/{id}"].map {
            gateway.locked(.embed, .post, $0, style: .gemini, endpoint.answer)
        }
    }
}
