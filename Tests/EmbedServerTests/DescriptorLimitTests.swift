import HTTPCore
import Testing

@testable import EmbedServer

@Suite("Descriptors")
struct DescriptorLimitTests {
    @Test(
        "connections never need more descriptors than there are",
        arguments: [2, 10, 64, 256, 1_024, 4_096, 1_048_576],
        [1, 16, 1_024, 100_000]
    )
    func connections(descriptors: Int, wanted: Int) {
        let (ordinary, probes) = DescriptorLimit(descriptors: descriptors).connections(of: wanted)
        #expect((1...wanted).contains(ordinary) && probes >= 1)
        if descriptors >= 64 { #expect(2 * (ordinary + probes) <= descriptors) }
    }

    @Test("the default fits into the usual hard limit, and less is said")
    func fit() {
        var configuration = ServerConfiguration()
        let isReduced = configuration.fit(DescriptorLimit(descriptors: 4_096))
        #expect(!isReduced)
        #expect(configuration.maximumConnections == 1_024 && configuration.probeConnections == 64)
        let isReducedFurther = configuration.fit(DescriptorLimit(descriptors: 1_024))
        #expect(isReducedFurther)
        #expect(configuration.maximumConnections == 392 && configuration.probeConnections == 56)
    }
}
