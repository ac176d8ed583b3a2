/// The printable stand-ins for octets in byte-level vocabularies ("bytes_to_unicode" in openai/gpt-2, encoder.py).
///
/// Printable Latin-1 characters stand for themselves, the other 68 octets for U+0100 and up, in order.
enum ByteAlphabet {
    /// Whether an octet stands for itself.
    private static func isPrintable(_ octet: UInt32) -> Bool {
        (0x21...0x7E).contains(octet) || (0xA1...0xAC).contains(octet) || (0xAE...0xFF).contains(octet)
    }

    /// By code point; -1 where it stands for no octet.
    private static let octets: [Int16] = {
        var octets = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for octet in 0..<256 {
            if isPrintable(UInt32(octet)) {
                octets[octet] = Int16(octet)
            } else {
                octets[next] = Int16(octet)
                next += 1
            }
        }
        return octets
    }()

    /// Appends the octets that a piece of a vocabulary stands for; false, and nothing appended, if it is not written
    /// in this alphabet.
    static func decode(_ piece: UTF8Text, into output: inout [UInt8]) -> Bool {
        let first = output.count
        var position = 0
        while position < piece.count {
            let (scalar, width) = piece.scalar(at: position)
            guard scalar < octets.count, octets[Int(scalar)] >= 0 else {
                output.removeSubrange(first...)
                return false
            }
            output.append(UInt8(octets[Int(scalar)]))
            position += width
        }
        return true
    }
}
