import Glibc
import InferenceCore

/// Makes texts of an exact number of tokens, always the same ones.
struct BenchTexts {
    /// Why no text can be made.
    struct UnsuitableTokenizer: Error, CustomStringConvertible {
        var description: String { "the model's tokenizer splits every common word: no text of an exact length" }
    }

    private static let candidates = """
        the of and to in is that for it as was with on be by this are from or at which an have not but had they one \
        you were their all her she there would we him been has when who will no more if out so up said what its about \
        than into them can only other time new some could these two may first then do any like my now over such our \
        man me even most made after also many off before must well back through years much where your way down should \
        because long each just those people how too little state good very make world still see own work day get here \
        between both under never last might another us great year since against go came right used take three house \
        small end again home around however large group public second business market service report level research \
        data system program school water energy network model search question document language music paper river
        """.split(separator: " ").map(String.init)

    private let encoder: TextEncoder
    private let task: EmbeddingTask?
    /// Words that add one token to a text, wherever they stand in it.
    private let words: [String]
    /// Tokens of a text of one word: the prompt's and special tokens too.
    private let fixed: Int

    /// Prepares texts for a task, whose prompt counts as part of them.
    init(encoder: TextEncoder, task: EmbeddingTask?) throws(UnsuitableTokenizer) {
        func count(_ text: String) -> Int { encoder.encode(text, task: task).ids.count }
        let fixed = count("the")
        words = Self.candidates.filter { count($0) == fixed && count("the \($0)") == fixed + 1 }
        guard words.count > 1 else { throw UnsuitableTokenizer() }
        self.encoder = encoder
        self.task = task
        self.fixed = fixed
    }

    /// The shortest text there is, in tokens.
    var shortest: Int { fixed }

    /// A text of exactly `tokens` tokens, or of `shortest` if that is more.
    ///
    /// - Parameter seed: which of the texts of that length.
    func text(tokens: Int, seed: Int) -> String {
        var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(tokens)
        var chosen: [String] = []
        for _ in 0...max(0, tokens - fixed) {
            // Knuth's MMIX generator; its high bits are the random ones.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            chosen.append(words[Int(state >> 33) % words.count])
        }
        return chosen.joined(separator: " ")
    }

    /// `count` lengths spread evenly over the logarithm of 8...512, cut to `limit`, in an order that is not sorted.
    ///
    /// - Parameter count: no multiple of 7.
    static func mixedLengths(count: Int, limit: Int) -> [Int] {
        (0..<count).map { index in
            // 7 has no divisor in common with `count`: every place comes once.
            let place = Double(index * 7 % count) + 0.5
            return min(Int(8 * pow(64, place / Double(count))), limit)
        }
    }
}
