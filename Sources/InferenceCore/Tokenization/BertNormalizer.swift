/// The text preparation of BERT ("BasicTokenizer" in google-research/bert, tokenization.py).
struct BertNormalizer: Sendable, Equatable {
    /// Drop control characters and turn all white space into spaces.
    var cleansText = true
    /// Set CJK ideographs apart with spaces.
    var separatesIdeographs = true
    /// Decompose canonically and drop nonspacing marks.
    var stripsAccents = true
    /// Fold to lower case.
    var lowercases = true

    /// The prepared text.
    func normalize(_ text: UTF8Text) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count + text.count / 8 + 16)
        var marks = Marks()
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte < 0x80 {
                position += 1
                appendASCII(byte, &marks, to: &output)
                continue
            }
            let (scalar, width) = text.scalar(at: position)
            position += width
            append(scalar, UnicodeProperties(of: scalar), &marks, to: &output)
        }
        flush(&marks, into: &output)
        return output
    }

    @inline(__always)
    private func appendASCII(_ byte: UInt8, _ marks: inout Marks, to output: inout [UInt8]) {
        let isControl = byte < 0x20 || byte == 0x7F
        let isSpace = byte == 0x09 || byte == 0x0A || byte == 0x0D
        // What is dropped does not part the marks around it.
        if cleansText, isControl, !isSpace { return }
        if marks.isPending { flush(&marks, into: &output) }
        if cleansText, isSpace { return output.append(0x20) }
        output.append(lowercases && byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
    }

    private func append(
        _ scalar: UInt32,
        _ properties: UnicodeProperties,
        _ marks: inout Marks,
        to output: inout [UInt8]
    ) {
        if cleansText {
            if properties.contains(.control) { return }
            if properties.contains(.space) {
                flush(&marks, into: &output)
                return output.append(0x20)
            }
        }
        let isSetApart = separatesIdeographs && properties.contains(.ideograph)
        if isSetApart {
            flush(&marks, into: &output)
            output.append(0x20)
        }
        if !stripsAccents {
            fold(scalar, properties, into: &output)
        } else if properties.contains(.decomposes) {
            UnicodeMappings.decompose(scalar) { stripAccent($0, UnicodeProperties(of: $0), &marks, into: &output) }
        } else {
            stripAccent(scalar, properties, &marks, into: &output)
        }
        if isSetApart { output.append(0x20) }
    }

    /// Marks that stay although accents are stripped (those that take up space) still change places with others.
    private struct Marks {
        var scalars: [(value: UInt32, order: UInt8)] = []
        var isPending: Bool { !scalars.isEmpty }
    }

    private func stripAccent(
        _ scalar: UInt32,
        _ properties: UnicodeProperties,
        _ marks: inout Marks,
        into output: inout [UInt8]
    ) {
        if properties.contains(.reorders) {
            if !properties.contains(.nonspacingMark) {
                marks.scalars.append((scalar, UnicodeMappings.combiningClass(scalar)))
            }
            return
        }
        if marks.isPending { flush(&marks, into: &output) }
        if !properties.contains(.nonspacingMark) { fold(scalar, properties, into: &output) }
    }

    private func flush(_ marks: inout Marks, into output: inout [UInt8]) {
        guard marks.isPending else { return }
        CanonicalOrder.sort(&marks.scalars)
        for mark in marks.scalars { fold(mark.value, UnicodeProperties(of: mark.value), into: &output) }
        marks.scalars.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private func fold(_ scalar: UInt32, _ properties: UnicodeProperties, into output: inout [UInt8]) {
        if lowercases, properties.contains(.cased) {
            UnicodeMappings.lowercase(scalar) { output.append(scalar: $0) }
        } else {
            output.append(scalar: scalar)
        }
    }
}
