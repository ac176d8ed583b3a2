/// Which of the tiles that use a panel one after the other is at work, and what it fetches from memory meanwhile.
///
/// Together the tiles fetch the next panel. The first tile of the first panel, and a tile that has its panel to itself,
/// run some way ahead in their own panel. Weights stream at the speed of the memory then; without, a product of a few
/// rows waits for every line.
struct PanelTurn {
    let index: Int
    let count: Int
    /// Whether the thread has had no panel before this one, in this piece of work.
    let isFirst: Bool
    /// Whether it will have none after.
    let isLast: Bool

    /// A panel that one tile uses.
    static let only = PanelTurn(index: 0, count: 1, isFirst: true, isLast: true)

    /// About the latency of memory times its speed.
    private static let aheadBytes = 8 * 1024

    /// The first line to fetch, and how many bytes to go on with each of the `steps` of the tile's sum.
    func ahead(of panel: UnsafeRawPointer, bytes: Int, steps: Int) -> (UnsafeRawPointer, Int) {
        let row = bytes / steps
        if count == 1 || isFirst && index == 0 { return (panel + Self.aheadBytes, row) }
        if isLast { return (panel, 0) }
        return (panel + bytes + bytes / count * index, (row + count - 1) / count)
    }
}
