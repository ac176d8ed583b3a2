/// The tokens of a tokenizer by id, as its file writes them, added tokens included.
struct Vocabulary: Sendable {
    private var text: [UInt8] = []
    private var ranges: [Range<UInt32>] = []

    /// One more than the highest id.
    var size: Int { ranges.count }

    /// Sets the token of an id; a later token replaces an earlier one.
    mutating func set(_ piece: UTF8Text, id: Int32) {
        let index = Int(id)
        if index >= ranges.count {
            ranges.append(contentsOf: repeatElement(0..<0, count: index + 1 - ranges.count))
        }
        let start = UInt32(text.count)
        text.append(contentsOf: piece)
        ranges[index] = start..<UInt32(text.count)
    }

    /// The token of an id; `nil` where there is none.
    func piece(_ id: Int32) -> String? {
        range(of: id).map { String(decoding: text[$0], as: UTF8.self) }
    }

    /// Appends the octets of a byte-level token; false if there is no such token or it is not written in that alphabet.
    func appendOctets(of id: Int32, to octets: inout [UInt8]) -> Bool {
        guard let range = range(of: id) else { return false }
        return text.withUnsafeBufferPointer { ByteAlphabet.decode($0[part: range], into: &octets) }
    }

    private func range(of id: Int32) -> Range<Int>? {
        guard id >= 0, Int(id) < ranges.count, !ranges[Int(id)].isEmpty else { return nil }
        return Int(ranges[Int(id)].lowerBound)..<Int(ranges[Int(id)].upperBound)
    }
}
