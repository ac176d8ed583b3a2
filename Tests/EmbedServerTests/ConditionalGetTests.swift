import HTTPCore
import HTTPTypes
import Testing

@testable import EmbedServer

@Suite("Conditional requests")
struct ConditionalGetTests {
    // sha256sum of "hello": 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.
    private let tag = EntityTag(of: Array("hello".utf8))

    @Test("a tag is weak, and 128 bits of the body's SHA-256")
    func field() {
        #expect(tag.field == "W/\"2cf24dba5fb0a30e26e83b2ac5b9e29e\"")
        #expect(tag != EntityTag(of: []))
    }

    @Test(
        "If-None-Match names a tag, weak or not, anywhere in a list",
        arguments: [
            ("*", true), (" * ", true), (#"W/"2cf24dba5fb0a30e26e83b2ac5b9e29e""#, true),
            (#""2cf24dba5fb0a30e26e83b2ac5b9e29e""#, true), (#""a", "2cf24dba5fb0a30e26e83b2ac5b9e29e""#, true),
            (#""a,b" ,\#tW/"2cf24dba5fb0a30e26e83b2ac5b9e29e","c""#, true),
            (#", ,"2cf24dba5fb0a30e26e83b2ac5b9e29e""#, true), (#""2cf24dba5fb0a30e26e83b2ac5b9e29e", nonsense"#, true),
            ("", false), ("2cf24dba5fb0a30e26e83b2ac5b9e29e", false), (#""2cf24dba5fb0a30e26e83b2ac5b9e29e"#, false),
            (#""2cf24dba5fb0a30e26e83b2ac5b9e29""#, false), (#""2CF24DBA5FB0A30E26E83B2AC5B9E29E""#, false),
            (#"w/"2cf24dba5fb0a30e26e83b2ac5b9e29e""#, false), (#"*, "a""#, false), (#""a", *"#, false),
            (#""x, 2cf24dba5fb0a30e26e83b2ac5b9e29e, y""#, false), (#""a" "2cf24dba5fb0a30e26e83b2ac5b9e29e""#, false),
            (#"W/ "2cf24dba5fb0a30e26e83b2ac5b9e29e""#, false), (#"""#, false), ("W/", false), (",", false),
        ]
    )
    func names(field: String, isNamed: Bool) {
        #expect(tag.isNamed(by: field) == isNamed)
    }

    @Test(
        "what has not changed is not sent again",
        arguments: [HTTPRequest.Method.get, .head],
        ["/", "/openapi.json", "/v1/models", "/v1/models/jina-embeddings-v5-text-small"]
    )
    func notModified(method: HTTPRequest.Method, path: String) async throws {
        let client = try TestClient { $0.cors.allowedOrigins = ["https://a.example"] }
        func send(_ ifNoneMatch: String?) async -> Response {
            var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
            head.headerFields[.ifNoneMatch] = ifNoneMatch
            return await client.application.http.answer(Request(head: head, path: path))
        }
        let whole = await send(nil)
        #expect(whole.status == .ok)
        let tag = try #require(whole.fields[.eTag])
        #expect(tag == EntityTag(of: whole.body).field)
        #expect(whole.fields[.cacheControl] == "no-cache")
        for field in [tag, String(tag.dropFirst(2)), "*", "\"other\", \(tag)"] {
            let answer = await send(field)
            #expect(answer.status == .notModified)
            #expect(answer.body.isEmpty)
            #expect(answer.fields[.eTag] == tag)
            #expect(answer.fields[.cacheControl] == "no-cache")
            #expect(answer.fields[.vary]?.contains("Accept-Encoding") == true)
            #expect(answer.fields[.vary]?.contains("Origin") == true)
            #expect(answer.fields[.contentType] == nil)
        }
        for field in ["\"other\"", "", "W/\"\""] {
            let answer = await send(field)
            #expect(answer.status == .ok)
            #expect(answer.body == whole.body)
        }
    }

    @Test("an error has no tag, and no condition keeps it back")
    func errors() async throws {
        let reply = try await TestClient([]).send(.get, "/v1/models", fields: [.ifNoneMatch: "*"])
        #expect(reply.status == 503)
        #expect(reply.fields[.eTag] == nil)
    }
}
