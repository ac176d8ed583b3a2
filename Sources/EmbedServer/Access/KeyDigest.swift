import COpenSSL

/// The SHA-256 (FIPS 180-4) of a key: all that is kept of it.
///
/// Keys are random and long, unlike passwords, so a plain digest is enough: nobody can try them all.
struct KeyDigest: Sendable, Hashable {
    private static let octetCount = 32
    private let octets: [UInt8]

    /// The digest of a key.
    init(of key: String) {
        let key = Array(key.utf8)
        octets = [UInt8](unsafeUninitializedCapacity: Self.octetCount) { digest, written in
            let succeeded = EVP_Digest(key, key.count, digest.baseAddress, nil, EVP_sha256(), nil)
            precondition(succeeded == 1, "libcrypto has no SHA-256")
            written = Self.octetCount
        }
    }

    /// Reads a digest from 64 hexadecimal digits, as sha256sum(1) prints it.
    init?(hexadecimal text: String) {
        let digits = Array(text.utf8).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard text.utf8.count == 2 * Self.octetCount, digits.count == text.utf8.count else { return nil }
        octets = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Compares in a time that does not depend on where the digests differ.
    func matches(_ other: KeyDigest) -> Bool { CRYPTO_memcmp(octets, other.octets, Self.octetCount) == 0 }
}
