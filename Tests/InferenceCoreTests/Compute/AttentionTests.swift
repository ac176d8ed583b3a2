import Glibc
import Testing

@testable import InferenceCore

@Suite struct AttentionTests {
    struct Shape: CustomTestStringConvertible {
        var heads = 2
        var keyValueHeads = 2
        var headSize = 16
        var causal = false
        var lengths = [5]
        var testDescription: String { "\(heads)/\(keyValueHeads) heads of \(headSize), causal \(causal), \(lengths)" }
        var attention: Attention {
            Attention(heads: heads, keyValueHeads: keyValueHeads, headSize: headSize, causal: causal)
        }
        var stride: Int { (heads + 2 * keyValueHeads) * headSize }
        var sequences: [Range<Int>] {
            var start = 0
            return lengths.map { length in
                defer { start += length }
                return start..<start + length
            }
        }
    }

    static let shapes = [
        Shape(), Shape(lengths: [1]), Shape(lengths: [1, 7, 64, 65, 200]),
        Shape(causal: true, lengths: [1, 63, 130, 257]),
        Shape(heads: 4, keyValueHeads: 2, headSize: 32, causal: true, lengths: [140, 3]),
        Shape(heads: 4, keyValueHeads: 1, headSize: 10, lengths: [129]),
    ]

    private func inputs(_ shape: Shape) -> [Float] {
        var random = SplitMix(seed: 77)
        return random.floats(shape.lengths.reduce(0, +) * shape.stride).map { $0 * 3 }
    }

    private func run(_ shape: Shape, _ x: [Float], threads: Int = 2, chunk: Int = .max) -> [Float] {
        let pool = ComputePool(threadCount: threads)
        defer { pool.stop() }
        let context = ComputeContext(pool: pool)
        let width = shape.heads * shape.headSize
        let tokens = shape.lengths.reduce(0, +)
        var x = x
        var output = [Float](repeating: .nan, count: tokens * width)
        x.withUnsafeMutableBufferPointer { x in
            output.withUnsafeMutableBufferPointer { output in
                let rows = Rows(base: x.baseAddress!, stride: shape.stride)
                let memory = memory(rows, shape, chunk: chunk, in: context)
                let result = Rows(base: output.baseAddress!, stride: width)
                for begin in stride(from: 0, to: tokens, by: min(chunk, tokens)) {
                    let isComplete = shape.attention.apply(
                        rows.from(begin),
                        memory,
                        sequences: shape.sequences,
                        tokens: begin..<begin + min(chunk, tokens - begin),
                        to: result.from(begin),
                        in: context,
                        yield: { true }
                    )
                    #expect(isComplete)
                }
            }
        }
        return output
    }

    private func memory(
        _ rows: Rows,
        _ shape: Shape,
        chunk: Int = .max,
        in context: ComputeContext
    ) -> PackedKeysAndValues {
        let memory = PackedKeysAndValues(
            heads: shape.keyValueHeads,
            headSize: shape.headSize,
            sequences: shape.sequences,
            in: context
        )
        let size = max(PackedKeysAndValues.panel, min(chunk, shape.lengths.reduce(0, +)))
        for chunk in PackedKeysAndValues.chunks(of: shape.sequences, size: size) {
            let keys = rows.from(chunk.lowerBound).column(shape.heads * shape.headSize)
            memory.pack(
                keys: keys,
                values: keys.column(shape.keyValueHeads * shape.headSize),
                tokens: chunk,
                in: context
            )
        }
        return memory
    }

    @Test("equals softmax(Q Kᵀ / √d) V written down plainly", arguments: shapes)
    func reference(_ shape: Shape) {
        let x = inputs(shape)
        let output = run(shape, x)
        let size = shape.headSize
        var worst = 0.0
        for sequence in shape.sequences {
            for head in 0..<shape.heads {
                let group = head / (shape.heads / shape.keyValueHeads)
                let key = (shape.heads + group) * size
                let value = (shape.heads + shape.keyValueHeads + group) * size
                for q in sequence {
                    let visible = shape.causal ? sequence.lowerBound..<q + 1 : sequence
                    let scores = visible.map { k in
                        (0..<size).reduce(0.0) {
                            $0 + Double(x[q * shape.stride + head * size + $1]) * Double(x[k * shape.stride + key + $1])
                        } / Double(size).squareRoot()
                    }
                    let weights = scores.map { exp($0 - scores.max()!) }
                    let sum = weights.reduce(0, +)
                    for d in 0..<size {
                        let expected = zip(visible, weights).reduce(0.0) {
                            $0 + $1.1 / sum * Double(x[$1.0 * shape.stride + value + d])
                        }
                        worst = max(worst, abs(expected - Double(output[(q * shape.heads + head) * size + d])))
                    }
                }
            }
        }
        #expect(worst < 1e-5)
    }

    @Test("a sequence gets the same bits alone as among others, on any number of threads", arguments: shapes)
    func invariance(_ shape: Shape) {
        let x = inputs(shape)
        let together = run(shape, x)
        let width = shape.heads * shape.headSize
        for sequence in shape.sequences {
            var alone = shape
            alone.lengths = [sequence.count]
            let part = Array(x[sequence.lowerBound * shape.stride..<sequence.upperBound * shape.stride])
            #expect(
                run(alone, part, threads: 1)
                    == Array(together[sequence.lowerBound * width..<sequence.upperBound * width])
            )
        }
    }

    @Test("chunks of queries get the same bits as all at once", arguments: shapes, [1, 10, 100])
    func chunks(_ shape: Shape, chunk: Int) {
        let x = inputs(shape)
        #expect(run(shape, x, chunk: chunk) == run(shape, x))
    }

    @Test("one query per sequence gets the same bits as all of them", arguments: shapes)
    func pruned(_ shape: Shape) {
        var x = inputs(shape)
        let all = run(shape, x)
        let width = shape.heads * shape.headSize
        let pool = ComputePool(threadCount: 2)
        defer { pool.stop() }
        let context = ComputeContext(pool: pool)
        let tokens = shape.sequences.map { $0.upperBound - 1 }
        var queries = tokens.flatMap { Array(x[$0 * shape.stride..<$0 * shape.stride + width]) }
        var output = [Float](repeating: .nan, count: tokens.count * width)
        x.withUnsafeMutableBufferPointer { x in
            queries.withUnsafeMutableBufferPointer { queries in
                output.withUnsafeMutableBufferPointer { output in
                    let memory = memory(Rows(base: x.baseAddress!, stride: shape.stride), shape, in: context)
                    shape.attention.apply(
                        Rows(base: queries.baseAddress!, stride: width),
                        memory,
                        sequences: shape.sequences,
                        singleTokens: tokens,
                        to: Rows(base: output.baseAddress!, stride: width),
                        in: context
                    )
                }
            }
        }
        for (row, token) in tokens.enumerated() {
            #expect(Array(output[row * width..<(row + 1) * width]) == Array(all[token * width..<(token + 1) * width]))
        }
    }

    @Test("chunks cover all tokens and cut between panels", arguments: [32, 50, 64, 1000], shapes)
    func chunkBoundaries(size: Int, _ shape: Shape) {
        let size = max(size, PackedKeysAndValues.panel)
        let chunks = PackedKeysAndValues.chunks(of: shape.sequences, size: size)
        #expect(chunks.flatMap { Array($0) } == Array(0..<shape.lengths.reduce(0, +)))
        for chunk in chunks {
            #expect(!chunk.isEmpty && chunk.count <= size)
            for sequence in shape.sequences where sequence.contains(chunk.lowerBound) {
                #expect((chunk.lowerBound - sequence.lowerBound) % PackedKeysAndValues.panel == 0)
            }
        }
    }
}
