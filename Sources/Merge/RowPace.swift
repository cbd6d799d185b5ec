/// How many rows to take at once so that they hold about so many bytes, learned from those taken before.
///
/// What a footer says of sizes is no guide: a dictionary makes a page of long texts small.
struct RowPace {
    static let mostRows = 8_192
    private let budgetBytes: Int
    /// The most rows to take next.
    private(set) var rows: Int

    init(budgetBytes: Int) {
        self.budgetBytes = max(budgetBytes, 1)
        rows = min(max(budgetBytes / 1_024, 1), 64)
    }

    mutating func took(_ count: Int, bytes: Int) {
        guard count > 0 else { return }
        let fitting = max(budgetBytes / max(bytes / count, 1), 1)
        rows = min(fitting, rows * 8, Self.mostRows)
    }
}
