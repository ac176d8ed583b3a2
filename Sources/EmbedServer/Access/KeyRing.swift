import HTTPCore
import Synchronization

/// The keys in force, which can be exchanged while requests are served.
final class KeyRing: Sendable {
    /// The keys in force, and which state of the file they came from.
    private struct State {
        var keys: [APIKey]
        var watch = FileWatch()
    }

    /// Reads the whole of a file.
    typealias Reading = @Sendable (String) throws(IOError) -> [UInt8]

    private let fixed: [APIKey]
    private let path: String?
    private let read: Reading
    private let state: Mutex<State>

    /// Whether a request needs a key.
    ///
    /// A key file asks for keys even while it lists none: an empty file must not open the server to everybody.
    let isLocked: Bool

    /// Whether `reload` reads a file.
    var hasFile: Bool { path != nil }

    /// Takes the keys of the configuration, and reads the key file.
    ///
    /// - Parameters:
    ///   - apiKeys: keys that may embed and read metrics, called `key-1`, `key-2`, … in logs.
    ///   - path: the key file, if there is one.
    ///   - read: how it is read.
    init(
        apiKeys: [String],
        path: String?,
        read: @escaping Reading = { path throws(IOError) in try InputFile.contents(path: path) }
    ) throws(SettingsError) {
        fixed = apiKeys.enumerated().map { index, key in
            APIKey(name: "key-\(index + 1)", digest: KeyDigest(of: key), scopes: [.embed, .metrics])
        }
        self.path = path
        isLocked = !apiKeys.isEmpty || path != nil
        self.read = read
        state = Mutex(State(keys: fixed))
        try reload()
    }

    /// Reads the key file again; on an error the keys stay as they are.
    ///
    /// - Returns: how many keys are in force.
    @discardableResult
    func reload() throws(SettingsError) -> Int {
        guard let path else { return fixed.count }
        let before = FileStamp(path: path)
        let keys = fixed + (try fileKeys(path))
        let after = FileStamp(path: path)
        state.withLock {
            $0.keys = keys
            $0.watch.succeed(before: [before], after: [after])
        }
        return keys.count
    }

    /// What came of looking at the key file.
    enum Look {
        /// The keys in force are those of the file, or the file is gone: most likely it is being replaced.
        case unchanged
        /// So many keys are in force now.
        case reloaded(Int)
        /// The keys stay, and the file will be tried again; whether the last look did not find the same.
        case failed(SettingsError, isNews: Bool)
    }

    /// Reads the key file if it is not as it was when the keys in force were read.
    func look() -> Look {
        guard let path, let stamp = FileStamp(path: path), state.withLock({ $0.watch.isDue([stamp]) }) else {
            return .unchanged
        }
        do throws(SettingsError) {
            return .reloaded(try reload())
        } catch {
            let reason = error.description
            return .failed(error, isNews: state.withLock { $0.watch.fail([stamp], reason: reason) })
        }
    }

    /// The key with this secret.
    ///
    /// Every key is compared, and all of it, so that the time taken says nothing about how much was right. One longer
    /// than keys can be is wrong without a look.
    func find(_ secret: String) -> APIKey? {
        guard secret.utf8.count <= APIKey.maximumBytes else { return nil }
        let digest = KeyDigest(of: secret)
        var found: APIKey?
        for key in state.withLock({ $0.keys }) where key.digest.matches(digest) { found = key }
        return found
    }

    /// The key with this name.
    func find(named name: String) -> APIKey? {
        state.withLock { $0.keys.first { $0.name == name } }
    }

    private func fileKeys(_ path: String) throws(SettingsError) -> [APIKey] {
        let contents: [UInt8]
        do throws(IOError) {
            contents = try read(path)
        } catch {
            throw SettingsError(source: path, reason: error.reason)
        }
        let keys = try KeyFile.parse(contents, path: path)
        if let index = keys.firstIndex(where: { key in fixed.contains { $0.name == key.name } }) {
            throw SettingsError(source: path, field: "keys[\(index)].name", reason: "names a key of auth.apiKeys")
        }
        return keys
    }
}
