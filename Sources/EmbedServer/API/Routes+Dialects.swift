import HTTPCore
import HTTPTypes

extension Routes {
    /// The routes of other servers' APIs, each of which refuses in its own way.
    var dialects: [Route] { tei + ollama + cohere + gemini }

    /// How the dialect refuses that a request belongs to.
    static func errorStyle(of request: RefusedRequest) -> ErrorStyle {
        guard let path = request.path else { return .standard }
        if path == "/", request.method == .post { return .tei }
        if path.hasPrefix("/api/") { return .ollama }
        if path.hasPrefix("/v2/") { return .cohere }
        if path.hasPrefix("/v1beta/") { return .gemini }
        let isTEI = ["/embed", "/embed_all", "/similarity", "/tokenize", "/decode", "/info"].contains {
            path == $0 || path == $0 + "/"
        }
        return isTEI ? .tei : .standard
    }

    private var tei: [Route] {
        let embed = TEIEmbedEndpoint(runner: runner)
        let tokenizer = TEITokenizerEndpoint(runner: runner)
        let limit = TEITokenizerEndpoint.bodyLimit
        return [
            Route([.post], "/embed", handler: gateway.locked(.embed, style: .tei, embed.embed)),
            // Hugging Face's own clients know the server's address, and no path.
            Route([.post], "/", handler: gateway.locked(.embed, style: .tei, embed.embed)),
            Route([.post], "/embed_all", handler: gateway.locked(.embed, style: .tei, embed.embedAll)),
            Route([.post], "/similarity", handler: gateway.locked(.embed, style: .tei, embed.similarity)),
            Route(
                [.post],
                "/tokenize",
                bodyLimit: limit,
                handler: gateway.locked(.embed, style: .tei, tokenizer.tokenize)
            ),
            Route([.post], "/decode", bodyLimit: limit, handler: gateway.locked(.embed, style: .tei, tokenizer.decode)),
            Route([.get], "/info", handler: gateway.open(style: .tei, TEIInfoEndpoint(state: runner.state).answer)),
        ]
    }

    private var ollama: [Route] {
        let embed = OllamaEmbedEndpoint(runner: runner)
        let models = OllamaModelsEndpoint(state: runner.state)
        return [
            Route([.post], "/api/embed", handler: gateway.locked(.embed, style: .ollama, embed.embed)),
            Route([.post], "/api/embeddings", handler: gateway.locked(.embed, style: .ollama, embed.embedPrompt)),
            Route([.get], "/api/tags", handler: gateway.open(style: .ollama, models.tags)),
            Route([.get], "/api/version", handler: gateway.open(style: .ollama, models.version)),
            Route([.post], "/api/show", handler: gateway.locked(.embed, style: .ollama, models.show)),
        ]
    }

    private var cohere: [Route] {
        let endpoint = CohereEmbedEndpoint(runner: runner)
        return [Route([.post], "/v2/embed", handler: gateway.locked(.embed, style: .cohere, endpoint.answer))]
    }

    private var gemini: [Route] {
        let handler = gateway.locked(.embed, style: .gemini, GeminiEmbedEndpoint(runner: runner).answer)
        return ["/v1beta/models/{id}", "/v1/models/{id}"].map { Route([.post], $0, handler: handler) }
    }
}
