import CKernels
import Dispatch

/// A weight matrix `[outputs, inputs]` laid out for the tile kernels: panels of some columns of Wᵀ, one after the other.
///
/// bfloat16 stays bfloat16, which loses nothing and halves the memory to read; other types become float32.
final class PackedWeights: Sendable {
    /// Rows of W.
    let outputs: Int
    /// Columns of W.
    let inputs: Int
    /// Whether values are stored as bfloat16.
    let isBFloat16: Bool
    /// The number of panels; the last may have fewer columns of W than it has room for.
    let panelCount: Int

    private static let panelColumns = Kernels.best.panel_columns
    // SAFETY: written in `init` only, before anyone else has the object.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    /// What `base` points into.
    private let memory: WeightMemory
    /// Bytes of a panel; the next one follows.
    let panelBytes: Int

    /// Packs W on all CPUs.
    ///
    /// - Parameters:
    ///   - keepBFloat16: whether bfloat16 may stay; false where another operand of the same tile is not.
    ///   - memory: where to.
    init(_ weight: Tensor, keepBFloat16: Bool, in memory: WeightMemory) {
        outputs = weight.shape[0]
        inputs = weight.shape[1]
        isBFloat16 = keepBFloat16 && weight.type == .bfloat16
        panelCount = (outputs + Self.panelColumns - 1) / Self.panelColumns
        panelBytes = inputs * Self.panelColumns * (isBFloat16 ? 2 : 4)
        base = memory.allocate(byteCount: panelCount * panelBytes)
        self.memory = memory
        DispatchQueue.concurrentPerform(iterations: panelCount) { pack(weight, panel: $0) }
        weight.releasePages()
    }

    /// The first value of a panel.
    func panel(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(base + index * panelBytes) }

    /// The columns of the output that a panel gives.
    func columns(_ panel: Int) -> Range<Int> {
        panel * Self.panelColumns..<min((panel + 1) * Self.panelColumns, outputs)
    }

    /// Computes a tile whose panels are of this type.
    func multiply(_ tile: inout ckernels_tile) {
        if isBFloat16 { Kernels.best.tile_bf16(&tile) } else { Kernels.best.tile_f32(&tile) }
    }

    private func pack(_ weight: Tensor, panel: Int) {
        let rows = columns(panel)
        let target = base + panel * panelBytes
        if isBFloat16, let source = weight.bytes.baseAddress {
            let first = source.assumingMemoryBound(to: UInt16.self) + rows.lowerBound * inputs
            Kernels.best.pack_panel_bf16(
                first,
                inputs,
                rows.count,
                inputs,
                target.assumingMemoryBound(to: UInt16.self)
            )
            return
        }
        let widened = UnsafeMutablePointer<Float>.allocate(capacity: rows.count * inputs)
        defer { widened.deallocate() }
        weight.widen(from: rows.lowerBound * inputs, count: rows.count * inputs, into: widened)
        Kernels.best.pack_panel_f32(
            widened,
            inputs,
            rows.count,
            inputs,
            target.assumingMemoryBound(to: Float.self)
        )
    }
}
