import HTTPCore
import JSONCore

/// `POST /admin/reload`: does what SIGHUP does, for those who cannot send signals.
struct ReloadEndpoint: Sendable {
    /// Reads the files again.
    let reloader: Reloader

    /// Answers with the number of keys in force; a file that cannot be used is 500, and changes nothing.
    func answer(_ request: Request, _ key: APIKey?) async -> Answer {
        do throws(SettingsError) {
            let count = try await reloader.reload()
            var writer = JSONWriter()
            writer.object {
                $0.key("keys")
                $0.value(count)
            }
            return Answer(.json(writer.bytes))
        } catch {
            return Answer(
                .internalError("The files were not reloaded. \(error)", cause: error.description),
                id: request.id
            )
        }
    }
}
