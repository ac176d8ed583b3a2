import JSONCore

/// A checkpoint file in the safetensors format, mapped and checked.
///
/// Format: eight octets with the length of a JSON header (little endian), the header, then the tensors' values.
/// The header is not trusted: every offset, shape and size is checked before anything is read through it, by the
/// rules of the reference implementation (tensors in order, without holes or overlaps, nothing behind them).
struct SafetensorsFile: Sendable {
    /// The longest header the format allows.
    static let maximumHeaderBytes = 100_000_000

    /// The path it was opened by, for messages.
    var path: String { file.path }
    /// The tensors by name.
    let tensors: [String: Tensor]
    private let file: MappedFile

    /// Maps `path` and checks its header.
    init(path: String) throws(CheckpointError) {
        let file = try MappedFile(path: path)
        func fault(_ reason: String) -> CheckpointError { CheckpointError(file: path, reason: reason) }

        let bytes = file.bytes
        guard bytes.count >= 8 else { throw fault("is no safetensors file: \(bytes.count) bytes are too few") }
        let headerLength = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard headerLength <= Self.maximumHeaderBytes, Int(headerLength) <= bytes.count - 8 else {
            throw fault(
                "its header claims \(headerLength) bytes, the file has \(bytes.count): it is damaged or cut off"
            )
        }
        let headerEnd = 8 + Int(headerLength)
        let header: JSONValue
        do throws(JSONError) {
            header = try JSONParser.parse(
                UnsafeRawBufferPointer(rebasing: bytes[8..<headerEnd]).bindMemory(to: UInt8.self)
            )
        } catch {
            throw fault("its header is not JSON: \(error)")
        }
        guard let entries = header.object else { throw fault("its header is not a JSON object") }

        let values = UnsafeRawBufferPointer(rebasing: bytes[headerEnd...])
        var tensors: [String: Tensor] = [:]
        var extents: [(name: String, begin: Int, end: Int)] = []
        for (name, entry) in entries.members where name != "__metadata__" {
            let (tensor, begin) = try Self.tensor(name, entry, values: values, file: file)
            extents.append((name, begin, begin + tensor.byteCount))
            guard tensors.updateValue(tensor, forKey: name) == nil else { throw fault("tensor \(name) occurs twice") }
        }
        extents.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
        var end = 0
        for extent in extents {
            guard extent.begin == end else {
                throw fault(
                    "tensor \(extent.name) begins at \(extent.begin), expected \(end): holes and overlaps are refused"
                )
            }
            end = extent.end
        }
        guard end == values.count else {
            throw fault("its tensors end at byte \(end) of \(values.count): it is damaged or cut off")
        }
        self.file = file
        self.tensors = tensors
    }

    /// The tensor `name`, which must have this shape.
    func tensor(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw CheckpointError(file: path, reason: "tensor \(name) is missing")
        }
        guard tensor.shape == shape else {
            throw CheckpointError(file: path, reason: "tensor \(name) has shape \(tensor.shape), expected \(shape)")
        }
        guard tensor.type.isFloatingPoint else {
            throw CheckpointError(
                file: path,
                reason: "tensor \(name) is \(tensor.type.rawValue), expected F32, BF16 or F16"
            )
        }
        return tensor
    }

    private static func tensor(
        _ name: String,
        _ entry: JSONValue,
        values: UnsafeRawBufferPointer,
        file: MappedFile
    ) throws(CheckpointError) -> (Tensor, begin: Int) {
        func fault(_ reason: String) -> CheckpointError {
            CheckpointError(file: file.path, reason: "tensor \(name): \(reason)")
        }
        guard let typeName = entry["dtype"]?.string else { throw fault("\"dtype\" is missing") }
        guard let type = TensorType(rawValue: typeName) else { throw fault("unknown dtype \(typeName)") }
        guard let dimensions = entry["shape"]?.array else { throw fault("\"shape\" is missing") }
        var shape: [Int] = []
        var byteCount = type.byteCount
        for dimension in dimensions {
            guard let extent = dimension.integer, extent >= 0 else { throw fault("\"shape\" is not a list of sizes") }
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw fault("\"shape\" is too large") }
            byteCount = product
            shape.append(extent)
        }
        guard let offsets = entry["data_offsets"]?.array, offsets.count == 2,
            let begin = offsets[0].integer, let end = offsets[1].integer
        else { throw fault("\"data_offsets\" is not a pair of numbers") }
        guard 0 <= begin, begin <= end, end <= values.count else {
            throw fault("its values lie at \(begin)..<\(end), the file has \(values.count): it is damaged or cut off")
        }
        guard end - begin == byteCount else {
            throw fault("its values take \(end - begin) bytes, shape \(shape) of \(typeName) needs \(byteCount)")
        }
        let bytes = UnsafeRawBufferPointer(rebasing: values[begin..<end])
        return (Tensor(type: type, shape: shape, bytes: bytes, owner: file), begin)
    }
}
