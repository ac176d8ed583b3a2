import Testing

@testable import EmbedServer

@Suite("Multipart forms")
struct MultipartFormTests {
    private let type = "multipart/form-data; boundary=X"

    private func text(_ part: MultipartForm.Part?, _ body: String) -> String? {
        part.map { String(decoding: Array(body.utf8)[$0.content], as: UTF8.self) }
    }

    @Test("fields and files are found, with what comes before and after them left out")
    func example() throws {
        let body = """
            a preamble\r
            --X  \r
            Content-Disposition: form-data; name="purpose"\r
            \r
            batch\r
            --X\r
            content-type: application/octet-stream\r
            content-disposition: form-data; name=file; filename="a \\"b\\";c.jsonl"\r
            \r
            {"a":1}\r
            \r
            --Xtra\r
            --X--\r
            an epilogue
            """
        #expect(throws: MultipartForm.Fault.self) { try MultipartForm(Array(body.utf8), contentType: type) }
        let good = body.replacing("--Xtra\r\n", with: " --X\r\n")
        let form = try MultipartForm(Array(good.utf8), contentType: type)
        #expect(form.parts.map(\.name) == ["purpose", "file"])
        #expect(text(form["purpose"], good) == "batch")
        #expect(text(form["file"], good) == "{\"a\":1}\r\n\r\n --X")
        #expect(form["file"]?.filename == #"a "b";c.jsonl"#)
    }

    @Test(
        "what is no form is refused",
        arguments: [
            ("text/plain; boundary=X", "--X--"), ("multipart/form-data", "--X--"),
            ("multipart/form-data; boundary=\"\"", "----"), ("multipart/form-data; boundary=X", ""),
            ("multipart/form-data; boundary=X", "--X"), ("multipart/form-data; boundary=X", "--X\r\n"),
            ("multipart/form-data; boundary=X", "--X\r\n\r\nno name\r\n--X--"),
            ("multipart/form-data; boundary=X", "--X\r\nContent-Disposition: form-data; name=a\r\n\r\nno end"),
        ]
    )
    func refused(type: String, body: String) {
        #expect(throws: MultipartForm.Fault.self) { try MultipartForm(Array(body.utf8), contentType: type) }
    }

    @Test("an empty content is empty, with and without a line end of its own")
    func empty() throws {
        for gap in ["\r\n", ""] {
            let body = "--X\r\nContent-Disposition: form-data; name=a\r\n\r\n\(gap)--X--"
            #expect(text(try MultipartForm(Array(body.utf8), contentType: type)["a"], body) == "")
        }
    }

    @Test("whatever is put into a form comes out of it, and no cut or change of it traps")
    func property() throws {
        var generator = SystemRandomNumberGenerator()
        let alphabet: [[UInt8]] = [[0x0D, 0x0A], [0x2D, 0x2D], Array("X".utf8), Array("-".utf8), [0], [0xFF], [0x0A]]
        for _ in 0..<2_000 {
            let boundary = "X" + String(repeating: "-", count: Int.random(in: 0...3, using: &generator)) + "b"
            let contents = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                (0..<Int.random(in: 0...12, using: &generator)).flatMap { _ in
                    alphabet.randomElement(using: &generator) ?? []
                }
            }
            var body: [UInt8] = []
            for (index, content) in contents.enumerated() {
                body +=
                    Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(index)\"\r\n\r\n".utf8) + content
                body += [0x0D, 0x0A]
            }
            body += Array("--\(boundary)--\r\n".utf8)
            let type = "multipart/form-data; boundary=\"\(boundary)\""
            let form = try MultipartForm(body, contentType: type)
            #expect(form.parts.map { Array(body[$0.content]) } == contents)
            var broken = Array(body.prefix(Int.random(in: 0...body.count, using: &generator)))
            if let index = broken.indices.randomElement(using: &generator) { broken[index] = .random(in: 0...255) }
            if let form = try? MultipartForm(broken, contentType: type) {
                for part in form.parts { #expect(part.content.upperBound <= broken.count) }
            }
        }
    }
}
