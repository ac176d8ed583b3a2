internal import Glibc
internal import HTTPTypes

/// Writes the head of an answer (RFC 9112 section 4), and remembers the date for as long as a second lasts.
struct ResponseEncoder {
    private var second: time_t = 0
    private var dateLine: [UInt8] = []

    /// What the connection does after an answer, as told to the client (RFC 9112 section 9.3).
    enum Persistence {
        /// 1.1 stays open without a word.
        case open
        /// 1.0 has to be told that it stays open.
        case keepAlive
        /// It closes.
        case close
    }

    /// The octets of the head with its empty line.
    mutating func head(
        of response: Response,
        id: RequestID,
        framing: Answering.Framing,
        persistence: Persistence
    ) -> [UInt8] {
        refreshDate()
        var head: [UInt8] = []
        head.reserveCapacity(256)
        head += "HTTP/1.1 ".utf8
        head += String(response.status.code).utf8
        head.append(.space)
        head += response.status.reasonPhrase.utf8
        head += "\r\n".utf8
        for field in response.fields where !Self.isOurs(field.name.canonicalName) {
            head += field.name.rawName.utf8
            head += ": ".utf8
            field.withUnsafeBytesOfValue { head.append(contentsOf: $0) }
            head += "\r\n".utf8
        }
        head += dateLine
        head += "x-request-id: ".utf8
        head += id.rawValue.utf8
        if Self.mayHaveContent(response.status) {
            // Browsers shall not guess another type than the one that is said.
            head += "\r\nX-Content-Type-Options: nosniff".utf8
        }
        switch framing {
        case .length(let length):
            head += "\r\nContent-Length: ".utf8
            head += String(length).utf8
        case .chunked: head += "\r\nTransfer-Encoding: chunked".utf8
        case .none, .close: break
        }
        switch persistence {
        case .open: break
        case .keepAlive: head += "\r\nConnection: keep-alive".utf8
        case .close: head += "\r\nConnection: close".utf8
        }
        head += "\r\n\r\n".utf8
        return head
    }

    /// 1xx, 204 and 304 end with their head (RFC 9112 section 6.3).
    static func mayHaveContent(_ status: HTTPResponse.Status) -> Bool {
        status.code >= 200 && status.code != 204 && status.code != 304
    }

    /// The fields that the server alone sets.
    private static func isOurs(_ name: String) -> Bool {
        switch name {
        case "content-length", "transfer-encoding", "connection", "date", "x-request-id", "x-content-type-options": true
        default: false
        }
    }

    /// IMF-fixdate (RFC 9110 section 5.6.7).
    private mutating func refreshDate() {
        var now = time(nil)
        guard now != second else { return }
        second = now
        var parts = tm()
        gmtime_r(&now, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        dateLine = Array("Date: \(day) \(Int(parts.tm_year) + 1900) \(time) GMT\r\n".utf8)
    }
}
