import Foundation
import HTTPTypes
import Testing

@testable import HTTPCore

/// Random schedules against every promise of a connection, and planted faults against the schedules.
///
/// `CONNECTION_SCHEDULES=1000000 swift test --filter ConnectionPropertyTests` looks longer.
@Suite(.timeLimit(.minutes(10))) struct ConnectionPropertyTests {
    static let schedules =
        ProcessInfo.processInfo.environment["CONNECTION_SCHEDULES"].flatMap { UInt64($0) } ?? 10_000
    static let parts: UInt64 = 8

    @Test(arguments: 0..<parts)
    func noRandomScheduleBreaksAPromise(part: UInt64) async {
        for seed in stride(from: part, to: Self.schedules, by: Int(Self.parts)) {
            await Task.yield()  // other tests share the threads
            let broken = Self.run(seed: seed) { SoundConnection(state: $0) }
            #expect(broken.isEmpty, "seed \(seed)")
            guard broken.isEmpty else { return }
        }
    }

    @Test(arguments: FaultyConnection.Fault.allCases)
    func aPlantedFaultIsCaught(fault: FaultyConnection.Fault) async {
        for seed in 0..<UInt64(2_000) {
            await Task.yield()
            let broken = Self.run(seed: seed) { FaultyConnection($0, fault) }
            if broken[fault.breaks] != nil { return }
        }
        Issue.record("\(fault) does not show in 2,000 schedules")
    }

    @Test func aRequestThatHasComeOutlivesTheEvictionOfItsConnection() {
        var state = ConnectionState(limits: ConnectionLimits(), isReserved: false)
        let now = ContinuousClock.now
        state.received(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span, now: now)
        guard case .judge? = state.next() else { return #expect(Bool(false), "no head") }
        let handler: Handler = { _ in Response(status: .ok) }
        let request = Request(head: .init(method: .get, scheme: "http", authority: "a", path: "/"), path: "/")
        state.admit(Verdict(request: request, plan: .handle(handler), bodyLimit: 0), now: now)
        guard case .handle? = state.next() else { return #expect(Bool(false), "no handler") }
        state.evict(now: now)
        #expect(state.phase == .handling && state.next() == nil)
        #expect(state.closesAfterAnswer)
    }

    private static func run<Connection: ConnectionUnderTest>(
        seed: UInt64,
        _ make: (ConnectionState) -> Connection
    ) -> [ConnectionPromise: String] {
        var generator = SplitMix(seed: seed)
        let script = ClientScript.draw(using: &generator)
        let state = ConnectionState(limits: ConnectionLimits(), isReserved: seed % 7 == 0)
        var simulation = ConnectionSimulation(
            make(state),
            budget: MemoryBudget(limit: 20_000),
            script: script,
            generator: generator
        )
        simulation.run(steps: 120)
        return simulation.broken
    }
}
