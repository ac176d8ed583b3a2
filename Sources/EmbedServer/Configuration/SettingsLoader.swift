import JSONCore

/// Puts the settings together: defaults, under `config.json`, under the environment, under flags.
struct SettingsLoader {
    /// What has been put together so far.
    private(set) var settings = Settings()

    /// The settings of a command without flags of its own for them.
    ///
    /// - Throws: `SettingsError`, or `IOError` for a file that cannot be read.
    static func settings(config: String?, environment: [String: String]) throws -> Settings {
        var loader = SettingsLoader()
        try loader.apply(config: config, environment: environment)
        return try loader.finished()
    }

    /// Lays the file of `--config` or `EMBED_CONFIG` over the settings, and `EMBED_*` variables over that.
    mutating func apply(config: String?, environment: [String: String]) throws {
        if let file = config ?? environment["EMBED_CONFIG"] {
            try apply(file: file, contents: try InputFile.contents(path: file))
        }
        try apply(environment: environment)
    }

    /// Lays the members of a `config.json` over the settings.
    mutating func apply(file: String, contents: [UInt8]) throws(SettingsError) {
        try apply(try SettingsFile.object(contents, path: file), prefix: "", file: file)
    }

    /// Lays `EMBED_*` variables over the settings.
    mutating func apply(environment: [String: String]) throws(SettingsError) {
        for field in SettingField.all {
            guard let text = environment[field.environmentName] else { continue }
            do throws(SettingFault) {
                try field.store(.text(text), &settings)
            } catch {
                throw SettingsError(source: field.environmentName, reason: error.reason)
            }
        }
    }

    /// Lays one flag over the settings.
    ///
    /// - Parameters:
    ///   - flag: the flag as the user wrote it, such as `--port`.
    ///   - path: the setting it stands for, such as `server.port`.
    mutating func apply(flag: String, path: String, text: String) throws(SettingsError) {
        guard let field = SettingField.all.first(where: { $0.path == path }) else {
            preconditionFailure("\(flag) stands for \(path), which is no setting")
        }
        do throws(SettingFault) {
            try field.store(.text(text), &settings)
        } catch {
            throw SettingsError(source: flag, reason: error.reason)
        }
    }

    /// Lays the models of `--model` flags over the settings: they replace those of the other sources.
    mutating func apply(models: [String]) throws(SettingsError) {
        if models.isEmpty { return }
        settings.models = []
        for argument in models {
            do throws(SettingFault) {
                settings.models.append(try ModelSettings(argument: argument))
            } catch {
                throw SettingsError(source: "--model", reason: error.reason)
            }
        }
    }

    /// The settings, once nothing more is laid over them.
    func finished() throws(SettingsError) -> Settings {
        let tls = settings.server.tls
        let isWhole = (tls.certificate == nil) == (tls.key == nil) && (tls.clientCA == nil || tls.key != nil)
        guard isWhole else {
            throw SettingsError(source: "server.tls", reason: "expected both certificate and key, or none of the three")
        }
        return settings
    }

    /// Variables that begin with `EMBED_` and mean nothing here: most likely misspelt.
    static func unknownNames(in environment: [String: String]) -> [String] {
        let known = Set(SettingField.all.map(\.environmentName) + ["EMBED_HOME", "EMBED_CONFIG", "EMBED_API_KEY"])
        return environment.keys.filter { $0.hasPrefix("EMBED_") && !known.contains($0) }.sorted()
    }

    private mutating func apply(_ object: JSONObject, prefix: String, file: String) throws(SettingsError) {
        for (name, value) in object.members {
            let path = prefix + name
            // A dot separates names in messages; inside a name it would reach into another section.
            if !name.contains("."), let field = SettingField.all.first(where: { $0.path == path }) {
                do throws(SettingFault) {
                    try field.store(.json(value), &settings)
                } catch {
                    throw SettingsError(source: file, field: path + error.subpath, reason: error.reason)
                }
            } else if SettingField.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
                guard let section = value.object else {
                    throw SettingsError(source: file, field: path, reason: "expected an object")
                }
                try apply(section, prefix: path + ".", file: file)
            } else {
                throw SettingsError(source: file, field: path, reason: "unknown key; " + Self.expectation(prefix))
            }
        }
    }

    /// Says which keys may follow `prefix`.
    private static func expectation(_ prefix: String) -> String {
        var names: [String] = []
        for field in SettingField.all where field.path.hasPrefix(prefix) {
            let name = String(field.path.dropFirst(prefix.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return "expected one of " + names.joined(separator: ", ")
    }
}
