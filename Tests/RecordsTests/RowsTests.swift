import Bytes
import Records
import TestKit
import Testing

struct RowsTests {
    @Test("gather, slice, concat and interleave agree with rows in arrays", arguments: 1...12)
    func model(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let types = RandomRecords.types + [.undecided]
        func make(_ count: Int) -> [[TypedValue?]] {
            RandomRecords.rows(RandomRecords.types, count, &random).map { $0 + [nil] }
        }
        let parts = [make(7), make(0), make(20), make(1)]
        let batches = parts.map { RandomRecords.batch(types, $0) }
        for (batch, rows) in zip(batches, parts) { #expect(same(batch.rows, rows), "seed \(seed)") }
        let joined = ColumnBatch.concat(batches)
        let all = parts.flatMap { $0 }
        #expect(same(joined.rows, all))
        let picks = (0..<50).map { _ in UInt32.random(in: 0..<28, using: &random) }
        #expect(same(joined.gather(picks).rows, picks.map { all[Int($0)] }))
        #expect(same(joined.slice(5..<22).rows, Array(all[5..<22])))
        #expect(joined.slice(3..<3).rowCount == 0)
        let sources: [UInt32] = [2, 0, 3, 2, 0]
        let rows: [UInt32] = [19, 6, 0, 0, 6]
        let mixed = ColumnBatch.interleave(batches, sources: sources, rows: rows)
        #expect(same(mixed.rows, zip(sources, rows).map { parts[Int($0)][Int($1)] }))
    }

    @Test("a column without values joins others as nulls")
    func joinNone() {
        let schema = RandomRecords.columns([.string])
        let some = RandomRecords.batch([.string], [[.bytes("x")]])
        let none = ColumnBatch(schema: schema, columns: [ColumnVector(values: .none(count: 2))], rowCount: 2)
        #expect(same(ColumnBatch.concat([none, some]).rows, [[nil], [nil], [.bytes("x")]]))
    }

    @Test("rows without nulls have no validity, and byteCount counts what is held")
    func validity() {
        let batch = RandomRecords.batch([.int64], [[.integer(1)], [nil], [.integer(3)]])
        #expect(batch.columns[0].validity == [1, 0, 1])
        #expect(batch.gather([0, 2]).columns[0].validity == nil)
        #expect(batch.slice(2..<3).columns[0].validity == nil)
        #expect(batch.byteCount == 3 * 8 + 3)
        #expect(RandomRecords.batch([.string], [[.bytes("ab")]]).byteCount == 2 + 8)
    }

    @Test("a repeated value fills a column", arguments: RandomRecords.types)
    func repeating(type: ColumnType) {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<10 {
            let value = RandomRecords.value(type, &random)
            let column = ColumnVector(repeating: value, type: type, count: 3)
            #expect(same([(0..<3).map { column.value($0, type) }], [[value, value, value]]))
        }
    }
}
