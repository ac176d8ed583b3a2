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
        let rows = 3
        let x = random.floats(rows * width), residual = random.floats(rows * width)
        let weight = random.floats(width), bias = random.floats(width)
        for withResidual in [false, true] {
            var output = [Float](repeating: .nan, count: rows * width)
            if withResidual {
                variant.table.layer_norm(x, residual, weight, bias, 1e-3, &output, rows, width)
            } else {
                variant.table.layer_norm(x, nil, weight, bias, 1e-3, &output, rows, width)
            }
            var expected: [Double] = []
            for row in 0..<rows {
                let line = (0..<width).map {
                    Double(x[row * width + $0]) + (withResidual ? Double(residual[row * width + $0]) : 0)
                }
                let mean = line.reduce(0, +) / Double(width)
                let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
                expected += (0..<width).map {
                    (line[$0] - mean) / (variance + 1e-3).squareRoot() * Double(weight[$0]) + Double(bias[$0])
                }
            }
            expectClose(output, expected, within: 2e-5)
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

    @Test(
        "matrix product, fresh and accumulated",
        arguments: variants,
        [(1, 1, 1), (3, 33, 5), (4, 32, 64), (7, 50, 17), (64, 128, 64)]
    )
    func matmul(_ variant: Variant, shape: (m: Int, n: Int, k: Int)) {
        var random = SplitMix(seed: 9)
        let (m, n, k) = shape
        let lda = k + 3, ldb = n + 1, ldc = n + 2
        let a = random.floats(m * lda), b = random.floats(k * ldb), start = random.floats(m * ldc)
        for accumulate in [false, true] {
            var c = start
            variant.table.matmul(a, lda, b, ldb, &c, ldc, m, n, k, accumulate ? 1 : 0)
            var expected = start.map(Double.init)
            for i in 0..<m {
                for j in 0..<n {
                    let product = (0..<k).reduce(0.0) { $0 + Double(a[i * lda + $1]) * Double(b[$1 * ldb + j]) }
                    expected[i * ldc + j] = product + (accumulate ? Double(start[i * ldc + j]) : 0)
                }
            }
            expectClose(c, expected, within: 1e-5)
        }
    }

    @Test("a product's row is the same bits whatever rows are beside it", arguments: variants)
    func matmulInvariance(_ variant: Variant) {
        var random = SplitMix(seed: 10)
        let m = 11, n = 40, k = 70
        let a = random.floats(m * k), b = random.floats(k * n)
        var together = [Float](repeating: 0, count: m * n)
        variant.table.matmul(a, k, b, n, &together, n, m, n, k, 0)
        for row in 0..<m {
            var alone = [Float](repeating: 0, count: n)
            variant.table.matmul(Array(a[row * k..<(row + 1) * k]), k, b, n, &alone, n, 1, n, k, 0)
            #expect(alone == Array(together[row * n..<(row + 1) * n]))
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

    @Test("transposition scales", arguments: variants, [(1, 1), (5, 40), (128, 64), (33, 17)])
    func transpose(_ variant: Variant, shape: (rows: Int, columns: Int)) {
        let (rows, columns) = shape
        let input = (0..<rows * columns).map(Float.init)
        var output = [Float](repeating: 0, count: rows * columns)
        variant.table.transpose(input, columns, &output, rows, rows, columns, 2)
        for row in 0..<rows {
            for column in 0..<columns { #expect(output[column * rows + row] == 2 * input[row * columns + column]) }
        }
    }
}
