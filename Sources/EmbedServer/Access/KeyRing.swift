import Synchronization

/// The keys in force, which can be exchanged while requests are served.
final class KeyRing: Sendable {
    private let fixed: [APIKey]
    private let path: String?
    private let current: Mutex<[APIKey]>

    /// Whether a request needs a key.
    ///
    /// A key file asks for keys even while it lists none: an empty file must not open the server to everybody.
    let isLocked: Bool

    /// The file that `reload` reads.
    var watchedPath: String? { path }

    /// Takes the keys of the configuration, and reads the key file.
    ///
    /// - Parameters:
    ///   - apiKeys: keys that may embed and read metrics, called `key-1`, `key-2`, … in logs.
    ///   - path: the key file, if there is one.
    init(apiKeys: [String], path: String?) throws(SettingsError) {
        fixed = apiKeys.enumerated().map { index, key in
            APIKey(name: "key-\(index + 1)", digest: KeyDigest(of: key), scopes: [.embed, .metrics])
        }
        self.path = path
        isLocked = !apiKeys.isEmpty || path != nil
        current = Mutex(try Self.keys(fixed, path: path))
    }

    /// Reads the key file again; on an error the keys stay as they are.
    ///
    /// - Returns: how many keys are in force.
    @discardableResult
    func reload() throws(SettingsError) -> Int {
        let keys = try Self.keys(fixed, path: path)
        current.withLock { $0 = keys }
        return keys.count
    }

    /// The key with this secret.
    ///
    /// Every key is compared, and all of it, so that the time taken says nothing about how much was right.
    func find(_ secret: String) -> APIKey? {
        let digest = KeyDigest(of: secret)
        var found: APIKey?
        for key in current.withLock({ $0 }) where key.digest.matches(digest) { found = key }
        return found
    }

    /// The key with this name.
    func find(named name: String) -> APIKey? {
        current.withLock { $0.first { $0.name == name } }
    }

    private static func keys(_ fixed: [APIKey], path: String?) throws(SettingsError) -> [APIKey] {
        guard let path else { return fixed }
        let contents: [UInt8]
        do throws(IOError) {
            contents = try InputFile.contents(path: path)
        } catch {
            throw SettingsError(source: path, reason: error.reason)
        }
        let keys = try KeyFile.parse(contents, path: path)
        if let index = keys.firstIndex(where: { key in fixed.contains { $0.name == key.name } }) {
            throw SettingsError(source: path, field: "keys[\(index)].name", reason: "names a key of auth.apiKeys")
        }
        return fixed + keys
    }
}
