import Bytes
import Merge
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing

struct ExternalSorterTests {
    private func sort(
        _ rows: [SampleRow], memoryLimitBytes: Int, scratch: Scratch, batchRows: Int
    ) throws -> [SampleRow] {
        let table = SampleTable(.append)
        let sorter = ExternalSorter(
            schema: SampleTable.schema, memoryLimitBytes: memoryLimitBytes, scratch: scratch)
        for start in stride(from: 0, to: rows.count, by: batchRows) {
            try sorter.append(table.batch(Array(rows[start..<min(start + batchRows, rows.count)])))
        }
        let run = try sorter.finish()
        #expect(run.rowCount == rows.count)
        var sorted: [SampleRow] = []
        while let batch = try run.next() { sorted += SampleTable.rows(batch) }
        return sorted
    }

    private func scratch(limitBytes: UInt64 = 1 << 30) throws -> (TemporaryDirectory, Scratch) {
        let directory = try TemporaryDirectory()
        return (
            directory,
            Scratch(directory: directory.path, limitBytes: limitBytes, entropy: SeededEntropy())
        )
    }

    @Test(
        "rows come in key order, equal keys as they were appended, in memory and spilled",
        arguments: [(1 << 30, 50), (20_000, 50), (3_000, 10), (1, 3)])
    func sorts(memoryLimitBytes: Int, batchRows: Int) throws {
        let (directory, scratch) = try scratch()
        defer { withExtendedLifetime(directory) {} }
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for count in [0, 1, 2, 30, 300] {
            let rows = (0..<count).map { SampleRow.random(Int64($0), &random) }
            let sorted = try sort(
                rows, memoryLimitBytes: memoryLimitBytes, scratch: scratch, batchRows: batchRows)
            #expect(sorted == SampleRow.stableSorted(rows), "seed \(seed), \(count) rows")
        }
        #expect(scratch.usedBytes == 0, "scratch space is given back")
    }

    @Test("rows that are in order already come back as the very batches, spilled or not")
    func sorted() throws {
        let (directory, scratch) = try scratch()
        defer { withExtendedLifetime(directory) {} }
        let rows = (0..<500).map { SampleRow(key: "k\(1_000 + $0 / 3)", number: 0, serial: Int64($0)) }
        for limit in [1 << 30, 4_000] {
            #expect(try sort(rows, memoryLimitBytes: limit, scratch: scratch, batchRows: 20) == rows)
        }
    }

    @Test("a sort that finds no more scratch space fails and gives back what it had")
    func noSpace() throws {
        let (directory, scratch) = try scratch(limitBytes: 10_000)
        defer { withExtendedLifetime(directory) {} }
        var random = SeededGenerator(seed: 1)
        let rows = (0..<1_000).map { SampleRow.random(Int64($0), &random) }
        #expect(throws: StorageError.self) {
            _ = try sort(rows, memoryLimitBytes: 2_000, scratch: scratch, batchRows: 10)
        }
        #expect(scratch.usedBytes == 0)
    }

    @Test("a cancelled sort stops at the next batch")
    func cancelled() throws {
        let (directory, scratch) = try scratch()
        defer { withExtendedLifetime(directory) {} }
        let cancellation = Cancellation()
        let sorter = ExternalSorter(
            schema: SampleTable.schema, memoryLimitBytes: 1, scratch: scratch, cancellation: cancellation)
        let table = SampleTable(.append)
        try sorter.append(table.batch([SampleRow(key: "a", number: 1, serial: 1)]))
        cancellation.cancel()
        #expect(throws: CancellationError.self) {
            try sorter.append(table.batch([SampleRow(key: "a", number: 1, serial: 1)]))
        }
    }

    @Test("all types survive a spill")
    func types() throws {
        let (directory, scratch) = try scratch()
        defer { withExtendedLifetime(directory) {} }
        let types: [ColumnType] = [
            .int64, .boolean, .int32, .float, .double, .binary, .decimal(precision: 38, scale: 2), .undecided,
        ]
        let columns = types.enumerated().map {
            TableSchema.Column(id: $0.offset + 1, name: ByteString("c\($0.offset)"), type: $0.element)
        }
        var builder = BatchBuilder(schema: columns)
        for number in 0..<50 {
            let isNull = number % 7 == 0
            builder.append(row: [
                .integer(Int128(100 - number)), isNull ? nil : .boolean(number % 2 == 0),
                .integer(Int128(-number)), .floating(0.5), isNull ? nil : .floating(Double(number)),
                isNull ? nil : .bytes(ByteString([UInt8](repeating: 0, count: number))),
                .integer(Int128(number) << 90), nil,
            ])
        }
        let batch = builder.finish()
        let sorter = ExternalSorter(
            schema: TableSchema(columns: columns, rowKey: ["c0"]), memoryLimitBytes: 1, scratch: scratch)
        for row in 0..<50 { try sorter.append(batch.slice(row..<row + 1)) }
        let run = try sorter.finish()
        var row = 50
        while let sorted = try run.next() {
            for place in 0..<sorted.rowCount {
                row -= 1
                for (column, type) in types.enumerated() {
                    #expect(
                        sorted.columns[column].value(place, type) == batch.columns[column].value(row, type))
                }
            }
        }
        #expect(row == 0)
    }
}
