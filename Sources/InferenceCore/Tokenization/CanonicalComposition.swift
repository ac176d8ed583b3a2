/// Normalization form C (Unicode Standard Annex 15), with the tables of the reference library: marks newer than
/// Unicode 9 are neither reordered nor composed.
enum CanonicalComposition {
    /// The text in NFC, or `nil` if it is that already.
    static func normalize(_ text: UTF8Text) -> [UInt8]? {
        var position = 0
        while position < text.count {
            if text[position] < 0x80 {
                position += 1
                continue
            }
            let (scalar, width) = text.scalar(at: position)
            if !UnicodeProperties(of: scalar).isDisjoint(with: [.unstable, .composes, .reorders]) {
                return compose(text)
            }
            position += width
        }
        return nil
    }

    private static func compose(_ text: UTF8Text) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count + 16)
        var run = Run()
        var position = 0
        while position < text.count {
            let (scalar, width) = text.scalar(at: position)
            position += width
            let properties = UnicodeProperties(of: scalar)
            if properties.isDisjoint(with: [.unstable, .composes, .reorders]) {
                // A starter that composes with nothing before it begins a new run.
                run.flush(into: &output)
            }
            if properties.contains(.decomposes) {
                UnicodeMappings.decompose(scalar) { run.append($0, UnicodeProperties(of: $0)) }
            } else {
                run.append(scalar, properties)
            }
        }
        run.flush(into: &output)
        return output
    }

    /// Decomposed code points of which the later ones may be reordered and composed with the earlier ones.
    private struct Run {
        private var scalars: [(value: UInt32, order: UInt8)] = []

        /// Appends a code point in canonical order: behind all marks of its own class or a lower one.
        mutating func append(_ scalar: UInt32, _ properties: UnicodeProperties) {
            guard properties.contains(.reorders) else { return scalars.append((scalar, 0)) }
            scalars.append((scalar, UnicodeMappings.combiningClass(scalar)))
            needsOrder = true
        }

        private var needsOrder = false

        mutating func flush(into output: inout [UInt8]) {
            if scalars.count == 1 {
                output.append(scalar: scalars[0].value)
            } else if !scalars.isEmpty {
                if needsOrder { CanonicalOrder.sort(&scalars) }
                compose()
                for scalar in scalars { output.append(scalar: scalar.value) }
            }
            scalars.removeAll(keepingCapacity: true)
            needsOrder = false
        }

        /// The canonical composition algorithm (Unicode Standard, definition D117), in place.
        private mutating func compose() {
            var count = 0
            var starter: Int?
            for (scalar, order) in scalars {
                if let starter {
                    let isBlocked = count > starter + 1 && scalars[count - 1].order >= order
                    if !isBlocked, let composed = UnicodeMappings.compose(scalars[starter].value, scalar) {
                        scalars[starter].value = composed
                        continue
                    }
                }
                if order == 0 { starter = count }
                scalars[count] = (scalar, order)
                count += 1
            }
            scalars.removeSubrange(count...)
        }
    }
}

/// The canonical ordering algorithm (Unicode Standard, definition D109).
enum CanonicalOrder {
    /// Sorts each run of marks (class other than 0) by class; marks of one class keep their order.
    static func sort(_ scalars: inout [(value: UInt32, order: UInt8)]) {
        var start = 0
        while start < scalars.count {
            if scalars[start].order == 0 {
                start += 1
                continue
            }
            let end = scalars[start...].firstIndex { $0.order == 0 } ?? scalars.count
            // Swift's sort is stable, though only its implementation says so: the index makes it certain.
            let sorted = scalars[start..<end].enumerated().sorted {
                ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
            }
            for (i, item) in sorted.enumerated() { scalars[start + i] = item.element }
            start = end
        }
    }
}
