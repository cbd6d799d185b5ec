/// How many rows to take at once so that they hold about so many bytes, learned from those taken before.
///
/// What a footer says of sizes is no guide: a dictionary makes a page of long texts small.
struct RowPace {
    static let mostRows = 8_192
    var budgetBytes: Int { didSet { budgetBytes = max(budgetBytes, 1) } }
    /// The most rows to take next.
    private(set) var rows: Int

    /// - Parameter rowBytes: what a row holds at least, as far as it is known.
    init(budgetBytes: Int, rowBytes: Int = 0) {
        self.budgetBytes = max(budgetBytes, 1)
        rows = min(max(budgetBytes / max(rowBytes, 1_024), 1), 64)
    }

    mutating func took(_ count: Int, bytes: Int) {
        guard count > 0 else { return }
        let fitting = max(budgetBytes / max(bytes / count, 1), 1)
        rows = min(fitting, rows * 8, Self.mostRows)
    }
}
