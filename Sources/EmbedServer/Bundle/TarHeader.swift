/// The head of a file in a tar archive (POSIX.1-1988, ustar), with GNU's binary form for sizes of 8 GiB and more.
struct TarHeader: Equatable {
    /// Octets of a head, and what contents are filled up to.
    static let blockSize = 512

    /// The path of the file.
    let path: String
    /// Octets of its contents.
    let size: Int

    /// Zero octets that follow the contents.
    var padding: Int { (Self.blockSize - size % Self.blockSize) % Self.blockSize }

    init(path: String, size: Int) {
        self.path = path
        self.size = size
    }

    /// The head as it stands in the archive; `nil` if the path is too long for it.
    var octets: [UInt8]? {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: some Sequence<UInt8>, at offset: Int) {
            for (index, octet) in text.enumerated() { block[offset + index] = octet }
        }
        guard let (prefix, name) = Self.split(path) else { return nil }
        put(name.utf8, at: 0)
        put("0000644\0".utf8, at: 100)
        put("0000000\0".utf8, at: 108)
        put("0000000\0".utf8, at: 116)
        if size < 1 << 33 {
            put(Self.octal(size, digits: 11).utf8, at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 { block[128 + index] = UInt8(truncatingIfNeeded: size >> (56 - 8 * index)) }
        }
        // No time: the same model always makes the same bundle.
        put("00000000000\0".utf8, at: 136)
        block[156] = UInt8(ascii: "0")
        put("ustar\u{0}00".utf8, at: 257)
        put(prefix.utf8, at: 345)
        put((Self.octal(Self.checksum(block), digits: 6) + "\0 ").utf8, at: 148)
        return block
    }

    /// Reads a head; `nil` if it is damaged, or is of anything but a regular file.
    init?(octets block: [UInt8]) {
        guard block.count == Self.blockSize, block[156] == UInt8(ascii: "0"),
            Self.number(block[148..<155]) == Self.checksum(block)
        else { return nil }
        if block[124] == 0x80 {
            guard block[125..<129].allSatisfy({ $0 == 0 }), block[128] < 0x80 else { return nil }
            size = block[128..<136].reduce(0) { $0 << 8 | Int($1) }
        } else {
            guard let size = Self.number(block[124..<136]) else { return nil }
            self.size = size
        }
        let name = String(decoding: block[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        let prefix = String(decoding: block[345..<500].prefix { $0 != 0 }, as: UTF8.self)
        path = prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    /// The sum of all octets, with blanks in place of the sum itself.
    private static func checksum(_ block: [UInt8]) -> Int {
        block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
    }

    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func number(_ octets: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: octets.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self), radix: 8).flatMap {
            $0 >= 0 ? $0 : nil
        }
    }

    /// Parts a path at a slash, so that 100 octets hold the end and 155 the beginning.
    private static func split(_ path: String) -> (prefix: String, name: String)? {
        if path.utf8.count <= 100 { return ("", path) }
        for (index, character) in zip(path.indices, path) where character == "/" {
            let (prefix, name) = (path[..<index], path[path.index(after: index)...])
            if prefix.utf8.count <= 155, name.utf8.count <= 100 { return (String(prefix), String(name)) }
        }
        return nil
    }
}
