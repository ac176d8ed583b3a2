import CKernels
import Glibc

/// Rotary position embedding (Su and others, 2021) in the halves layout of GPT-NeoX and Llama checkpoints.
struct RotaryEmbedding: Sendable {
    /// Half the size of a head: pairs (i, i + half) turn together.
    private let half: Int
    /// `[positions, half]` each.
    private let cosines: [Float]
    private let sines: [Float]

    /// Computes the angles of every position.
    ///
    /// The arithmetic is that of Hugging Face's float32 code, rounding for rounding: frequencies, then angles, then
    /// cosines and sines are float32. At position 30,000 an angle rounds by 0.002, so being more exact than upstream
    /// would be visibly different from it.
    init(headSize: Int, theta: Double, positions: Int) {
        let half = headSize / 2
        let frequencies = (0..<half).map { 1 / Float(pow(theta, Double(2 * $0) / Double(headSize))) }
        var cosines = [Float](repeating: 0, count: positions * half)
        var sines = cosines
        for position in 0..<positions {
            for (i, frequency) in frequencies.enumerated() {
                let angle = Float(position) * frequency
                cosines[position * half + i] = cosf(angle)
                sines[position * half + i] = sinf(angle)
            }
        }
        self.half = half
        self.cosines = cosines
        self.sines = sines
    }

    /// Turns `heads` heads, which lie next to each other, to a position.
    func apply(_ x: UnsafeMutablePointer<Float>, heads: Int, position: Int) {
        precondition(
            position >= 0 && (position + 1) * half <= cosines.count,
            "position \(position) is not in the table"
        )
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                guard let cosine = cosines.baseAddress, let sine = sines.baseAddress else { return }
                for head in 0..<heads {
                    Kernels.best.rotate(x + head * 2 * half, cosine + position * half, sine + position * half, half)
                }
            }
        }
    }
}
