import Testing

@testable import InferenceCore

@Suite struct SafetensorsTests {
    private let folder = TemporaryDirectory()

    private func file(header: String, values: Int, length: UInt64? = nil) -> String {
        let length = length ?? UInt64(header.utf8.count)
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        return folder.write("model.safetensors", prefix + Array(header.utf8) + [UInt8](repeating: 1, count: values))
    }

    @Test("reads tensors where the header says")
    func reads() throws {
        let bytes = Array(#"{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{}}"#.utf8)
        let good = folder.write(
            "good.safetensors",
            [UInt8(bytes.count), 0, 0, 0, 0, 0, 0, 0] + bytes + [0, 0, 128, 63, 0, 0, 0, 64]
        )
        #expect(try SafetensorsFile(path: good).tensor("a", shape: [2, 1]).widened() == [1, 2])
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path: good).tensor("a", shape: [1, 2]) }
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path: good).tensor("b", shape: [1]) }
    }

    struct Broken: CustomTestStringConvertible {
        let header: String
        var values = 8
        var length: UInt64?
        let says: String
        var testDescription: String { says }
    }

    static let broken: [Broken] = [
        Broken(header: "{}", length: .max, says: "its header claims 18446744073709551615 bytes"),
        Broken(header: "{}", length: 1 << 40, says: "its header claims"),
        Broken(header: "{}", length: 11, says: "its header claims 11 bytes"),
        Broken(header: "{,", says: "its header is not JSON"),
        Broken(header: "[]", says: "its header is not a JSON object"),
        Broken(header: #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, says: "\"dtype\" is missing"),
        Broken(header: #"{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}"#, says: "unknown dtype Q4"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, says: "not a list of sizes"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, says: "not a list of sizes"),
        Broken(
            header: #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
            says: "too large"
        ),
        Broken(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, says: "not a pair"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, says: "values lie at"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, says: "damaged or cut off"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, says: "needs 4"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, says: "end at byte 4 of 8"),
        Broken(header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, says: "holes and overlaps"),
        Broken(
            header:
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            says: "holes and overlaps"
        ),
        Broken(
            header:
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            says: "tensor a occurs twice"
        ),
    ]

    @Test("refuses damaged files and says what is wrong", arguments: broken)
    func refuses(_ broken: Broken) {
        let path = file(header: broken.header, values: broken.values, length: broken.length)
        let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
        #expect(error?.file == path)
        #expect(error?.reason.contains(broken.says) == true, "\(error?.reason ?? "")")
    }

    @Test("refuses what is no file", arguments: ["/nonexistent/model.safetensors", "/tmp", "/dev/null"])
    func noFile(path: String) {
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path: path) }
    }

    @Test("random damage to a header never crashes")
    func damage() throws {
        var random = SplitMix(seed: 4)
        let header = Array(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.utf8)
        for _ in 0..<3000 {
            var bytes = [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header + [UInt8](repeating: 0, count: 8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...2, using: &random) * Int.random(in: 0...20, using: &random))
            let path = folder.write("damaged.safetensors", bytes)
            guard let file = try? SafetensorsFile(path: path) else { continue }
            for tensor in file.tensors.values where tensor.type.isFloatingPoint { _ = tensor.widened() }
        }
    }
}
