/// Valid UTF-8 that somebody else keeps in memory.
typealias UTF8Text = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer where Element == UInt8 {
    /// The code point that starts at `index`, and how many octets it takes.
    ///
    /// The text is valid UTF-8.
    @inline(__always)
    func scalar(at index: Int) -> (value: UInt32, width: Int) {
        let first = UInt32(self[index])
        if first < 0x80 { return (first, 1) }
        let second = UInt32(self[index + 1] & 0x3F)
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
        let third = UInt32(self[index + 2] & 0x3F)
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
        return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(self[index + 3] & 0x3F), 4)
    }

    /// The code point that ends before `index`, and how many octets it takes.
    @inline(__always)
    func scalar(before index: Int) -> (value: UInt32, width: Int) {
        var start = index - 1
        while self[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(at: start)
    }

    /// A part of the text.
    @inline(__always)
    subscript(part range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: self[range])
    }
}

extension [UInt8] {
    /// Appends a code point as UTF-8.
    @inline(__always)
    mutating func append(scalar: UInt32) {
        if scalar < 0x80 { return append(UInt8(truncatingIfNeeded: scalar)) }
        if scalar < 0x800 {
            append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
        } else {
            if scalar < 0x10000 {
                append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            } else {
                append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
                append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
            }
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
        }
        append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    }
}
