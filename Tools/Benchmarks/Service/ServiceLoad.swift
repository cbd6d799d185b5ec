/// What one writer of the sustained load copies: each file follows from the writer's number and its own, so that
/// what was written need not be kept to be compared with.
struct ServiceLoad {
    static let partitionCount = 16
    /// Keys of a writer in the upsert table; half of the rows go to a sixteenth of them.
    static let keysPerWriter = 4_096

    let writer: Int

    enum Table: Int, CaseIterable {
        /// Keeps every row; no key comes twice.
        case events
        /// Keeps the newest row of each key; each key belongs to one writer, so that the newest is certain.
        case accounts

        var name: String { "\(self)" }
    }

    enum Format: String {
        case csv, jsonl
    }

    struct Row {
        var key: Int64
        /// Larger in each row that this writer wrote later.
        var revision: Int64
        var partition: Int
        var time: Int64
        var name: Int
        var quarters: Int64
        var isDeleted: Bool
    }

    struct File {
        var number: Int
        var table: Table
        var format: Format
        var rows: [Row]
    }

    func file(_ number: Int) -> File {
        let random = TableMaking.mixed(UInt64(writer) << 40 | UInt64(number) << 8)
        let table: Table = number % 3 == 2 ? .accounts : .events
        let count = 4 << Int(random % 5) + Int(random >> 8 & 3)
        // Most files are of one partition; each sixteenth has rows of four.
        let spread = random >> 16 & 15 == 0 ? 4 : 1
        let partition = Int(random >> 24 & 15)
        let rows = (0..<count).map { index in
            let partition = (partition + index % spread) % Self.partitionCount
            return row(number << 8 | index, in: partition, of: table)
        }
        return File(number: number, table: table, format: random >> 32 & 1 == 0 ? .csv : .jsonl, rows: rows)
    }

    private func row(_ revision: Int, in partition: Int, of table: Table) -> Row {
        let random = TableMaking.mixed(UInt64(writer) << 48 | UInt64(revision) << 1 | 1)
        let key: Int64
        switch table {
        case .events:
            // Different for different rows, as the mixing loses nothing, but for the sign.
            key = Int64(TableMaking.mixed(UInt64(writer) << 40 | UInt64(revision)) >> 1)
        case .accounts:
            let range = random & 1 == 0 ? Self.keysPerWriter / 16 : Self.keysPerWriter
            let place = Int(random >> 8) % (range / Self.partitionCount)
            key = Int64(writer << 32 | place * Self.partitionCount + partition)
        }
        return Row(
            key: key, revision: Int64(revision), partition: partition,
            time: 1_700_000_000_000_000 + Int64(revision) * 1_000, name: Int(random >> 24 & 0xFFFF),
            quarters: Int64(random >> 44), isDeleted: table == .accounts && random >> 40 & 63 == 0)
    }
}
