/// A set of rows of one segment; copied when a shared one is changed.
struct RowBitmap: Hashable, Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    func contains(_ row: Int) -> Bool {
        let word = row >> 6
        return word < words.count && words[word] >> UInt64(row & 63) & 1 == 1
    }

    /// Returns false where the row was in it.
    @discardableResult
    mutating func insert(_ row: Int, of rowCount: Int) -> Bool {
        if words.isEmpty { words = [UInt64](repeating: 0, count: (rowCount + 63) >> 6) }
        let bit = UInt64(1) << UInt64(row & 63)
        if words[row >> 6] & bit != 0 { return false }
        words[row >> 6] |= bit
        count += 1
        return true
    }

    /// Calls `body` with each row, ascending.
    func forEach(_ body: (Int) -> Void) {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(index << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }
}
