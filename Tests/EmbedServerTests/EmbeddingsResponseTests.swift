import HTTPCore
import JSONCore
import Testing

@testable import EmbedServer
@testable import InferenceCore

@Suite("Encoding the answer of POST /v1/embeddings")
struct EmbeddingsResponseTests {
    private func encode(
        _ vectors: [[Float]],
        _ numbers: OutputFormat.Numbers = .float,
        _ wire: OutputFormat.Wire = .list
    ) -> String {
        let result = EmbeddingResult(
            vectors: vectors,
            tokenCounts: vectors.map { _ in 3 },
            truncated: vectors.map { _ in false },
            queueTime: .zero,
            computeTime: .zero
        )
        let format = OutputFormat(numbers: numbers, wire: wire)
        let response = Response.json(EmbeddingsResponse(result: result, model: "m", format: format).body)
        return String(decoding: response.body, as: UTF8.self)
    }

    @Test("members come in OpenAI's order, items in the order of the inputs")
    func order() {
        #expect(
            encode([[0.5, -1], [0.1, 1e-7]])
                == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.0]},"#
                + #"{"object":"embedding","index":1,"embedding":[0.1,1e-07]}],"#
                + #""model":"m","usage":{"prompt_tokens":6,"total_tokens":6}}"#
        )
    }

    @Test("base64 carries float32 in little-endian order, padded")
    func base64() {
        // python3: base64.b64encode(struct.pack('<3f', 1.0, -2.5, 0.1))
        #expect(encode([[1, -2.5, 0.1]], .float, .base64).contains(#""embedding":"AACAPwAAIMDNzMw9""#))
        #expect(encode([[1]], .float, .base64).contains(#""embedding":"AACAPw==""#))
    }

    // numpy.packbits of the signs, and those bytes less 128.
    @Test(
        "narrow numbers are whole numbers in a list",
        arguments: [
            (.ubinary, .list, "[50,193]"), (.binary, .list, "[-78,65]"),
            (.int8, .list, "[-127,-127,127,127,-127,-127,127,-127,127,127,-127,-127,-127,-127,-127,127]"),
            (.uint8, .list, "[0,0,255,255,0,0,255,0,255,255,0,0,0,0,0,255]"),
            (.ubinary, .base64, #""MsE=""#), (.binary, .base64, #""skE=""#),
        ] as [(OutputFormat.Numbers, OutputFormat.Wire, String)]
    )
    func narrow(numbers: OutputFormat.Numbers, wire: OutputFormat.Wire, expected: String) {
        let signs = [-1, -1, 1, 1, -1, -1, 1, -1, 1, 1, -1, -1, -1, -1, -1, 1].map(Float.init)
        #expect(encode([signs], numbers, wire).contains(#""embedding":"# + expected + "}"))
    }

    @Test(
        "base64 of RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{7FF}\u{7FF}", "37/fvw=="),
        ]
    )
    func base64Vectors(text: String, expected: String) {
        let encoded = Array(text.utf8).withUnsafeBytes { Base64.encode($0) }
        #expect(String(decoding: encoded, as: UTF8.self) == expected)
    }
}
