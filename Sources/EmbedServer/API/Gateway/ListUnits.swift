/// Lists in a row as the units of a stream: each is opened, its items follow, and it is closed.
struct ListUnits: Sendable {
    /// What a unit is, by the numbers of a list and of an item in it.
    enum Unit: Sendable, Equatable {
        case open(list: Int)
        case item(Int, list: Int)
        case close(list: Int)
    }

    /// The unit that opens each list, and the number of all.
    private let starts: [Int]

    /// - Parameter counts: how many items each list has.
    init(_ counts: some Sequence<Int>) {
        var starts = [0]
        var end = 0
        for count in counts {
            end += count + 2
            starts.append(end)
        }
        self.starts = starts
    }

    /// How many units there are.
    var count: Int { starts[starts.count - 1] }

    /// What a unit is, found by bisection.
    subscript(unit: Int) -> Unit {
        var lists = 0..<starts.count - 1
        while lists.count > 1 {
            let middle = (lists.lowerBound + lists.upperBound) / 2
            lists = starts[middle] <= unit ? middle..<lists.upperBound : lists.lowerBound..<middle
        }
        let list = lists.lowerBound
        if unit == starts[list] { return .open(list: list) }
        return unit == starts[list + 1] - 1 ? .close(list: list) : .item(unit - starts[list] - 1, list: list)
    }
}
