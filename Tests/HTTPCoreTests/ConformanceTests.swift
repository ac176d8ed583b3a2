import Testing

@testable import HTTPCore

/// The 360 cases written from the RFCs, fed to the parser and the router without a socket.
@Suite struct ConformanceTests {
    @Test func corpusIsComplete() {
        #expect(ConformanceCase.all.count == 360)
    }

    @Test("answers as the RFC asks", arguments: ConformanceCase.all)
    func answers(_ example: ConformanceCase) {
        let outcome = EchoAnswers(ParserTrace(whole: example.octets), eof: example.eof == true)
        if example.wait == true {
            #expect(outcome.answers.isEmpty && !outcome.closes)
            return
        }
        // No answer but a close is what status 0 stands for.
        let first = outcome.answers.first?.status ?? (outcome.closes ? 0 : -1)
        #expect(example.status.contains(first))
        if example.expect == .reject {
            if example.close == true { #expect(outcome.answers.count <= 1) }
        } else if first < 400 {
            if let count = example.responses { #expect(outcome.answers.count == count) }
            if let echo = example.echo { #expect(outcome.answers.first?.body == echo.flatMap(\.octets)) }
            if example.close == true { #expect(outcome.closes) }
        }
    }

    @Test(
        "gives the same events for every split in two",
        arguments: ConformanceCase.all.filter { $0.octets.count < 400 }
    )
    func splits(_ example: ConformanceCase) {
        let octets = example.octets
        let whole = ParserTrace(whole: octets)
        #expect(ParserTrace(octetByOctet: octets) == whole)
        for place in octets.indices {
            let split = ParserTrace([octets[..<place], octets[place...]])
            guard split == whole else {
                Issue.record("split at \(place): \(split) is not \(whole)")
                return
            }
        }
    }

    @Test("gives the same events octet by octet", arguments: ConformanceCase.all.filter { $0.octets.count >= 400 })
    func octetByOctet(_ example: ConformanceCase) {
        #expect(ParserTrace(octetByOctet: example.octets) == ParserTrace(whole: example.octets))
    }
}
