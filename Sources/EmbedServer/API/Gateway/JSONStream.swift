import HTTPCore
import HTTPTypes
import JSONCore

/// A JSON document that is written unit by unit as the client takes it: vector by vector, or token by token.
///
/// Until then only what it is made of is in memory, not its text, which is several times longer.
struct JSONStream: BodyStream {
    /// Writes a part of the document.
    typealias Part = @Sendable (inout JSONWriter) -> Void
    /// Writes the unit of this number, from 0.
    typealias Unit = @Sendable (Int, inout JSONWriter) -> Void

    /// Not known before the end.
    let length: Int? = nil
    let heldBytes: Int
    /// Octets that the document is likely to have.
    let estimatedBytes: Int
    /// Octets at which a piece is long enough.
    var pieceBytes = BodyPiece.bytes

    private let count: Int
    private let begin: Part
    private let unit: Unit
    private let end: Part
    /// The next part to be written: the beginning, the units, the end.
    private var position = 0
    private var writer = JSONWriter(capacity: BodyPiece.bytes)

    /// - Parameters:
    ///   - count: how many units there are.
    ///   - heldBytes: octets of memory that the closures keep.
    ///   - estimatedBytes: octets that the document is likely to have.
    ///   - begin: writes what comes before the units, down to the beginning of what holds them.
    ///   - unit: writes one of them.
    ///   - end: writes what comes behind them, from the end of what holds them.
    init(
        count: Int,
        heldBytes: Int,
        estimatedBytes: Int,
        begin: @escaping Part,
        unit: @escaping Unit,
        end: @escaping Part
    ) {
        self.count = count
        self.heldBytes = heldBytes
        self.estimatedBytes = estimatedBytes
        self.begin = begin
        self.unit = unit
        self.end = end
    }

    mutating func next() -> [UInt8]? {
        while position < count + 2, writer.bytes.count < pieceBytes {
            switch position {
            case 0: begin(&writer)
            case count + 1: end(&writer)
            default: unit(position - 1, &writer)
            }
            position += 1
        }
        return writer.bytes.isEmpty ? nil : writer.takeBytes()
    }
}

extension Response {
    /// Makes a response with a JSON body: piece by piece if it is long.
    static func json(_ document: JSONStream, fields: HTTPFields = [:]) -> Response {
        var response = Response.json([], fields: fields)
        if document.estimatedBytes < BodyPiece.bytes {
            var document = document
            document.pieceBytes = .max
            response.body = document.next() ?? []
        } else {
            response.stream = document
        }
        return response
    }
}
