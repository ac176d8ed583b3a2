import InferenceCore
import JSONCore

/// One setting: its name in every source, and how a value becomes part of `Settings`.
struct SettingField: Sendable {
    /// The path in `config.json`, for example `server.port`.
    let path: String
    /// Checks a value and stores it.
    let store: @Sendable (SettingValue, inout Settings) throws(SettingFault) -> Void

    /// The environment variable: `server.maximumBodyBytes` is `EMBED_SERVER_MAXIMUM_BODY_BYTES`.
    var environmentName: String {
        var name = "EMBED_"
        var previous: Character = "."
        for character in path {
            if character == "." {
                name += "_"
            } else {
                // An abbreviation is one word: `clientCA` is CLIENT_CA.
                if character.isUppercase, previous.isLowercase { name += "_" }
                name += character.uppercased()
            }
            previous = character
        }
        return name
    }

    /// Every setting there is, in the order of the documentation.
    static let all: [SettingField] = [
        .host("server.host", \.server.host),
        .integer("server.port", \.server.port, in: 0...65_535),
        .hostList("server.allowedHosts", \.server.allowedHosts),
        .integer("server.maximumConnections", \.server.maximumConnections, in: 1...1_000_000),
        .integer("server.maximumBodyBytes", \.server.maximumBodyBytes, in: 1_024...(4 << 30)),
        .integer("server.maximumBufferedBodyBytes", \.server.maximumBufferedBodyBytes, in: 1_024...(1 << 40)),
        .integer("server.maximumBufferedAnswerBytes", \.server.maximumBufferedAnswerBytes, in: 1_024...(1 << 40)),
        .choice("server.compression", \.server.compression),
        .integer("server.compressionMinimumBytes", \.server.compressionMinimumBytes, in: 0...(1 << 30)),
        .boolean("server.playground", \.server.playground),
        .optionalText("server.tls.certificate", \.server.tls.certificate),
        .optionalText("server.tls.key", \.server.tls.key),
        .optionalText("server.tls.clientCA", \.server.tls.clientCA),
        .integer("server.headTimeoutSeconds", \.server.headTimeoutSeconds, in: 1...3_600),
        .integer("server.bodyTimeoutSeconds", \.server.bodyTimeoutSeconds, in: 1...3_600),
        .integer("server.idleTimeoutSeconds", \.server.idleTimeoutSeconds, in: 1...86_400),
        .integer("server.writeTimeoutSeconds", \.server.writeTimeoutSeconds, in: 1...3_600),
        .integer("server.shutdownTimeoutSeconds", \.server.shutdownTimeoutSeconds, in: 0...3_600),
        .models("models", \.models),
        .optionalInteger("compute.threads", \.compute.threads, in: 1...1_024),
        .choice("compute.backend", \.compute.backend),
        .integer("scheduler.queueTokens", \.scheduler.queueTokens, in: 1...(1 << 40)),
        .integer("scheduler.stepTokens", \.scheduler.stepTokens, in: 1...(1 << 20)),
        .optionalInteger("scheduler.interactiveWaitSeconds", \.scheduler.interactiveWaitSeconds, in: 1...86_400),
        .optionalInteger("scheduler.bulkWaitSeconds", \.scheduler.bulkWaitSeconds, in: 1...86_400),
        .optionalInteger("scheduler.requestTimeoutSeconds", \.scheduler.requestTimeoutSeconds, in: 1...86_400),
        .integer("cache.bytes", \.cache.bytes, in: 0...(1 << 40)),
        .boolean("cache.shared", \.cache.shared),
        .optionalText("batch.directory", \.batch.directory),
        .integer("batch.maximumFileBytes", \.batch.maximumFileBytes, in: 1_024...(4 << 30)),
        .integer("batch.maximumLines", \.batch.maximumLines, in: 1...10_000_000),
        .integer("batch.maximumStoredBytes", \.batch.maximumStoredBytes, in: 0...(1 << 50)),
        .integer("batch.maximumFiles", \.batch.maximumFiles, in: 1...1_000_000),
        .integer("batch.maximumBatches", \.batch.maximumBatches, in: 1...1_000_000),
        .integer("batch.retentionHours", \.batch.retentionHours, in: 1...87_600),
        .choice("log.level", \.log.level),
        .choice("log.format", \.log.format),
        .textList("auth.apiKeys", \.auth.apiKeys, read: APIKey.secret),
        .optionalText("auth.keysFile", \.auth.keysFile),
        .textList("cors.allowedOrigins", \.cors.allowedOrigins, read: Origin.allowed),
        .optionalText("hub.endpoint", \.hub.endpoint),
    ]
}

/// A value as its source gave it.
enum SettingValue {
    /// From `config.json`: it has a type.
    case json(JSONValue)
    /// From the environment or a flag: it is text.
    case text(String)
}

/// Why a value is not one for its field.
struct SettingFault: Error {
    /// Where inside the field, for example `[0].id`; empty for the field itself.
    var subpath = ""
    /// What is wrong, and what was expected.
    var reason: String
}

extension SettingField {
    private typealias Path<Value> = any WritableKeyPath<Settings, Value> & Sendable

    /// An address or a name; an IPv6 address may have the brackets that it has in a URL.
    private static func host(_ path: String, _ key: Path<String>) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            let text = try value.nonEmptyText()
            let isBracketed = text.hasPrefix("[") && text.hasSuffix("]") && text.contains(":")
            settings[keyPath: key] = isBracketed ? String(text.dropFirst().dropLast()) : text
        }
    }

    private static func optionalText(_ path: String, _ key: Path<String?>) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            if case .json(.null) = value {
                settings[keyPath: key] = nil
            } else {
                settings[keyPath: key] = try value.nonEmptyText()
            }
        }
    }

    private static func integer(_ path: String, _ key: Path<Int>, in range: ClosedRange<Int>) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            settings[keyPath: key] = try value.integer(in: range)
        }
    }

    private static func optionalInteger(
        _ path: String,
        _ key: Path<Int?>,
        in range: ClosedRange<Int>
    ) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            if case .json(.null) = value {
                settings[keyPath: key] = nil
            } else {
                settings[keyPath: key] = try value.integer(in: range)
            }
        }
    }

    private static func boolean(_ path: String, _ key: Path<Bool>) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            settings[keyPath: key] = try value.boolean()
        }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String,
        _ key: Path<Choice>
    ) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            settings[keyPath: key] = try value.choice()
        }
    }

    /// - Parameter read: checks an item, and gives the form it has in the settings.
    private static func textList(
        _ path: String,
        _ key: Path<[String]>,
        read: @escaping @Sendable (String) throws(SettingFault) -> String
    ) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            var items: [String] = []
            for text in try value.textList() { items.append(try read(text)) }
            settings[keyPath: key] = items
        }
    }

    private static func hostList(_ path: String, _ key: Path<[String]>) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            settings[keyPath: key] = try value.hostList()
        }
    }

    private static func models(_ path: String, _ key: Path<[ModelSettings]>) -> SettingField {
        SettingField(path: path) { value, settings throws(SettingFault) in
            switch value {
            case .json(let json): settings[keyPath: key] = try ModelSettings.list(json: json)
            case .text(let text): settings[keyPath: key] = try ModelSettings.list(text: text)
            }
        }
    }
}

extension SettingValue {
    private var text: String? {
        switch self {
        case .json(let json): json.string
        case .text(let text): text
        }
    }

    func nonEmptyText() throws(SettingFault) -> String {
        guard let text, !text.isEmpty else { throw SettingFault(reason: "expected a text that is not empty") }
        return text
    }

    func integer(in range: ClosedRange<Int>) throws(SettingFault) -> Int {
        let number: Int? =
            switch self {
            case .json(let json): json.integer
            case .text(let text): Int(text)
            }
        guard let number, range.contains(number) else {
            throw SettingFault(reason: "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func boolean() throws(SettingFault) -> Bool {
        let boolean: Bool? =
            switch self {
            case .json(let json): json.bool
            case .text(let text): Bool(text)
            }
        guard let boolean else { throw SettingFault(reason: "expected true or false") }
        return boolean
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(SettingFault) -> Choice {
        guard let text, let choice = Choice(rawValue: text) else {
            throw SettingFault(reason: "expected one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// A JSON list of words of `Choice`, or words with commas between them.
    func choices<Choice: RawRepresentable<String> & CaseIterable & Hashable>() throws(SettingFault) -> Set<Choice> {
        var choices: Set<Choice> = []
        for text in try textList() { choices.insert(try SettingValue.text(text).choice()) }
        return choices
    }

    /// A JSON list of texts, or texts with commas between them, and spaces if you like; none of them empty.
    func textList() throws(SettingFault) -> [String] {
        let items: [String?]? =
            switch self {
            case .json(let json): json.array?.map(\.string)
            case .text(let text): text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
            }
        let texts = (items ?? []).compactMap { $0 }.filter { !$0.isEmpty }
        guard let items, texts.count == items.count else {
            throw SettingFault(reason: "expected a list of texts, none of them empty")
        }
        return texts
    }

    /// The text without white space around it.
    static func trimmed(_ text: Substring) -> String {
        let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        let end = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? start
        return String(text[start..<end])
    }

    /// A list of hosts without ports; `*` stands alone.
    func hostList() throws(SettingFault) -> [String] {
        let hosts = try textList()
        for host in hosts where host != HostPolicy.any && !HostName.isPlain(host) {
            throw SettingFault(reason: "expected names or addresses such as embed.example or 10.0.0.1, or *; no ports")
        }
        return hosts
    }
}
