import Foundation

/// The folder Tests/Fixtures.
enum Fixtures {
    /// The path of a folder in it.
    static func directory(_ name: String) -> String {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appendingPathComponent("Fixtures").appendingPathComponent(name).path
    }
}
