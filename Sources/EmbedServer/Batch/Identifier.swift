/// Names for what clients refer to later: nobody guesses them, and they say nothing.
enum Identifier {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    /// `prefix` and 24 letters and digits: 142 bits of chance.
    static func make(_ prefix: String) -> String {
        prefix + String((0..<24).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}
