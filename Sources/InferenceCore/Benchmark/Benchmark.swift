import CKernels

/// Rates of this machine and of a model's linear layers on it, measured while the caller waits.
///
/// For the `bench` command: what it takes through `EmbeddingEngine` says how fast, this says how fast it could be.
/// It has threads of its own, which sleep between measurements.
public final class Benchmark {
    private let model: EmbeddingModel
    private let adapter: Int?
    private let context: ComputeContext
    private let clock = ContinuousClock()
    private let input = FloatBuffer()
    private let output = FloatBuffer()
    private let memory: UnsafeMutableRawPointer
    private var nextLayer = 0

    /// How long one measurement lasts, at least.
    private static let span = Duration.milliseconds(30)
    /// Memory to read: far more than any cache holds.
    private static let memoryBytes = 256 << 20
    private static let readBytes = 1 << 20
    private static let fmaRounds = 20_000

    /// Starts `threads` threads.
    ///
    /// - Parameter task: whose adapter the linear layers carry; `nil`: the model's default.
    public init(_ model: EmbeddingModel, task: EmbeddingTask?, threads: Int) {
        self.model = model
        adapter = model.adapter(for: task)
        context = ComputeContext(pool: ComputePool(threadCount: threads))
        memory = .allocate(byteCount: Self.memoryBytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 1, count: Self.memoryBytes)
    }

    deinit {
        context.pool.stop()
        memory.deallocate()
    }

    /// Fused multiply-adds between registers on all threads, in FLOP/s: no arithmetic in float32 is faster.
    public func fmaPeak() -> Double {
        // Pieces short enough that a thread which starts late leaves its share to the others.
        let pieces = context.pool.threadCount * 64
        return rate {
            context.pool.run(pieces) { index, _ in
                var seed = Float(index)
                _ = ckernels_fma(Self.fmaRounds, &seed)
            }
            var seed: Float = 0
            return Double(ckernels_fma(1, &seed) * Self.fmaRounds * pieces)
        }
    }

    /// Memory read by all threads, in bytes/s.
    public func readBandwidth() -> Double {
        rate {
            context.pool.run(Self.memoryBytes / Self.readBytes) { index, _ in
                _ = ckernels_read(memory + index * Self.readBytes, Self.readBytes)
            }
            return Double(Self.memoryBytes)
        }
    }

    /// The model's widest linear layers with their low-rank updates, in FLOP/s.
    ///
    /// The layers of all blocks take turns, as they do in a forward pass: their weights come from memory and not from
    /// a cache that one layer fits.
    ///
    /// - Parameter rows: the rows of each product.
    public func linearRate(rows: Int) -> Double {
        let layers = model.backbone.widestLayers
        let cost = model.backbone.cost
        let width = cost.widest[0].inputs
        let x = input.rows(rows, width: width)
        for index in 0..<rows * x.stride { x.base[index] = Float(index % 17) / 17 - 0.5 }
        let outputs = layers[0].outputs.reduce(0, +)
        let y = output.rows(rows, width: outputs)
        let segments = [AdapterSegment(rows: 0..<rows, adapter: adapter)]
        let operations = Double(rows) * cost.widestOperations(adapter: adapter)
        return rate {
            layers[nextLayer % layers.count].apply(x, segments: segments, to: y, .replace, in: context)
            nextLayer += 1
            return operations
        }
    }

    /// The floating-point operations that inputs of these lengths in tokens need, the adapter's included and what
    /// need not be computed left out.
    public func operations(lengths: [Int]) -> Double {
        model.backbone.cost.operations(lengths: lengths, adapter: adapter)
    }

    /// Repeats `body`, which returns how much work it did, and returns work per second.
    private func rate(_ body: () -> Double) -> Double {
        var work = 0.0
        let start = clock.now
        repeat { work += body() } while clock.now - start < Self.span
        return work / ((clock.now - start) / .seconds(1))
    }
}
