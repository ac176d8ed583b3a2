import HTTPCore
import HTTPTypes

/// `GET /`: a page to try the server out in a browser.
///
/// Style and script stand in the page itself. Its Content-Security-Policy names them by their SHA-256, so that a browser
/// runs these two and nothing else, and talks to nobody but the server that sent the page.
struct PlaygroundEndpoint: Sendable {
    private let page: ConditionalGet

    /// Puts the page together from `Resources/Playground`.
    init() {
        let style = Self.text(PackageResources.style_css)
        // One script: what its files declare, they share.
        let script = [
            PackageResources.elements_js, PackageResources.vectors_js, PackageResources.code_js,
            PackageResources.matrix_js, PackageResources.map_js, PackageResources.tokens_js, PackageResources.page_js,
        ].map(Self.text).joined()
        let text = Self.text(PackageResources.page_html)
            .replacing("<style></style>", with: "<style>\(style)</style>")
            .replacing("<script type=\"module\"></script>", with: "<script type=\"module\">\(script)</script>")
        let policy = [
            "default-src 'none'", "script-src '\(Self.source(script))'", "style-src '\(Self.source(style))'",
            "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            // No text becomes markup, whatever the script does.
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ]
        page = ConditionalGet(
            Response(
                status: .ok,
                fields: [
                    .contentType: "text/html; charset=utf-8",
                    .cacheControl: "no-cache",
                    .contentSecurityPolicy: policy.joined(separator: "; "),
                    .referrerPolicy: "no-referrer",
                ],
                body: Array(text.utf8)
            )
        )
    }

    /// The page.
    func answer(_ request: Request) -> Answer { page.answer(request) }

    private static func text(_ resource: [UInt8]) -> String { String(decoding: resource, as: UTF8.self) }

    /// What Content-Security-Policy calls an inline element of this text.
    private static func source(_ text: String) -> String {
        var digest = FileDigest.sha256()
        Array(text.utf8).withUnsafeBytes { digest.update($0) }
        return "sha256-" + digest.base64()
    }
}
