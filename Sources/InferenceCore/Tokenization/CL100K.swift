/// Why ids are not cl100k_base text.
public enum CL100KError: Error, Equatable, CustomStringConvertible {
    /// The tokenizer's vocabulary does not contain cl100k_base.
    case unavailable
    /// The id at `index` is one of cl100k's special tokens, which are no text.
    case specialToken(id: Int32, index: Int)
    /// cl100k_base has no such id as the one at `index`.
    case outOfRange(id: Int32, index: Int)

    /// The fault in one line.
    public var description: String {
        switch self {
        case .unavailable: "the model's vocabulary does not contain cl100k_base"
        case .specialToken(let id, let index): "token id \(id) at index \(index) is a special token of cl100k_base"
        case .outOfRange(let id, let index): "token id \(id) at index \(index) is not in cl100k_base (0 to 100255)"
        }
    }
}

/// OpenAI's cl100k_base vocabulary as a part of another one.
///
/// Vocabularies that were grown from it keep its tokens in its order: with the same ids, or closed up over the tokens
/// of two and three digits where every digit is a token of its own.
struct CL100K: Sendable, Equatable {
    /// How many tokens it has, special ones aside.
    static let count: Int32 = 100_256
    private static let specials: Set<Int32> = [100_257, 100_258, 100_259, 100_260, 100_276]

    /// Whether the tokens of two and three digits are missing.
    private let lacksNumbers: Bool

    /// Finds cl100k_base in a byte-level vocabulary: every token must be there.
    init?(in vocabulary: Vocabulary, fingerprint wanted: UInt64 = CL100KTables.fingerprint) {
        let numbers = Digits.count(CL100KTables.numbers, width: 5)
        guard vocabulary.size >= Int(Self.count) - numbers else { return nil }
        lacksNumbers = vocabulary.piece(Self.numberID(at: 0)) != String(Self.numberText(at: 0))
        guard fingerprint(in: vocabulary) == wanted else { return nil }
    }

    private func fingerprint(in vocabulary: Vocabulary) -> UInt64? {
        var hash = ByteTable.Hash()
        var octets: [UInt8] = []
        for id in 0..<Self.count {
            octets.removeAll(keepingCapacity: true)
            guard append(id, of: vocabulary, to: &octets) else { return nil }
            for octet in octets { hash.combine(octet) }
            hash.combine(0xFF)
        }
        return hash.value
    }

    /// The text of cl100k ids.
    ///
    /// Octets that are not UTF-8, such as half a character at the end, become U+FFFD.
    func decode(_ ids: [Int32], _ vocabulary: Vocabulary) throws(CL100KError) -> String {
        var octets: [UInt8] = []
        octets.reserveCapacity(ids.count * 5)
        for (index, id) in ids.enumerated() {
            if Self.specials.contains(id) { throw .specialToken(id: id, index: index) }
            guard 0..<Self.count ~= id, append(id, of: vocabulary, to: &octets) else {
                throw .outOfRange(id: id, index: index)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private func append(_ id: Int32, of vocabulary: Vocabulary, to octets: inout [UInt8]) -> Bool {
        guard lacksNumbers else { return vocabulary.appendOctets(of: id, to: &octets) }
        let count = Digits.count(CL100KTables.numbers, width: 5)
        let index = Digits.search(count: count) { Self.numberID(at: $0) >= id }
        if index < count, Self.numberID(at: index) == id {
            octets.append(contentsOf: Self.numberText(at: index).utf8)
            return true
        }
        return vocabulary.appendOctets(of: id - Int32(index), to: &octets)
    }

    /// The id of a token of two or three digits.
    static func numberID(at index: Int) -> Int32 {
        Int32(digits(index, 0..<3))
    }

    /// Its text: two digits below 100, three above, for which the leading zeros come from a 1 in front.
    static func numberText(at index: Int) -> Substring {
        let number = digits(index, 3..<5)
        return String(number < 100 ? 100 + number : 900 + number).dropFirst()
    }

    private static func digits(_ index: Int, _ range: Range<Int>) -> Int {
        range.reduce(0) { $0 << 6 | Int(Digits.read(CL100KTables.numbers, at: index * 5 + $1, width: 1)) }
    }
}
