import Logging

/// A line has a bounded length, whatever a client made long: values are cut, and the line stays what it is.
extension LogLine {
    /// The most octets of a line.
    static let maximumBytes = 8 << 10

    /// The line in at most `maximumBytes` octets: long values are cut, shorter and shorter until it fits.
    func octets(isJSON: Bool) -> [UInt8] {
        for limit in [Self.maximumBytes, 1 << 10, 1 << 7] {
            let line = cut(to: limit).octets(unbounded: isJSON)
            if line.count <= Self.maximumBytes { return line }
        }
        // An escape of JSON makes six octets of one, at the most.
        let message = message.cut(to: 1 << 10)
        return LogLine(time: time, level: level, message: message, metadata: ["fields": "too many to log"])
            .octets(unbounded: isJSON)
    }

    private func octets(unbounded isJSON: Bool) -> [UInt8] { Array((isJSON ? json : text).utf8) }

    private func cut(to limit: Int) -> LogLine {
        LogLine(
            time: time,
            level: level,
            message: message.cut(to: limit),
            metadata: metadata.mapValues { Self.cut($0, to: limit) }
        )
    }

    private static func cut(_ value: Logger.MetadataValue, to limit: Int) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(text.cut(to: limit))
        case .stringConvertible(let thing) where thing.description.utf8.count <= limit: value
        case .stringConvertible(let thing): .string(thing.description.cut(to: limit))
        case .array(let values): .array(values.map { cut($0, to: limit) })
        case .dictionary(let members): .dictionary(members.mapValues { cut($0, to: limit) })
        }
    }
}

extension String {
    /// The text, or its first `limit` octets and a mark if it has more; no character of Unicode is split.
    fileprivate func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return "\(self[..<end])… [cut from \(utf8.count) octets]"
    }
}
