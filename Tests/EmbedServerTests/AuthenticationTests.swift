import HTTPTypes
import Testing

@testable import EmbedServer

@Suite("Authentication")
struct AuthenticationTests {
    private let authentication: Authentication

    init() throws {
        authentication = Authentication(keys: try KeyRing(apiKeys: ["alpha", "beta", "two words"], path: nil))
    }

    private func name(_ fields: HTTPFields) -> String? {
        (try? authentication.check(fields))?.name
    }

    private func code(_ fields: HTTPFields) -> String? {
        do throws(APIError) {
            _ = try authentication.check(fields)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "the scheme in any case, with any blanks around the key",
        arguments: [
            "Bearer alpha", "bearer alpha", "BEARER alpha", "Bearer  alpha", "Bearer   alpha  ", "Bearer\talpha",
            "Bearer \t alpha\t", " Bearer alpha",
        ]
    )
    func bearer(value: String) {
        #expect(name([.authorization: value]) == "key-1")
    }

    @Test(
        "what is no bearer token is no key",
        arguments: [
            "Bearer", "Bearer ", "Bearer \t", "Basic YTpi", "Beareralpha", "alpha", "", "Bearer:alpha", "Tokén x",
        ]
    )
    func noBearer(value: String) {
        #expect(code([.authorization: value]) == "AUTH_MISSING_API_KEY")
    }

    @Test("a wrong key is told from none, and blanks inside a key count")
    func wrong() {
        #expect(code([:]) == "AUTH_MISSING_API_KEY")
        #expect(code([.xAPIKey: " "]) == "AUTH_MISSING_API_KEY")
        #expect(code([.authorization: "Bearer gamma"]) == "AUTH_INVALID_API_KEY")
        #expect(code([.authorization: "Bearer alpha beta"]) == "AUTH_INVALID_API_KEY")
        #expect(code([.authorization: "Bearer two  words"]) == "AUTH_INVALID_API_KEY")
        #expect(name([.authorization: "Bearer two words"]) == "key-3")
    }

    @Test("one right key is enough, in whichever field", arguments: [HTTPField.Name.apiKey, .xAPIKey, .googleAPIKey])
    func anyField(field: HTTPField.Name) {
        #expect(name([field: "beta"]) == "key-2")
        #expect(name([field: " beta "]) == "key-2")
        #expect(name([.authorization: "Basic YTpi", field: "beta"]) == "key-2")
        #expect(name([.authorization: "Bearer wrong", field: "beta"]) == "key-2")
        #expect(name([.authorization: "Bearer beta", field: "wrong"]) == "key-2")
        #expect(name([.authorization: "Bearer alpha", field: "beta"]) == "key-1")
        #expect(code([.authorization: "Bearer wrong", field: "wrong"]) == "AUTH_INVALID_API_KEY")
    }

    @Test("each key is looked at once, and four at the most")
    func few() {
        let fields: HTTPFields = [
            .authorization: "Bearer a", .apiKey: "b", .xAPIKey: "a", .googleAPIKey: "c",
            .proxyAuthorization: "Bearer d",
        ]
        #expect(PresentedKeys(fields).keys == ["a", "b", "c"])
        // A field that is sent twice is one value (RFC 9110 section 5.3), which is no key.
        var twice = HTTPFields()
        for _ in 0..<1_000 { twice.append(HTTPField(name: .xAPIKey, value: "alpha")) }
        #expect(PresentedKeys(twice).keys.count == 1)
        #expect(code(twice) == "AUTH_INVALID_API_KEY")
    }

    @Test("a key of 512 octets is found, a longer one is wrong")
    func length() throws {
        let longest = String(repeating: "k", count: 512)
        let ring = try KeyRing(apiKeys: [longest, longest + "k"], path: nil)
        #expect(ring.find(longest)?.name == "key-1")
        #expect(ring.find(longest + "k") == nil)
    }
}
