import InferenceCore
import JSONCore

/// One more name for a model, with defaults of its own: a name of a hosted model can stand for all that it implies.
struct ModelAlias: Sendable, Equatable, ExpressibleByStringLiteral {
    /// The name that clients ask for.
    var name: String
    /// The task of requests for this name that carry none; `nil` leaves it to the model's settings.
    var defaultTask: EmbeddingTask?
    /// The length of vectors for requests for this name that carry none; `nil` leaves it to the model's settings.
    var defaultDimensions: Int?

    /// Makes an alias.
    init(_ name: String, defaultTask: EmbeddingTask? = nil, defaultDimensions: Int? = nil) {
        self.name = name
        self.defaultTask = defaultTask
        self.defaultDimensions = defaultDimensions
    }

    /// Makes an alias without defaults.
    init(stringLiteral name: String) { self.init(name) }
}

extension ModelAlias {
    /// Reads a list of names, or of objects with a name and defaults.
    static func list(_ value: SettingValue) throws(SettingFault) -> [ModelAlias] {
        guard case .json(.array(let items)) = value else { return try value.textList().map { ModelAlias($0) } }
        var aliases: [ModelAlias] = []
        for (index, item) in items.enumerated() {
            do throws(SettingFault) {
                aliases.append(try ModelAlias(json: item))
            } catch {
                throw SettingFault(subpath: "[\(index)]" + error.subpath, reason: error.reason)
            }
        }
        return aliases
    }

    private init(json: JSONValue) throws(SettingFault) {
        guard let members = json.object?.members else {
            self.init(try SettingValue.json(json).nonEmptyText())
            return
        }
        self.init("")
        for (name, json) in members {
            do throws(SettingFault) {
                try store(SettingValue.json(json), name: name)
            } catch {
                throw SettingFault(subpath: ".\(name)", reason: error.reason)
            }
        }
        if name.isEmpty { throw SettingFault(reason: "\"name\" is missing") }
    }

    private mutating func store(_ value: SettingValue, name: String) throws(SettingFault) {
        switch name {
        case "name": self.name = try value.nonEmptyText()
        case "defaultTask": defaultTask = try value.choice()
        case "defaultDimensions": defaultDimensions = try value.integer(in: 1...65_536)
        default: throw SettingFault(reason: "unknown key; an alias has name, defaultTask, defaultDimensions")
        }
    }
}
