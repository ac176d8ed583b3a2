/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes octets: four characters for every three, the last group padded with `=`.
    static func encode(_ octets: UnsafeRawBufferPointer) -> [UInt8] {
        let count = (octets.count + 2) / 3 * 4
        return [UInt8](unsafeUninitializedCapacity: count) { output, written in
            alphabet.withUnsafeBufferPointer { encode(octets, into: output, alphabet: $0) }
            written = count
        }
    }

    private static func encode(
        _ octets: UnsafeRawBufferPointer,
        into output: UnsafeMutableBufferPointer<UInt8>,
        alphabet: UnsafeBufferPointer<UInt8>
    ) {
        var read = 0
        var write = 0
        while read < octets.count {
            let left = octets.count - read
            let second = left > 1 ? octets[read + 1] : 0
            let third = left > 2 ? octets[read + 2] : 0
            let group = UInt32(octets[read]) << 16 | UInt32(second) << 8 | UInt32(third)
            output[write] = alphabet[Int(group >> 18)]
            output[write + 1] = alphabet[Int(group >> 12 & 63)]
            output[write + 2] = left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "=")
            output[write + 3] = left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "=")
            read += 3
            write += 4
        }
    }
}
