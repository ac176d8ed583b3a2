@testable import HTTPCore

/// What a simulated client sends: requests of all framings one behind the other, now and then one that breaks a rule.
enum ClientScript {
    /// Draws a script.
    static func draw(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var script: [UInt8] = []
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            script += request(using: &generator)
        }
        return script
    }

    private static func request(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &generator) ?? values[0] }
        let length = pick([0, 3, 700, 15_000, 30_000, 400_000])
        let body = [UInt8](repeating: 0x62, count: min(length, 40_000))
        var head = pick(["GET", "POST", "HEAD"]) + " / " + pick(["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"])
        head += "\r\nHost: a\r\n"
        if pick([false, false, true]) { head += "X-Long: " + String(repeating: "x", count: 20_000) + "\r\n" }
        if pick([false, false, false, true]) { head += "Connection: close\r\n" }
        if pick([false, false, false, true]) { head += "Expect: 100-continue\r\n" }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0..<3: return Array((head + "\r\n").utf8)
        case 3..<6: return Array((head + "Content-Length: \(length)\r\n\r\n").utf8) + body
        case 6:
            let chunk = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n".utf8)
            let chunks = body.isEmpty ? [] : chunk
            return Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunks + Array("0\r\n\r\n".utf8)
        default: return Array((head + "Content-Length : 3\r\n\r\nabc").utf8)
        }
    }
}
