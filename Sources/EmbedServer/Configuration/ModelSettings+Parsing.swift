import InferenceCore
import JSONCore

extension ModelSettings {
    /// Reads the `models` list of `config.json`.
    static func list(json: JSONValue) throws(SettingFault) -> [ModelSettings] {
        guard let items = json.array else { throw SettingFault(reason: "expected a list of objects") }
        var models: [ModelSettings] = []
        for (index, item) in items.enumerated() {
            do throws(SettingFault) {
                models.append(try ModelSettings(json: item))
            } catch {
                throw SettingFault(subpath: "[\(index)]" + error.subpath, reason: error.reason)
            }
        }
        return models
    }

    /// Reads `ID=DIR` or `ID` items with commas between them, and spaces if you like, as the environment gives them.
    static func list(text: String) throws(SettingFault) -> [ModelSettings] {
        var models: [ModelSettings] = []
        for item in text.split(separator: ",") {
            models.append(try ModelSettings(argument: SettingValue.trimmed(item)))
        }
        return models
    }

    /// Reads `ID=DIR`, the value of `--model`, or the `ID` of a model in the store.
    init(argument: String) throws(SettingFault) {
        if Repository.isName(argument) {
            self.init(id: argument)
            return
        }
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw SettingFault(
                reason:
                    "expected ID=DIR, such as jina-embeddings-v5-text-nano=/models/nano, or the ID of a model in the store"
            )
        }
        self.init(id: String(parts[0]), path: String(parts[1]))
    }

    private init(json: JSONValue) throws(SettingFault) {
        guard let members = json.object?.members else { throw SettingFault(reason: "expected an object") }
        self.init(id: "")
        for (name, json) in members {
            do throws(SettingFault) {
                try store(SettingValue.json(json), name: name)
            } catch {
                throw SettingFault(subpath: ".\(name)" + error.subpath, reason: error.reason)
            }
        }
        if id.isEmpty { throw SettingFault(reason: "\"id\" is missing") }
    }

    private mutating func store(_ value: SettingValue, name: String) throws(SettingFault) {
        switch name {
        case "id": id = try value.nonEmptyText()
        case "path": path = try value.nonEmptyText()
        case "aliases": aliases = try ModelAlias.list(value)
        case "defaultTask": defaultTask = try value.choice()
        case "defaultDimensions": defaultDimensions = try value.integer(in: 1...65_536)
        case "tokenInput": tokenInput = try value.choice()
        default:
            throw SettingFault(
                reason: "unknown key; a model has id, path, aliases, defaultTask, defaultDimensions, tokenInput"
            )
        }
    }
}
