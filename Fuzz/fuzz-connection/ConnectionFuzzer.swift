@testable import HTTPCore

// The connection's state machine: no octets and no order of events break its promises.

/// Gives out the octets of an input as random numbers, and zeros after them.
struct InputGenerator: RandomNumberGenerator {
    private var octets: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) {
        self.octets = octets
    }

    mutating func next() -> UInt64 {
        // One octet decides about one choice: what is drawn comes from the highest bits. The others are set, since a number
        // that is zero below is drawn again and again.
        UInt64(octets.popFirst() ?? 0) << 56 | UInt64.max >> 8
    }
}

/// Called by libFuzzer: the first two octets say how much of the input is what the client sends, the rest is the schedule.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard octets.count > 2 else { return 0 }
    let length = min(Int(octets[0]) << 8 | Int(octets[1]), octets.count - 2)
    let script = Array(octets[2..<(2 + length)])
    let state = ConnectionState(limits: ConnectionLimits(), isReserved: octets[1] & 1 == 1)
    var simulation = ConnectionSimulation(
        SoundConnection(state: state),
        budget: MemoryBudget(limit: 20_000),
        script: script,
        generator: InputGenerator(octets[(2 + length)...])
    )
    simulation.run(steps: octets.count - 2 - length)
    precondition(simulation.broken.isEmpty, "\(simulation.broken)")
    return 0
}
