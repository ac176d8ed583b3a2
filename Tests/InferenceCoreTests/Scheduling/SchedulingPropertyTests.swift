import Foundation
import Testing

@testable import InferenceCore

/// Random schedules against every promise of the scheduler, and planted faults against the schedules.
///
/// `SCHEDULES=100000 swift test --filter SchedulingPropertyTests` looks longer.
@Suite(.timeLimit(.minutes(10))) struct SchedulingPropertyTests {
    static let schedules = ProcessInfo.processInfo.environment["SCHEDULES"].flatMap { UInt64($0) } ?? 10_000
    static let parts: UInt64 = 8

    @Test("no random schedule breaks a promise", arguments: 0..<parts)
    func promises(part: UInt64) async {
        for seed in stride(from: part, to: Self.schedules, by: Int(Self.parts)) {
            await Task.yield()  // other tests share the threads
            let schedule = SimulatedSchedule(seed: seed)
            var simulation = Simulation(schedule, SchedulingPolicy(schedule.limits))
            simulation.run()
            #expect(simulation.broken.isEmpty, "seed \(seed)")
            let isClean = simulation.policy.isClean
            #expect(isClean || schedule.death != nil, "seed \(seed): something is left over")
            guard simulation.broken.isEmpty else { return }
        }
    }

    @Test("a planted fault is caught", arguments: FaultyPolicy.Fault.allCases)
    func faults(fault: FaultyPolicy.Fault) async {
        for seed in 0..<UInt64(500) {
            await Task.yield()
            let schedule = SimulatedSchedule(seed: seed)
            var simulation = Simulation(schedule, FaultyPolicy(schedule.limits, fault))
            simulation.run()
            if simulation.broken[fault.breaks] != nil {
                print("\(fault) breaks \(fault.breaks) with seed \(seed)")
                return
            }
        }
        Issue.record("\(fault) does not show in 500 schedules")
    }
}

extension SchedulingPolicy {
    /// Whether nothing is left over from what is over.
    fileprivate var isClean: Bool {
        requests.isEmpty && rows.isEmpty && shared.isEmpty && running.isEmpty
            && pendingInputs.values.allSatisfy { $0 == 0 } && queues.values.allSatisfy { $0.isEmpty }
    }
}
