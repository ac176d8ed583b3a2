import COpenSSL
import Glibc

/// Hashes octets as they come.
struct FileDigest: ~Copyable {
    private let context: OpaquePointer

    /// Begins a SHA-256 (FIPS 180-4).
    static func sha256() -> FileDigest { FileDigest(EVP_sha256()) }

    /// Begins the object id that git gives a file of `size` octets.
    static func gitBlob(size: Int) -> FileDigest {
        var digest = FileDigest(EVP_sha1())
        Array("blob \(size)\0".utf8).withUnsafeBytes { digest.update($0) }
        return digest
    }

    private init(_ algorithm: OpaquePointer?) {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, algorithm, nil) == 1 else {
            preconditionFailure("libcrypto cannot hash")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds octets.
    mutating func update(_ octets: UnsafeRawBufferPointer) {
        let succeeded = EVP_DigestUpdate(context, octets.baseAddress, octets.count)
        precondition(succeeded == 1, "libcrypto cannot hash")
    }

    /// The digest in lower-case hexadecimal digits.
    consuming func hexadecimal() -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: octets().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest in base64.
    consuming func base64() -> String {
        String(decoding: octets().withUnsafeBytes { Base64.encode($0) }, as: UTF8.self)
    }

    private consuming func octets() -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let succeeded = EVP_DigestFinal_ex(context, &octets, &count)
        precondition(succeeded == 1, "libcrypto cannot hash")
        return Array(octets.prefix(Int(count)))
    }

    /// The SHA-256 of a file, and its git object id if asked for.
    static func of(path: String, size: Int, git: Bool) throws(IOError) -> (sha256: String, gitBlob: String?) {
        let file = try FileHandle(reading: path)
        var sha256 = FileDigest.sha256()
        var blob = FileDigest.gitBlob(size: size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            let octets = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            sha256.update(octets)
            if git { blob.update(octets) }
        }
        return (sha256.hexadecimal(), git ? blob.hexadecimal() : nil)
    }
}
