import JSONCore

/// Reads the file of `auth.keysFile`.
///
/// ```json
/// {"keys": [{"name": "search", "sha256": "9f86…", "scopes": ["embed"], "requestsPerMinute": 600}]}
/// ```
enum KeyFile {
    /// Reads and checks all keys.
    ///
    /// - Parameter path: for messages.
    static func parse(_ contents: [UInt8], path: String) throws(SettingsError) -> [APIKey] {
        let root = try SettingsFile.object(contents, path: path)
        for (name, _) in root.members where name != "keys" {
            throw SettingsError(source: path, field: name, reason: "unknown key; expected keys")
        }
        guard let items = root["keys"]?.array else {
            throw SettingsError(source: path, field: "keys", reason: "expected a list of objects")
        }
        var keys: [APIKey] = []
        for (index, item) in items.enumerated() {
            do throws(SettingFault) {
                let key = try key(item)
                if let other = keys.firstIndex(where: { $0.name == key.name }) {
                    throw SettingFault(subpath: ".name", reason: "is the name of keys[\(other)] too")
                }
                if let other = keys.firstIndex(where: { $0.digest == key.digest }) {
                    throw SettingFault(reason: "is the same key as keys[\(other)]")
                }
                keys.append(key)
            } catch {
                throw SettingsError(source: path, field: "keys[\(index)]" + error.subpath, reason: error.reason)
            }
        }
        return keys
    }

    private static func key(_ json: JSONValue) throws(SettingFault) -> APIKey {
        guard let members = json.object?.members else { throw SettingFault(reason: "expected an object") }
        var name: String?
        var digests: [KeyDigest] = []
        var scopes: Set<APIKey.Scope> = [.embed]
        var limits = RateLimits()
        for (member, json) in members {
            let value = SettingValue.json(json)
            do throws(SettingFault) {
                switch member {
                case "name": name = try value.nonEmptyText()
                case "key": digests.append(KeyDigest(of: try APIKey.secret(try value.nonEmptyText())))
                case "sha256": digests.append(try digest(value))
                case "scopes": scopes = try value.choices()
                case "requestsPerMinute": limits.requestsPerMinute = try value.integer(in: 1...1_000_000_000)
                case "tokensPerMinute": limits.tokensPerMinute = try value.integer(in: 1...1_000_000_000_000)
                default:
                    throw SettingFault(
                        reason: "unknown; a key has name, key or sha256, scopes, requestsPerMinute, tokensPerMinute"
                    )
                }
            } catch {
                throw SettingFault(subpath: ".\(member)" + error.subpath, reason: error.reason)
            }
        }
        guard let name else { throw SettingFault(reason: "\"name\" is missing") }
        guard digests.count == 1 else { throw SettingFault(reason: "expected one of \"key\" and \"sha256\"") }
        return APIKey(name: name, digest: digests[0], scopes: scopes, limits: limits)
    }

    private static func digest(_ value: SettingValue) throws(SettingFault) -> KeyDigest {
        guard let digest = KeyDigest(hexadecimal: try value.nonEmptyText()) else {
            throw SettingFault(reason: "expected the 64 hexadecimal digits of a SHA-256")
        }
        return digest
    }
}
