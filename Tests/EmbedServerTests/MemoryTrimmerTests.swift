import Testing

@testable import EmbedServer

@Suite("Giving memory back")
struct MemoryTrimmerTests {
    @Test("an idle server trims once after each time it was busy")
    func due() {
        var trimmer = MemoryTrimmer()
        // Loading, then idle; busy for two looks, then idle: milliseconds of the process's time at each look.
        let looks = [3_000, 3_010, 3_020, 3_040, 8_000, 13_000, 13_100, 13_100]
        let due = looks.map { trimmer.isDue(at: .milliseconds($0)) }
        #expect(due == [false, true, false, false, false, false, true, false])
    }
}
