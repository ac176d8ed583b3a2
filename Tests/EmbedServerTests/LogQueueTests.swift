import Glibc
import Logging
import Testing

@testable import EmbedServer
@testable import JSONCore

@Suite("Log buffer")
struct LogBufferTests {
    private func line(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }

    @Test("lines are taken whole and in their order")
    func order() {
        var buffer = LogBuffer(capacity: 100)
        #expect(buffer.isEmpty)
        let nothing = buffer.take()
        #expect(nothing == nil)
        let accepted = [line("a"), line("bc")].map { buffer.append($0) }
        #expect(accepted == [true, true])
        let batch = buffer.take()
        #expect(batch == LogBuffer.Batch(octets: Array("a\nbc\n".utf8), dropped: 0))
        #expect(buffer.isEmpty)
    }

    @Test("a full buffer drops what comes until it is taken, even what would fit, and counts it")
    func full() {
        var buffer = LogBuffer(capacity: 8)
        let first = ["abcd", "efgh", "i"].map { buffer.append(line($0)) }
        #expect(first == [true, false, false])
        let batches = [buffer.take(), buffer.take()]
        #expect(batches == [LogBuffer.Batch(octets: line("abcd"), dropped: 2), nil])
        let second = ["1234567", ""].map { buffer.append(line($0)) }
        #expect(second == [true, false])
        let batch = buffer.take()
        #expect(batch == LogBuffer.Batch(octets: line("1234567"), dropped: 1))
    }

    @Test("a line longer than the buffer is dropped")
    func tooLong() {
        var buffer = LogBuffer(capacity: 3)
        let isAccepted = buffer.append(line("abc"))
        #expect(!isAccepted)
        #expect(!buffer.isEmpty)
        let batch = buffer.take()
        #expect(batch == LogBuffer.Batch(octets: [], dropped: 1))
    }

    @Test("portions hold whole lines and no more than they may", arguments: 1...12)
    func portions(size: Int) {
        let lines = ["a", "", "bcd", "efghijkl", "m"].map(line)
        let batch = LogBuffer.Batch(octets: Array(lines.joined()), dropped: 0)
        let portions = batch.portions(of: size)
        #expect(Array(portions.joined()) == batch.octets)
        for portion in portions {
            #expect(portion.last == UInt8(ascii: "\n"))
            #expect(portion.count <= size || portion.count { $0 == UInt8(ascii: "\n") } == 1)
        }
        // None could have taken the first line of the next.
        for (portion, next) in zip(portions, portions.dropFirst()) {
            #expect(portion.count + next.split(separator: 10, omittingEmptySubsequences: false)[0].count + 1 > size)
        }
    }
}

@Suite("Log queue", .timeLimit(.minutes(1)))
struct LogQueueTests {
    /// Both ends of a pipe.
    private func makePipe() -> (reader: CInt, writer: CInt) {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("a reader that stands still keeps nobody waiting; what it missed is told when it goes on")
    func stuckReader() throws {
        let (reader, writer) = makePipe()
        let queue = LogQueue(descriptor: writer, capacity: 100_000) { Array("\($0) log lines dropped\n".utf8) }
        let count = 5_000
        // 300 kB: more than the 64 kB of the pipe and twice the queue hold, so it would never return if it waited.
        for index in 0..<count { queue.write(Array("line \(index) \(String(repeating: "x", count: 50))\n".utf8)) }
        #expect(!queue.flush(within: .milliseconds(1)))
        let droppedThen = queue.dropped
        #expect(droppedThen > 0)

        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var lines: [Substring] = []
        var told = 0
        repeat {
            let length = read(reader, &chunk, chunk.count)
            try #require(length > 0)
            received += chunk[..<length]
            lines = String(decoding: received, as: UTF8.self).split(separator: "\n")
            let notices = lines.filter { $0.hasSuffix("log lines dropped") }
            told = notices.reduce(0) { $0 + (Int($1.prefix { $0.isNumber }) ?? 0) }
        } while told + lines.count { $0.hasPrefix("line ") } < count
        #expect(queue.flush(within: .seconds(30)))
        #expect(queue.dropped == droppedThen)
        #expect(told == droppedThen)
        let numbers = lines.compactMap { $0.hasPrefix("line ") ? Int($0.split(separator: " ")[1]) : nil }
        #expect(numbers == numbers.sorted())
        close(reader)
    }

    @Test("a reader that is gone is no reason to fail; lines are counted")
    func brokenPipe() {
        let (reader, writer) = makePipe()
        close(reader)
        let queue = LogQueue(descriptor: writer) { _ in [] }
        queue.write(Array("a\n".utf8))
        #expect(queue.flush(within: .seconds(30)))
        #expect(queue.dropped == 1)
    }

    @Test("a descriptor that somebody made non-blocking gets whole lines")
    func nonBlocking() throws {
        let (reader, writer) = makePipe()
        #expect(fcntl(writer, F_SETFL, O_NONBLOCK) == 0)
        let queue = LogQueue(descriptor: writer) { _ in [] }
        let size = 200_000
        queue.write([UInt8](repeating: UInt8(ascii: "a"), count: size - 1) + [UInt8(ascii: "\n")])
        var received = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while received < size {
            let length = read(reader, &chunk, chunk.count)
            try #require(length > 0)
            received += length
        }
        #expect(queue.flush(within: .seconds(30)))
        #expect(received == size)
        #expect(queue.dropped == 0)
        close(reader)
    }
}

@Suite("Length of log lines")
struct LogLineLengthTests {
    private func line(_ message: String, _ metadata: Logger.Metadata) -> LogLine {
        LogLine(time: .now, level: .info, message: message, metadata: metadata)
    }

    @Test("a short line is as it was", arguments: [true, false])
    func short(isJSON: Bool) {
        let line = line("request", ["id": "a", "status": .stringConvertible(200)])
        #expect(line.octets(isJSON: isJSON) == Array((isJSON ? line.json : line.text).utf8))
    }

    /// Values that are too long, by what they are.
    private static let longValues: [String: Logger.MetadataValue] = [
        "text": .string(String(repeating: "a", count: 100_000)),
        "control characters": .string(String(repeating: "\u{1}", count: 100_000)),
        "emoji": .string(String(repeating: "😀", count: 100_000)),
        "texts": .array(Array(repeating: .string(String(repeating: "b", count: 1_000)), count: 20)),
        "many": .array(Array(repeating: "b", count: 20_000)),
        "object": .dictionary(["inner": .string(String(repeating: "c", count: 9_000))]),
        "convertible": .stringConvertible(String(repeating: "d", count: 9_000)),
    ]

    @Test("a long line is cut in its values, and is JSON still", arguments: longValues.keys)
    func long(kind: String) throws {
        let value = try #require(Self.longValues[kind])
        let line = line("request", ["value": value, "status": .stringConvertible(404)])
        let octets = line.octets(isJSON: true)
        #expect(octets.count <= LogLine.maximumBytes)
        #expect(octets.last == UInt8(ascii: "\n"))
        let json = try JSONParser.parse(octets)
        #expect(json["message"]?.string == "request")
        #expect(!String(decoding: octets, as: UTF8.self).unicodeScalars.contains("\u{FFFD}"))
        #expect(line.octets(isJSON: false).count <= LogLine.maximumBytes)
    }

    @Test("a value says how long it was, and short ones beside it stay")
    func mark() throws {
        let octets = line("request", ["path": .string(String(repeating: "é", count: 5_000)), "status": "404"])
            .octets(isJSON: true)
        let json = try JSONParser.parse(octets)
        #expect(json["status"]?.string == "404")
        #expect(json["path"]?.string == String(repeating: "é", count: 512) + "… [cut from 10000 octets]")
    }

    @Test("a long message is cut")
    func message() throws {
        let octets = line(String(repeating: "\u{2}", count: 20_000), [:]).octets(isJSON: true)
        #expect(octets.count <= LogLine.maximumBytes)
        #expect(try JSONParser.parse(octets)["message"]?.string?.hasSuffix("… [cut from 20000 octets]") == true)
    }
}
