import JSONCore

extension JSONWriter {
    /// Writes a string, or `null`.
    mutating func optional(_ text: String?) {
        if let text { value(text) } else { null() }
    }

    /// Writes a whole number, or `null`.
    mutating func optional(_ number: Int?) {
        if let number { value(number) } else { null() }
    }
}
