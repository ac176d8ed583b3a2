/// What the reference tokenizer library knows about a code point; scripts/unicode_tables.py writes the table.
struct UnicodeProperties: OptionSet {
    let rawValue: UInt32

    /// `\p{L}`.
    static let letter = UnicodeProperties(rawValue: 1 << 0)
    /// `\p{N}`.
    static let number = UnicodeProperties(rawValue: 1 << 1)
    /// `\s`, which is White_Space.
    static let space = UnicodeProperties(rawValue: 1 << 2)
    /// Removed by BERT's `clean_text`: controls, formats, private use, NUL and U+FFFD.
    static let control = UnicodeProperties(rawValue: 1 << 3)
    /// A CJK ideograph, which BERT sets apart with spaces.
    static let ideograph = UnicodeProperties(rawValue: 1 << 4)
    /// Punctuation, which BERT splits off.
    static let punctuation = UnicodeProperties(rawValue: 1 << 5)
    /// A nonspacing mark (Mn), which BERT's `strip_accents` removes.
    static let nonspacingMark = UnicodeProperties(rawValue: 1 << 6)
    /// Differs from its lower case.
    static let cased = UnicodeProperties(rawValue: 1 << 7)
    /// Has a canonical decomposition.
    static let decomposes = UnicodeProperties(rawValue: 1 << 8)
    /// Has a combining class other than 0.
    static let reorders = UnicodeProperties(rawValue: 1 << 9)
    /// May be composed with what stands before it.
    static let composes = UnicodeProperties(rawValue: 1 << 10)
    /// Is changed by NFC even when it stands alone.
    static let unstable = UnicodeProperties(rawValue: 1 << 11)
    /// `\w`, which the `single_word` option of added tokens looks at.
    static let word = UnicodeProperties(rawValue: 1 << 12)

    /// The properties of a code point.
    @inline(__always)
    init(of scalar: UInt32) {
        let top = Int(Digits.read(UnicodeTables.top, at: Int(scalar >> 12), width: 1))
        let middle = Int(Digits.read(UnicodeTables.middle, at: top << 6 | Int(scalar >> 6 & 63), width: 2))
        let set = Int(Digits.read(UnicodeTables.leaf, at: middle << 6 | Int(scalar & 63), width: 1))
        self.init(rawValue: Digits.read(UnicodeTables.propertySets, at: set, width: 3))
    }

    @inline(__always)
    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}

/// Reads the base 64 digits of `UnicodeTables`.
enum Digits {
    /// Entry `index` of a table whose entries are `width` digits wide.
    @inline(__always)
    static func read(_ table: StaticString, at index: Int, width: Int) -> UInt32 {
        let entry = table.utf8Start + index &* width
        var value: UInt32 = 0
        for i in 0..<width { value = value << 6 | UInt32(entry[i] &- UInt8(ascii: "0")) }
        return value
    }

    /// How many entries a table has.
    static func count(_ table: StaticString, width: Int) -> Int {
        table.utf8CodeUnitCount / width
    }

    /// The first index in `0..<count` at which `isAtOrBehind` holds; the entries are in order.
    static func search(count: Int, isAtOrBehind: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isAtOrBehind(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
