import HTTPCore
import HTTPTypes

extension Routes {
    /// The routes of other servers' APIs, each of which refuses in its own way.
    var dialects: [Route] {
        []
    }

    /// How the dialect refuses that a path belongs to.
    static func errorStyle(ofPath path: String?) -> ErrorStyle {
        .standard
    }
}
