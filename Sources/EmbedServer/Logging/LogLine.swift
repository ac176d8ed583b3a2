import JSONCore
import Logging

/// One entry of the log.
struct LogLine {
    /// When it was written.
    var time: Timestamp
    /// How severe it is.
    var level: Logger.Level
    /// What happened.
    var message: String
    /// Its particulars.
    var metadata: Logger.Metadata

    /// Text for people: `2026-11-23T17:00:00.123Z info: request id=… status=200`.
    var text: String {
        var line = "\(time) \(level.rawValue): \(message)"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        return line + "\n"
    }

    /// JSON for collectors: `{"time":"…","level":"info","message":"request","id":"…","status":200}`.
    var json: String {
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.key("time")
            $0.value(time.description)
            $0.key("level")
            $0.value(level.rawValue)
            $0.key("message")
            $0.value(message)
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                $0.key(key)
                Self.write(value, to: &$0)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.value(text)
        case .stringConvertible(let number as Int): writer.value(number)
        case .stringConvertible(let number as Double) where number.isFinite: writer.value(number)
        case .stringConvertible(let bool as Bool): writer.value(bool)
        case .stringConvertible(let value): writer.value(value.description)
        case .array(let values): writer.array { for value in values { write(value, to: &$0) } }
        case .dictionary(let members):
            writer.object {
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    $0.key(key)
                    write(value, to: &$0)
                }
            }
        }
    }
}
