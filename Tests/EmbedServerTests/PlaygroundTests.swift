import Foundation
import HTTPCore
import HTTPTypes
import Testing

@testable import EmbedServer

@Suite("Playground")
struct PlaygroundTests {
    /// What stands between two texts, each of which occurs once.
    private func part(of page: String, from start: String, to end: String) throws -> String {
        let behind = page.components(separatedBy: start)
        try #require(behind.count == 2, "\(start)")
        let inside = behind[1].components(separatedBy: end)
        try #require(inside.count == 2, "\(end)")
        return inside[0]
    }

    private func source(_ text: String) -> String {
        var digest = FileDigest.sha256()
        Array(text.utf8).withUnsafeBytes { digest.update($0) }
        return "'sha256-\(digest.base64())'"
    }

    @Test("a digest in base64 is what sha256sum and base64 print")
    func digest() {
        #expect(source("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='")
    }

    @Test("the page is HTML that is asked for anew each time")
    func fields() async throws {
        let reply = try await TestClient().send(.get, "/")
        #expect(reply.status == 200)
        #expect(reply.fields[.contentType] == "text/html; charset=utf-8")
        #expect(reply.fields[.cacheControl] == "no-cache")
        #expect(reply.text.hasPrefix("<!doctype html>\n<html lang=\"en\""))
    }

    @Test("the policy lets its own style and script in, and nothing else")
    func policy() async throws {
        let reply = try await TestClient().send(.get, "/")
        let style = try part(of: reply.text, from: "<style>", to: "</style>")
        let script = try part(of: reply.text, from: "<script type=\"module\">", to: "</script>")
        #expect(style.contains("color-scheme") && script.contains("v1/embeddings"))
        let policy = try #require(reply.fields[.contentSecurityPolicy])
        let directives = policy.components(separatedBy: "; ")
        #expect(directives.contains("default-src 'none'"))
        #expect(directives.contains("script-src \(source(script))"))
        #expect(directives.contains("style-src \(source(style))"))
        #expect(directives.contains("connect-src 'self'"))
        #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
    }

    @Test("the page names no other place, and works below a prefix")
    func references() async throws {
        let page = try await TestClient().send(.get, "/").text
        for attribute in ["src=\"", "href=\"", "url(", "fetch(\"", "@import"] {
            for behind in page.components(separatedBy: attribute).dropFirst() {
                #expect(!behind.hasPrefix("/") && !behind.hasPrefix("http"), "\(attribute)\(behind.prefix(40))")
            }
        }
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            #expect(!page.contains(sink), "\(sink)")
        }
    }

    @Test("the operator can turn it off")
    func off() throws {
        func isServed(_ client: TestClient) -> Bool {
            client.routes.contains { $0.pattern == "/" && $0.methods.contains(.get) }
        }
        #expect(!isServed(try TestClient { $0.server.playground = false }))
        #expect(isServed(try TestClient()))
    }
}
