import CKernels
import Glibc

/// How a tensor's values are stored, by safetensors' names.
enum TensorType: String, Sendable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Octets of one value.
    var byteCount: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// Whether weights may be stored so.
    var isFloatingPoint: Bool { self == .float32 || self == .bfloat16 || self == .float16 }
}

/// A tensor inside a mapped checkpoint: no copy, row-major.
struct Tensor: Sendable {
    /// How the values are stored.
    let type: TensorType
    /// The extents, outermost first.
    let shape: [Int]
    /// Octets of all values.
    var byteCount: Int { bytes.count }
    /// The number of values.
    var count: Int { bytes.count / type.byteCount }

    // SAFETY: points into `owner`'s read-only mapping, which `owner` keeps alive.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let owner: MappedFile

    init(type: TensorType, shape: [Int], bytes: UnsafeRawBufferPointer, owner: MappedFile) {
        self.type = type
        self.shape = shape
        self.bytes = bytes
        self.owner = owner
    }

    /// Widens `count` values from index `start` to float32.
    ///
    /// Exact: every stored value is a float32. The tensor must be of floating-point type, which `SafetensorsFile.tensor(_:shape:)` has checked.
    func widen(from start: Int, count: Int, into output: UnsafeMutablePointer<Float>) {
        precondition(start >= 0 && count >= 0 && start + count <= self.count, "outside the tensor")
        guard count > 0, let base = bytes.baseAddress else { return }
        let source = base + start * type.byteCount
        switch type {
        case .float32: UnsafeMutableRawPointer(output).copyMemory(from: source, byteCount: count * 4)
        case .bfloat16: Kernels.best.widen_bf16(source.assumingMemoryBound(to: UInt16.self), output, count)
        case .float16: Kernels.best.widen_f16(source.assumingMemoryBound(to: UInt16.self), output, count)
        default: preconditionFailure("a tensor of \(type.rawValue) holds no weights")
        }
    }

    /// All values as float32.
    func widened() -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { widen(from: 0, count: count, into: base) }
            initialized = count
        }
    }
}

extension Tensor {
    /// The values as they lie in the file, if they are float32 at an address where floats may lie.
    ///
    /// The format does not promise alignment: a header of odd length shifts everything behind it.
    var alignedFloats: UnsafePointer<Float>? {
        guard type == .float32, let base = bytes.baseAddress,
            Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0
        else { return nil }
        return base.assumingMemoryBound(to: Float.self)
    }

    /// Lets the kernel drop the tensor's pages from memory, because its values have been copied.
    ///
    /// They can still be read.
    func releasePages() {
        let page = sysconf(Int32(_SC_PAGESIZE))
        guard page > 0, let base = bytes.baseAddress else { return }
        // Whole pages only: those at the ends hold other tensors too.
        let begin = (Int(bitPattern: base) + page - 1) / page * page
        let end = (Int(bitPattern: base) + bytes.count) / page * page
        if begin < end { madvise(UnsafeMutableRawPointer(bitPattern: begin), end - begin, MADV_DONTNEED) }
    }
}
