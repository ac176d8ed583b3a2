import HTTPCore
import JSONCore

/// The members of a query, such as `limit=20&after=batch_x`.
struct QueryItems {
    private var values: [String: String] = [:]

    /// Reads the query of a request; of a name that repeats the last value counts.
    init(_ request: Request) {
        for item in (request.query ?? "").split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[Self.decode(parts[0])] = parts.count == 2 ? Self.decode(parts[1]) : ""
        }
    }

    /// The value of a name.
    subscript(name: String) -> String? { values[name] }

    /// A whole number.
    func integer(_ name: String, in range: ClosedRange<Int>, default: Int) throws(APIError) -> Int {
        guard let text = values[name] else { return `default` }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid(
                name,
                type: "int_parsing",
                input: .string(text),
                "\(name) should be a whole number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }

    /// Undoes percent-encoding, and `+` for a space; what is malformed stays as it is.
    private static func decode(_ text: Substring) -> String {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                octets.append(value)
                rest = rest.dropFirst(2)
            } else {
                octets.append(octet == UInt8(ascii: "+") ? UInt8(ascii: " ") : octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}

/// One page of a list in the manner of OpenAI's API: `after` is the last id of the page before.
struct ListPage<Item> {
    /// The items of the page.
    let items: ArraySlice<Item>
    /// Whether more follow.
    let hasMore: Bool

    /// Cuts a page out of all items.
    init(_ all: [Item], _ query: QueryItems, maximum: Int, default: Int, id: (Item) -> String) throws(APIError) {
        let limit = try query.integer("limit", in: 1...maximum, default: `default`)
        var start = 0
        if let after = query["after"] {
            guard let index = all.firstIndex(where: { id($0) == after }) else {
                throw .invalid("after", type: "value_error", input: .string(after), "after names nothing in the list.")
            }
            start = index + 1
        }
        items = all[start...].prefix(limit)
        hasMore = start + items.count < all.count
    }
}
