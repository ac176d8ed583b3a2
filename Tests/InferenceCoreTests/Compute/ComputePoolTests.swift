import Glibc
import Synchronization
import Testing

@testable import InferenceCore

@Suite(.timeLimit(.minutes(1))) struct ComputePoolTests {
    @Test("every index is called once, by one thread at a time in a slot", arguments: [1, 2, 3, 8])
    func everyIndexOnce(threads: Int) {
        let pool = ComputePool(threadCount: threads)
        defer { pool.stop() }
        for count in [0, 1, 2, 7, 100, 1000] + Array(repeating: 5, count: 500) {
            let calls = (0..<count).map { _ in Counter() }
            let busy = (0..<threads).map { _ in Counter() }
            pool.run(count) { index, slot in
                #expect(busy[slot].value.add(1, ordering: .relaxed).oldValue == 0)
                calls[index].value.add(1, ordering: .relaxed)
                busy[slot].value.subtract(1, ordering: .relaxed)
            }
            #expect(calls.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
        }
    }

    @Test("a pool that has gone to sleep wakes up")
    func wakes() async throws {
        let pool = ComputePool(threadCount: 4)
        defer { pool.stop() }
        for _ in 0..<20 {
            try await Task.sleep(for: .milliseconds(2))
            let calls = Counter()
            pool.run(64) { _, _ in calls.value.add(1, ordering: .relaxed) }
            #expect(calls.value.load(ordering: .relaxed) == 64)
        }
    }

    @Test("rows are split without gap or overlap", arguments: [1, 7, 8, 9, 16, 17, 1000])
    func rows(count: Int) {
        let pool = ComputePool(threadCount: 3)
        defer { pool.stop() }
        let calls = (0..<count).map { _ in Counter() }
        pool.forRows(count) { part, _ in
            for row in part { calls[row].value.add(1, ordering: .relaxed) }
        }
        #expect(calls.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }
}

@Suite struct CPUAllowanceTests {
    @Test("the smallest quota on the way to the root counts, rounded up")
    func version2() {
        let folder = TemporaryDirectory()
        let membership = folder.write("cgroup", "0::/a/b\n")
        mkdir("\(folder.path)/a")
        mkdir("\(folder.path)/a/b")
        #expect(CPUAllowance.quota(root: folder.path, membership: membership) == nil)
        _ = folder.write("a/b/cpu.max", "max 100000\n")
        #expect(CPUAllowance.quota(root: folder.path, membership: membership) == nil)
        _ = folder.write("a/cpu.max", "250000 100000\n")
        #expect(CPUAllowance.quota(root: folder.path, membership: membership) == 3)
        _ = folder.write("a/b/cpu.max", "50000 100000\n")
        #expect(CPUAllowance.quota(root: folder.path, membership: membership) == 1)
    }

    @Test("version 1 quotas are read from the cpu controller")
    func version1() {
        let folder = TemporaryDirectory()
        let membership = folder.write("cgroup", "5:memory:/x\n4:cpu,cpuacct:/docker/1\n")
        mkdir("\(folder.path)/cpu")
        mkdir("\(folder.path)/cpu/docker")
        mkdir("\(folder.path)/cpu/docker/1")
        _ = folder.write("cpu/docker/1/cpu.cfs_quota_us", "-1\n")
        _ = folder.write("cpu/docker/1/cpu.cfs_period_us", "100000\n")
        #expect(CPUAllowance.quota(root: folder.path, membership: membership) == nil)
        _ = folder.write("cpu/docker/1/cpu.cfs_quota_us", "150000\n")
        #expect(CPUAllowance.quota(root: folder.path, membership: membership) == 2)
    }

    private func mkdir(_ path: String) {
        #expect(Glibc.mkdir(path, 0o700) == 0)
    }
}
