/// Where a long text may be cut so that what lies before the cut is tokenized as if the rest were there.
enum Excerpt {
    /// The end of an excerpt of about `length` octets: 0 if there is no safe cut near, `text.count` if none is needed.
    ///
    /// A cut is safe before a code point that ends every run whose meaning depends on its end: it is no white space
    /// (the regular expressions look at the last line break of a run), and no normalization reaches across it.
    static func end(in text: UTF8Text, near length: Int) -> Int {
        if length >= text.count { return text.count }
        var index = length
        while index > length / 2 {
            if text[index] & 0xC0 != 0x80 {
                let properties = UnicodeProperties(of: text.scalar(at: index).value)
                if properties.isDisjoint(with: [.space, .control, .reorders, .composes, .unstable]) { return index }
            }
            index -= 1
        }
        return 0
    }
}
