import CKernels
import Glibc
import Testing

/// Every kernel variant this CPU can run, against the arithmetic written down plainly in float64.
@Suite struct KernelTests {
    /// Widths around the vector sizes of all variants.
    static let widths = [1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100, 384]

    static let variants: [Variant] = {
        var tables = [UnsafePointer<ckernels>?](repeating: nil, count: 8)
        let count = ckernels_available(&tables, tables.count)
        return tables.prefix(count).compactMap { $0 }.map { Variant(table: $0.pointee) }
    }()

    // SAFETY: a table of function pointers that is never written.
    struct Variant: CustomTestStringConvertible, @unchecked Sendable {
        let table: ckernels
        var testDescription: String { String(cString: table.name) }
    }

    private func expectClose(
        _ values: [Float],
        _ expected: [Double],
        within tolerance: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let worst = zip(values, expected).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? 0
        #expect(worst <= tolerance, sourceLocation: sourceLocation)
        #expect(values.count == expected.count, sourceLocation: sourceLocation)
    }

    @Test("there is a portable variant, and the best one is the last")
    func choice() {
        #expect(Self.variants.first?.testDescription == "portable")
        #expect(Self.variants.last?.testDescription == String(cString: ckernels_best().pointee.name))
    }

    @Test("bfloat16 widens exactly", arguments: variants)
    func widenBF16(_ variant: Variant) {
        let input = (0...UInt16.max).map { $0 }
        var output = [Float](repeating: 0, count: input.count)
        variant.table.widen_bf16(input, &output, input.count)
        #expect(zip(input, output).allSatisfy { UInt32($0) << 16 == $1.bitPattern })
    }

    @Test("half widens exactly", arguments: variants)
    func widenF16(_ variant: Variant) {
        // Every finite half and both infinities: sign, exponent and fraction taken apart by hand (IEEE 754).
        let input = (0...UInt16.max).filter { $0 & 0x7FFF <= 0x7C00 }
        var output = [Float](repeating: 0, count: input.count)
        variant.table.widen_f16(input, &output, input.count)
        for (bits, value) in zip(input, output) {
            let fraction = Double(bits & 0x3FF), exponent = Int(bits >> 10 & 31)
            let magnitude =
                switch exponent {
                case 0: fraction * 0x1p-24
                case 31: Double.infinity
                default: (1024 + fraction) * exp2(Double(exponent - 25))
                }
            #expect(Double(value) == (bits >> 15 == 1 ? -magnitude : magnitude))
        }
    }

    @Test("add, scale and dot", arguments: variants, widths)
    func vectors(_ variant: Variant, width: Int) {
        var random = SplitMix(seed: UInt64(width))
        let x = random.floats(width), y = random.floats(width)
        var sum = x
        variant.table.add(&sum, y, width)
        expectClose(sum, zip(x, y).map { Double($0) + Double($1) }, within: 1e-7)
        var scaled = x
        variant.table.scale(&scaled, 0.3, width)
        expectClose(scaled, x.map { Double($0) * Double(Float(0.3)) }, within: 1e-7)
        let dot = variant.table.dot(x, y, width)
        expectClose([dot], [zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }], within: 1e-5)
    }

    @Test("layer normalisation, with and without residual", arguments: variants, widths)
    func layerNorm(_ variant: Variant, width: Int) {
        var random = SplitMix(seed: UInt64(width))
        let (rows, stride) = (3, width + 5)
        let x = random.floats(rows * stride), residual = random.floats(rows * stride)
        let weight = random.floats(width), bias = random.floats(width)
        for withResidual in [false, true] {
            var output = [Float](repeating: .nan, count: rows * stride)
            if withResidual {
                variant.table.layer_norm(x, residual, stride, weight, bias, 1e-3, &output, rows, width)
            } else {
                variant.table.layer_norm(x, nil, stride, weight, bias, 1e-3, &output, rows, width)
            }
            var expected: [Double] = []
            for row in 0..<rows {
                let line = (0..<width).map {
                    Double(x[row * stride + $0]) + (withResidual ? Double(residual[row * stride + $0]) : 0)
                }
                let mean = line.reduce(0, +) / Double(width)
                let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
                expected += (0..<width).map {
                    (line[$0] - mean) / (variance + 1e-3).squareRoot() * Double(weight[$0]) + Double(bias[$0])
                }
            }
            let written = (0..<rows).flatMap { output[$0 * stride..<$0 * stride + width] }
            expectClose(written, expected, within: 2e-5)
            #expect(output.filter(\.isNaN).count == rows * (stride - width), "nothing is written between rows")
        }
    }

    @Test("RMS normalisation of strided rows", arguments: variants, widths)
    func rmsNorm(_ variant: Variant, width: Int) {
        var random = SplitMix(seed: UInt64(width))
        let rows = 3, stride = width + 5
        let x = random.floats(rows * stride), weight = random.floats(width)
        var output = [Float](repeating: 0, count: rows * width)
        variant.table.rms_norm(x, stride, weight, 1e-6, &output, width, rows, width)
        let expected = (0..<rows).flatMap { row -> [Double] in
            let line = (0..<width).map { Double(x[row * stride + $0]) }
            let mean = line.reduce(0) { $0 + $1 * $1 } / Double(width)
            return (0..<width).map { Double(weight[$0]) * line[$0] / (mean + 1e-6).squareRoot() }
        }
        expectClose(output, expected, within: 1e-5)
    }

    @Test("GELU with bias, from -12 to 12", arguments: variants)
    func gelu(_ variant: Variant) {
        let x = stride(from: Float(-12), through: 12, by: 0.0037).map { $0 }
        let bias = [Float](repeating: 0.25, count: x.count)
        var output = x
        variant.table.bias_gelu(&output, x.count, bias, 1, x.count)
        expectClose(
            output,
            x.map { v in
                let v = Double(v + 0.25)
                return v / 2 * erfc(-v / 2.0.squareRoot())
            },
            within: 5e-7
        )
    }

    @Test("SwiGLU, also where exp overflows or vanishes", arguments: variants)
    func swiglu(_ variant: Variant) {
        let gate: [Float] = [-1000, -100, -88, -20, -1, -1e-6, 0, 1e-6, 0.5, 1, 20, 88, 100, 1000, 3, -3, 7]
        var random = SplitMix(seed: 3)
        let up = random.floats(gate.count)
        var output = [Float](repeating: .nan, count: gate.count)
        variant.table.swiglu(gate, up, gate.count, &output, gate.count, 1, gate.count)
        expectClose(output, zip(gate, up).map { Double($0) / (1 + exp(-Double($0))) * Double($1) }, within: 1e-6)
    }

    @Test("rotary embedding turns pairs of halves", arguments: variants, [1, 4, 16, 17, 32])
    func rotate(_ variant: Variant, half: Int) {
        var random = SplitMix(seed: UInt64(half))
        let x = random.floats(2 * half)
        let angles = random.floats(half).map { $0 * 3 }
        var output = x
        variant.table.rotate(&output, angles.map(cosf), angles.map(sinf), half)
        let low = (0..<half).map {
            Double(x[$0]) * cos(Double(angles[$0])) - Double(x[$0 + half]) * sin(Double(angles[$0]))
        }
        let high = (0..<half).map {
            Double(x[$0 + half]) * cos(Double(angles[$0])) + Double(x[$0]) * sin(Double(angles[$0]))
        }
        expectClose(output, low + high, within: 1e-6)
    }

    /// A random product in both weight types: weights are exact in bfloat16.
    private struct Product {
        let rows: Int, columns: Int, k: Int
        let a: [Float], weights: [Float]
        var bfloat16: [UInt16] { weights.map { UInt16($0.bitPattern >> 16) } }

        init(_ rows: Int, _ columns: Int, _ k: Int, seed: UInt64 = 9) {
            var random = SplitMix(seed: seed)
            (self.rows, self.columns, self.k) = (rows, columns, k)
            a = random.floats(rows * k)
            weights = random.floats(columns * k).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
        }

        /// The rows, `k + 3` values apart.
        var spacedRows: [Float] {
            (0..<rows).flatMap { Array(a[$0 * k..<($0 + 1) * k]) + [Float](repeating: .nan, count: 3) }
        }

        func packedPanel(_ table: ckernels) -> (bfloat16: [UInt16], float32: [Float]) {
            var halves = [UInt16](repeating: 0xFFFF, count: table.panel_columns * k)
            table.pack_panel_bf16(bfloat16, k, columns, k, &halves)
            var floats = [Float](repeating: .nan, count: table.panel_columns * k)
            table.pack_panel_f32(weights, k, columns, k, &floats)
            return (halves, floats)
        }

        /// Element (row, column) in float64.
        func element(_ row: Int, _ column: Int) -> Double {
            (0..<k).reduce(0) { $0 + Double(a[row * k + $1]) * Double(weights[column * k + $1]) }
        }
    }

    /// A tile's shape, and how to run it over arrays.
    private struct Tile {
        let rows: Int, columns: Int, k: Int, k2: Int, ldc: Int, accumulate: Bool

        init(_ rows: Int, _ columns: Int, _ k: Int, k2: Int = 0, ldc: Int, accumulate: Bool = false) {
            (self.rows, self.columns, self.k, self.k2) = (rows, columns, k, k2)
            (self.ldc, self.accumulate) = (ldc, accumulate)
        }

        func run<Weight>(
            _ kernel: (UnsafePointer<ckernels_tile>) -> Void,
            _ a: [Float],
            _ b: [Weight],
            _ a2: [Float] = [],
            _ b2: [Weight] = [],
            into c: inout [Float]
        ) {
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBytes { b in
                    a2.withUnsafeBufferPointer { a2 in
                        b2.withUnsafeBytes { b2 in
                            c.withUnsafeMutableBufferPointer { c in
                                var tile = ckernels_tile()
                                (tile.rows, tile.columns, tile.k, tile.k2) = (rows, columns, k, k2)
                                (tile.lda, tile.lda2) = (k + 3, k2 + 3)
                                (tile.a, tile.b, tile.a2, tile.b2) =
                                    (a.baseAddress, b.baseAddress, a2.baseAddress, b2.baseAddress)
                                (tile.c, tile.ldc, tile.accumulate) = (c.baseAddress, ldc, accumulate ? 1 : 0)
                                (tile.ahead, tile.ahead_step) = (b.baseAddress, 64)
                                kernel(&tile)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(
        "tiles of every size, in both weight types, fresh and accumulated, with and without a second sum",
        arguments: variants
    )
    func tiles(_ variant: Variant) {
        let table = variant.table
        let ldc = table.panel_columns + 3
        for rows in 1...table.block_rows {
            for columns in [1, table.panel_columns / 2, table.panel_columns - 1, table.panel_columns] {
                let first = Product(rows, columns, 37), second = Product(rows, columns, 8, seed: 10)
                let panel = first.packedPanel(table), panel2 = second.packedPanel(table)
                var random = SplitMix(seed: 11)
                let start = random.floats(rows * ldc)
                for (accumulate, k2) in [(false, 0), (true, 0), (false, 8), (true, 8)] {
                    var expected = start.map(Double.init)
                    for row in 0..<rows {
                        for column in 0..<columns {
                            expected[row * ldc + column] =
                                (accumulate ? Double(start[row * ldc + column]) : 0) + first.element(row, column)
                                + (k2 > 0 ? second.element(row, column) : 0)
                        }
                    }
                    var c = start
                    let tile = Tile(rows, columns, 37, k2: k2, ldc: ldc, accumulate: accumulate)
                    tile.run(
                        table.tile_bf16,
                        first.spacedRows,
                        panel.bfloat16,
                        second.spacedRows,
                        panel2.bfloat16,
                        into: &c
                    )
                    expectClose(c, expected, within: 1e-5)
                    c = start
                    tile.run(
                        table.tile_f32,
                        first.spacedRows,
                        panel.float32,
                        second.spacedRows,
                        panel2.float32,
                        into: &c
                    )
                    expectClose(c, expected, within: 1e-5)
                }
            }
        }
    }

    @Test("a row of a tile is the same bits alone, among others, and in both weight types", arguments: variants)
    func tileInvariance(_ variant: Variant) {
        let table = variant.table
        let width = table.panel_columns
        let product = Product(table.block_rows, width, 70)
        let panel = product.packedPanel(table)
        var together = [Float](repeating: 0, count: product.rows * width)
        Tile(product.rows, width, product.k, ldc: width)
            .run(table.tile_bf16, product.spacedRows, panel.bfloat16, into: &together)
        for row in 0..<product.rows {
            var alone = [Float](repeating: 0, count: width)
            Tile(1, width, product.k, ldc: width)
                .run(table.tile_f32, Array(product.a[(row * product.k)...]), panel.float32, into: &alone)
            #expect(alone == Array(together[row * width..<(row + 1) * width]))
        }
    }

    @Test("online softmax in pieces equals softmax at once", arguments: variants, widths)
    func softmax(_ variant: Variant, width: Int) {
        var random = SplitMix(seed: UInt64(width))
        let scores = random.floats(3 * width).map { $0 * 30 }
        var maximum = -Float.greatestFiniteMagnitude
        var sum: Float = 0
        var weights: [Float] = []
        for part in 0..<3 {
            var piece = Array(scores[part * width..<(part + 1) * width])
            if part == 1 { piece[width - 1] = -.infinity }
            let correction = variant.table.softmax_step(&piece, width, &maximum, &sum)
            weights = weights.map { $0 * correction } + piece
        }
        var visible = scores.map(Double.init)
        visible[2 * width - 1] = -.infinity
        let top = visible.max()!
        let total = visible.reduce(0) { $0 + exp($1 - top) }
        expectClose(weights.map { $0 / sum }, visible.map { exp($0 - top) / total }, within: 1e-6)
    }

    @Test("softmax gives the same bits however many hidden scores follow, which get nothing", arguments: variants)
    func hiddenScores(_ variant: Variant) {
        var random = SplitMix(seed: 31)
        for count in 1...70 {
            let scores = random.floats(count).map { $0 * 30 }
            func step(_ scores: inout [Float], _ maximum: inout Float, _ sum: inout Float) -> Float {
                variant.table.softmax_step(&scores, scores.count, &maximum, &sum)
            }
            var alone = scores, padded = scores + [Float](repeating: -.infinity, count: 128 - count)
            var (maximum, sum) = (-Float.greatestFiniteMagnitude, Float(0)), (other, total) = (maximum, sum)
            let corrections = (step(&alone, &maximum, &sum), step(&padded, &other, &total))
            #expect(corrections.0 == corrections.1 && maximum == other && sum == total)
            #expect(alone == Array(padded[..<count]))
            #expect(padded[count...].allSatisfy { $0 == 0 })
            var hidden = [Float](repeating: -.infinity, count: count)
            #expect(step(&hidden, &maximum, &sum) == 1 && sum == total)
            #expect(hidden.allSatisfy { $0 == 0 })
            let place = count / 2
            var broken = scores
            broken[place] = .nan
            (maximum, sum) = (-Float.greatestFiniteMagnitude, 0)
            _ = step(&broken, &maximum, &sum)
            #expect(broken[place].isNaN && sum.isNaN, "\(count) scores")
        }
    }
}
