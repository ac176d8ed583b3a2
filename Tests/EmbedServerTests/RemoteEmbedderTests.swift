import Testing

@testable import EmbedServer

@Suite("Vectors of a server")
struct RemoteEmbedderTests {
    @Test(
        "the address may have the path of the API",
        arguments: [
            ("http://a:1", "http://a:1/v1/embeddings"), ("https://a/v1/", "https://a/v1/embeddings"),
            ("http://a/proxy//", "http://a/proxy/v1/embeddings"), ("http://a/x/embeddings", "http://a/x/embeddings"),
        ]
    )
    func addresses(text: String, url: String) throws {
        let endpoint = try ServerEndpoint(text, environment: ["EMBED_API_KEY": "k", "SSL_CERT_FILE": ""])
        #expect(endpoint.url == url)
        #expect(endpoint.key == "k")
        #expect(endpoint.authorities == nil)
    }

    @Test("what is no address is refused", arguments: ["", "a:1", "ftp://a", "http://", "http:///v1", "http://a b"])
    func noAddresses(text: String) {
        #expect(throws: RemoteError.badURL(text)) { try ServerEndpoint(text, environment: [:]) }
    }

    @Test("vectors come as base64 or lists, in any order")
    func answer() throws {
        let body = """
            {"data": [{"index": 1, "embedding": [1, 0.5], "truncated": true}, {"index": 0, "embedding": "AACAPwAAAMA="}], \
            "usage": {"total_tokens": 9}}
            """
        let texts = try EmbeddingsAnswer.parse(Array(body.utf8), count: 2)
        #expect(texts.vectors == [.success([1, -2]), .success([1, 0.5])])
        #expect(texts.isTruncated == [false, true])
        #expect(texts.tokens == 9)
    }

    @Test(
        "an answer that makes no sense is refused",
        arguments: [
            "no", "{}", #"{"data": []}"#, #"{"data": [{"index": 1, "embedding": [1]}]}"#,
            #"{"data": [{"index": 0, "embedding": "AAA="}]}"#, #"{"data": [{"index": 0, "embedding": ["a"]}]}"#,
        ]
    )
    func nonsense(body: String) {
        #expect(throws: EmbeddingsAnswer.Fault.self) { try EmbeddingsAnswer.parse(Array(body.utf8), count: 1) }
    }

    @Test("a vector that is not finite is no vector")
    func notFinite() throws {
        let texts = try EmbeddingsAnswer.parse(Array(#"{"data": [{"embedding": "AADAfw=="}]}"#.utf8), count: 1)
        #expect(texts.vectors == [.failure(TextFailure(reason: "the server gave no finite vector"))])
    }
}
