/// Maps code points to sequences of code points: the tables behind normalization.
enum UnicodeMappings {
    /// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
    private enum Hangul {
        static let syllables: UInt32 = 0xAC00
        static let leads: UInt32 = 0x1100
        static let vowels: UInt32 = 0x1161
        static let trails: UInt32 = 0x11A7
        static let leadCount: UInt32 = 19
        static let vowelCount: UInt32 = 21
        static let trailCount: UInt32 = 28
        static let syllableCount = leadCount * vowelCount * trailCount
    }

    /// Calls `body` with each code point of the full canonical decomposition.
    static func decompose(_ scalar: UInt32, _ body: (UInt32) -> Void) {
        let syllable = scalar &- Hangul.syllables
        if syllable < Hangul.syllableCount {
            let (block, trail) = syllable.quotientAndRemainder(dividingBy: Hangul.trailCount)
            body(Hangul.leads + block / Hangul.vowelCount)
            body(Hangul.vowels + block % Hangul.vowelCount)
            if trail > 0 { body(Hangul.trails + trail) }
            return
        }
        map(
            scalar,
            keys: UnicodeTables.decompositionKeys,
            starts: UnicodeTables.decompositionStarts,
            values: UnicodeTables.decompositionValues,
            body
        )
    }

    /// Calls `body` with each code point of the lower case; case is folded code point by code point, whatever its
    /// neighbours.
    static func lowercase(_ scalar: UInt32, _ body: (UInt32) -> Void) {
        map(
            scalar,
            keys: UnicodeTables.lowercaseKeys,
            starts: UnicodeTables.lowercaseStarts,
            values: UnicodeTables.lowercaseValues,
            body
        )
    }

    /// The code point that is canonically equal to the pair, if NFC uses one.
    static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
        let lead = first &- Hangul.leads
        let vowel = second &- Hangul.vowels
        if lead < Hangul.leadCount, vowel < Hangul.vowelCount {
            return Hangul.syllables + (lead * Hangul.vowelCount + vowel) * Hangul.trailCount
        }
        let syllable = first &- Hangul.syllables
        let trail = second &- Hangul.trails
        if syllable < Hangul.syllableCount, syllable % Hangul.trailCount == 0, trail > 0, trail < Hangul.trailCount {
            return first + trail
        }
        let table = UnicodeTables.compositions
        let pair = UInt64(first) << 32 | UInt64(second)
        func entry(_ index: Int) -> UInt64 {
            let first = Digits.read(table, at: index * 3, width: 4)
            let second = Digits.read(table, at: index * 3 + 1, width: 4)
            return UInt64(first) << 32 | UInt64(second)
        }
        let count = Digits.count(table, width: 12)
        let index = Digits.search(count: count) { entry($0) >= pair }
        return index < count && entry(index) == pair ? Digits.read(table, at: index * 3 + 2, width: 4) : nil
    }

    /// The canonical combining class.
    static func combiningClass(_ scalar: UInt32) -> UInt8 {
        let table = UnicodeTables.combiningClasses
        func digits(_ entry: Int, from: Int, count: Int) -> UInt32 {
            (0..<count).reduce(0) { $0 << 6 | Digits.read(table, at: entry * 10 + from + $1, width: 1) }
        }
        let count = Digits.count(table, width: 10)
        let index = Digits.search(count: count) { digits($0, from: 4, count: 4) >= scalar }
        guard index < count, digits(index, from: 0, count: 4) <= scalar else { return 0 }
        return UInt8(digits(index, from: 8, count: 2))
    }

    private static func map(
        _ scalar: UInt32,
        keys: StaticString,
        starts: StaticString,
        values: StaticString,
        _ body: (UInt32) -> Void
    ) {
        let count = Digits.count(keys, width: 4)
        let index = Digits.search(count: count) { Digits.read(keys, at: $0, width: 4) >= scalar }
        guard index < count, Digits.read(keys, at: index, width: 4) == scalar else { return body(scalar) }
        let start = Int(Digits.read(starts, at: index, width: 3))
        let end = Int(Digits.read(starts, at: index + 1, width: 3))
        for i in start..<end { body(Digits.read(values, at: i, width: 4)) }
    }
}
