/// A parsed JSON document (RFC 8259).
///
/// Numbers written without fraction or exponent that fit are `integer`, all others `double`, so that a caller
/// can tell `512` from `512.5` and accept `512.0` where it wants to.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The text, if this is a string.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The truth value, if this is `true` or `false`.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, if it is a whole one: `512` and `512.0`, not `512.5`, not `"512"`.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, if this is one.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The items, if this is an array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, if this is an object.
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The member `key` of an object; `nil` where there is none, or where this is no object.
    public subscript(key: String) -> JSONValue? { object?[key] }
}

/// The members of a JSON object in the order of the text.
///
/// A name that occurs twice keeps its last value, as JavaScript and Python read it.
public struct JSONObject: Sendable, Equatable {
    /// Name and value in document order; names may repeat, the last one counts.
    public private(set) var members: [(name: String, value: JSONValue)] = []

    /// Makes an object without members.
    public init() {}

    /// Adds a member at the end.
    public mutating func append(_ name: String, _ value: JSONValue) {
        members.append((name, value))
    }

    /// The value of `name`, the last one if it repeats.
    ///
    /// Cost: linear in the number of members.
    public subscript(name: String) -> JSONValue? {
        members.last { $0.name == name }?.value
    }

    /// Two objects are equal if their members are, in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.name == $1.name && $0.value == $1.value }
    }
}
