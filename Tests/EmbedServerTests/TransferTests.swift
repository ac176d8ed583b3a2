import Testing

@testable import EmbedServer

@Suite struct TransferTests {
    @Test("a key is in the clear on the way to another machine without TLS")
    func exposure() {
        for url in [
            "http://example.com/v1", "http://localhost.example.com", "http://127.example.com", "http://[::2]:80",
            "http://128.0.0.1",
            "HTTP://example.com", "http://user@localhost@example.com/", "no address at all",
        ] {
            #expect(HTTPTransfer.isExposed(url), "\(url)")
        }
        for url in [
            "https://example.com", "HTTPS://example.com:8443/v1", "http://localhost", "http://LocalHost:8080/v1",
            "http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:8080/v1",
        ] {
            #expect(!HTTPTransfer.isExposed(url), "\(url)")
        }
    }
}
