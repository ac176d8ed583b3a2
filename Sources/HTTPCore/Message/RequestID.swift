/// Names one request in logs, errors and the `x-request-id` field of its response.
///
/// Either the caller's own id, if it sent a usable one, or 128 random bits as 32 lower-case hexadecimal digits.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    /// The id as it goes over the wire: 1 to 128 visible ASCII characters.
    public let rawValue: String

    /// The id as text.
    public var description: String { rawValue }

    /// The longest id taken over from a caller, in octets.
    public static let maximumLength = 128

    /// Takes over a caller's id; nil unless it is 1 to 128 visible ASCII characters (0x21 to 0x7E).
    public init?(_ text: String) {
        let octets = text.utf8
        guard (1...Self.maximumLength).contains(octets.count), octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        rawValue = text
    }

    /// Draws a new id from `generator`.
    ///
    /// Ids need to differ, not to be secret, so the server draws them from a generator per event loop.
    public init(using generator: inout some RandomNumberGenerator) {
        let words = [generator.next(), generator.next()]
        rawValue = String(unsafeUninitializedCapacity: 32) { digits in
            for position in 0..<32 {
                let nibble = UInt8(truncatingIfNeeded: words[position / 16] >> (4 * UInt64(position % 16))) & 0xF
                digits[position] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
            }
            return 32
        }
    }

    /// Draws a new id from the system's generator.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }
}
