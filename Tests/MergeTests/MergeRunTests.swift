import Bytes
import Merge
import Metadata
import Platform
import Records
import Storage
import Synchronization
import TestKit
import Testing

struct MergeRunTests {
    private static let small = DataFileOptions(
        targetFileSizeBytes: 2_000, rowGroupBytes: 1_000, pageBytes: 200, smallestPassedBytes: 1)

    @Test("an append table keeps all rows, equal keys by file and place in it")
    func append() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for files in [1, 2, 3, 7] {
            let table = SampleTable(.append)
            var all: [SampleRow] = []
            var entries: [FileEntry] = []
            for _ in 0..<files {
                let count = Int.random(in: 1...120, using: &random)
                let rows = SampleRow.stableSorted(
                    (0..<count).map { SampleRow.random(Int64(all.count + $0), &random) })
                all += rows
                entries += try table.write(rows, options: MergeRunTests.small)
            }
            let expected = SampleRow.stableSorted(all)
            #expect(try table.truth(entries.shuffled(using: &random)) == expected, "seed \(seed)")
            let result = try table.merge(
                entries.shuffled(using: &random), options: MergeRunTests.small)
            #expect(result.rowsIn == Int64(all.count) && result.rowsOut == result.rowsIn)
            #expect(result.rowsDropped == 0)
            let stored = try result.outputs.flatMap { try table.stored($0) }
            #expect(stored == expected, "seed \(seed), \(files) files")
            try checkEntries(result.outputs, table)
        }
    }

    /// What must hold of the files of one run.
    private func checkEntries(_ entries: [FileEntry], _ table: SampleTable) throws {
        for (left, right) in zip(entries, entries.dropFirst()) {
            let leftMax = try #require(left.maxKey)
            let rightMin = try #require(right.minKey)
            #expect(leftMax < rightMin, "a key never straddles two files")
        }
        for entry in entries {
            let rows = try table.stored(entry)
            #expect(entry.rowCount == Int64(rows.count))
            #expect(entry.deletedRowCount == Int64(rows.count { $0.isDeleted }))
            #expect(entry.path.hasPrefix("data/day=2024-01-31/"))
            #expect(entry.name.hasSuffix(ByteString("-\(entry.id).parquet")))
            let bytes = try table.storage.get("flights/" + entry.path)
            #expect(Int64(bytes.count) == entry.sizeBytes)
            let encoder = KeyEncoder(schema: SampleTable.schema)
            let keys = encoder.encode(table.batch(rows))
            #expect(entry.minKey == keys[0] && entry.maxKey == keys[rows.count - 1])
            #expect(entry.minKey.map { $0 <= entry.maxKey ?? $0 } == true)
        }
    }

    @Test("an upsert table keeps the newest row of each key, whatever is merged first")
    func upsert() throws {
        let seed = Seed.fresh()
        for round in 0..<6 {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let table = SampleTable(.upsert)
            var newest: [ByteString: SampleRow] = [:]
            var entries: [FileEntry] = []
            var serial: Int64 = 0
            for _ in 0..<6 {
                var rows: [SampleRow] = []
                for _ in 0..<Int.random(in: 1...60, using: &random) {
                    serial += 1
                    var row = SampleRow.random(serial, &random, keys: 90)
                    row.isDeleted = Int.random(in: 0..<4, using: &random) == 0
                    rows.append(row)
                    newest[row.keyBytes] = row
                }
                entries += try table.write(SampleRow.stableSorted(rows), options: MergeRunTests.small)
            }
            // Order the expected rows by key.
            let kept = newest.values.sorted()
            let expected = kept.filter { !$0.isDeleted }
            #expect(try table.truth(entries) == expected, "seed \(seed)")
            // Any merge of any subset, in any order, leaves the same truth.
            while entries.count > 1 {
                entries.shuffle(using: &random)
                let count = Int.random(in: 1...min(4, entries.count), using: &random)
                let isAll = count == entries.count
                let result = try table.merge(
                    Array(entries[..<count]), dropsDeletes: isAll, options: MergeRunTests.small)
                #expect(result.rowsIn == result.rowsOut + result.rowsDropped)
                if !result.outputs.isEmpty { try checkEntries(result.outputs, table) }
                entries = entries[count...] + result.outputs
                #expect(try table.truth(entries) == expected, "seed \(seed)")
                if isAll { break }
                if Bool.random(using: &random), entries.count > 1 { continue }
                if Int.random(in: 0..<8, using: &random) == 0 { break }
            }
            let final = try table.merge(entries, dropsDeletes: true, options: MergeRunTests.small)
            #expect(try final.outputs.flatMap { try table.stored($0) } == expected, "seed \(seed)")
            #expect(final.outputs.allSatisfy { $0.deletedRowCount == 0 })
        }
    }

    @Test("delete markers stay unless they are to be dropped")
    func deletes() throws {
        let table = SampleTable(.upsert)
        let old = try table.write([SampleRow(key: "a", number: 1, serial: 1)])
        let delete = try table.write([SampleRow(key: "a", number: 1, serial: 2, isDeleted: true)])
        let kept = try table.merge(delete)
        #expect(kept.outputs.map(\.deletedRowCount) == [1])
        #expect(try table.truth(old + kept.outputs) == [])
        #expect(try table.truth(old + kept.outputs, keepsDeletes: true).count == 1)
        let both = try table.merge(old + kept.outputs, dropsDeletes: true)
        #expect(both.outputs.isEmpty && both.rowsIn == 2 && both.rowsDropped == 2)
        // The markers' own sequence goes with them: nothing older comes back in another order.
        #expect(kept.outputs.first?.minSequence == delete.first?.sequence)
    }

    @Test("row groups that overlap nothing are passed through, and the truth is the same")
    func passThrough() throws {
        let table = SampleTable(.append)
        var all: [SampleRow] = []
        var entries: [FileEntry] = []
        for file in 0..<4 {
            let rows = (0..<200).map {
                SampleRow(key: "k\(1_000 + file * 150 + $0)", number: 0, serial: Int64(file * 200 + $0))
            }
            all += rows
            entries += try table.write(
                rows, options: DataFileOptions(rowGroupBytes: 700, pageBytes: 200, smallestPassedBytes: 1))
        }
        let result = try table.merge(entries, options: MergeRunTests.small)
        #expect(result.rowsPassedThrough > 100 && result.rowsPassedThrough < result.rowsOut)
        let stored = try result.outputs.flatMap { try table.stored($0) }
        #expect(stored == SampleRow.stableSorted(all))
        try checkEntries(result.outputs, table)
    }

    @Test("a table without a key is joined in the order of its commits")
    func noKey() throws {
        var table = SampleTable(.append)
        table.schema.rowKey = []
        var entries: [FileEntry] = []
        for file in 0..<5 {
            let rows = (0..<30).map {
                SampleRow(key: "x", number: Double(-$0), serial: Int64(file * 30 + $0))
            }
            entries += try table.write(rows, options: MergeRunTests.small)
        }
        for smallest in [1, 1 << 20] {
            var options = MergeRunTests.small
            options.smallestPassedBytes = smallest
            options.targetFileSizeBytes = 1_000
            let result = try table.merge(entries.reversed(), options: options)
            #expect(result.outputs.count > 1)
            #expect((result.rowsPassedThrough > 0) == (smallest == 1))
            let stored = try result.outputs.flatMap { try table.stored($0) }
            #expect(stored.map(\.serial) == (0..<150).map { Int64($0) })
        }
    }

    @Test("a clipped merge takes the rows of its range alone")
    func clipped() throws {
        let table = SampleTable(.append)
        let rows = (0..<300).map { SampleRow(key: "k\(1_000 + $0 / 2)", number: nil, serial: Int64($0)) }
        let entries = try table.write(rows, options: DataFileOptions(rowGroupBytes: 700, pageBytes: 200))
        let keys = KeyEncoder(schema: SampleTable.schema).encode(table.batch(rows))
        for (low, high) in [(0, 300), (1, 2), (10, 11), (100, 200), (299, 300), (50, 50)] {
            let range = KeyRange(min: keys[low], max: high < 300 ? keys[high] : nil)
            let expected = rows.indices.filter { range.contains(keys[$0]) }.map { rows[$0] }
            let result = try MergeRun(
                entries.map { MergeInput($0, range: range) }, table.context
            ).run()
            #expect(try result.outputs.flatMap { try table.stored($0) } == expected)
            #expect(result.rowsIn == Int64(expected.count))
        }
    }

    @Test(
        "row groups inside the clip are passed through, with a page index or without",
        arguments: [true, false])
    func clippedPassThrough(hasIndex: Bool) throws {
        let table = SampleTable(.append)
        var entries: [FileEntry] = []
        var rows: [[SampleRow]] = []
        for file in 0..<2 {
            rows.append(
                (0..<300).map {
                    SampleRow(key: "k\(10_000 + file * 300 + $0 / 2 * 2)", number: nil, serial: Int64($0))
                })
            entries += try table.write(
                rows[file], options: DataFileOptions(rowGroupBytes: 700, pageBytes: 200))
        }
        if !hasIndex {
            for entry in entries {
                let key: ByteString = "flights/" + entry.path
                let bytes = try KeyTable.withoutPageIndex(try table.storage.get(key))
                try table.storage.delete(key)
                try table.storage.putIfAbsent(key, bytes)
            }
        }
        let encoder = KeyEncoder(schema: SampleTable.schema)
        let keys = rows.map { encoder.encode(table.batch($0)) }
        for (low, high) in [(100, 200), (0, 300), (131, 150), (7, 260), (290, 300)] {
            // The files follow each other: the end of the one, the beginning of the other.
            let range = KeyRange(min: keys[0][low], max: high < 300 ? keys[1][high] : nil)
            let result = try MergeRun(
                entries.map { MergeInput($0, range: range) }, table.context, files: MergeRunTests.small
            ).run()
            let kept = rows.indices.map { file in
                rows[file].indices.filter { range.contains(keys[file][$0]) }.map { rows[file][$0] }
            }
            #expect(try result.outputs.flatMap { try table.stored($0) } == kept.flatMap { $0 })
            #expect(entries.map { result.rowsInByFile[$0.id] ?? 0 } == kept.map { Int64($0.count) })
            // Only the row groups at the two ends are decoded.
            #expect(result.rowsPassedThrough >= result.rowsOut - 200 && result.rowsPassedThrough > 0)
        }
    }

    @Test("progress ends at the bytes of the inputs and never goes back")
    func progress() throws {
        let table = SampleTable(.append)
        var random = SeededGenerator(seed: 3)
        var entries: [FileEntry] = []
        for _ in 0..<3 {
            let rows = SampleRow.stableSorted((0..<90).map { SampleRow.random($0, &random) })
            entries += try table.write(rows)
        }
        let seen = Mutex<[Int64]>([])
        _ = try MergeRun(
            entries.map { MergeInput($0) }, table.context,
            progress: { bytes in seen.withLock { $0.append(bytes) } }
        ).run()
        let values = seen.withLock { $0 }
        #expect(values == values.sorted())
        #expect(values.last == entries.reduce(0) { $0 + $1.sizeBytes })
    }

    @Test("a merge of nothing, or of files without rows, writes nothing")
    func empty() throws {
        for kind in [TableKind.append, .upsert] {
            let table = SampleTable(kind)
            let result = try table.merge([])
            #expect(result.outputs.isEmpty && result.rowsIn == 0)
            #expect(table.storage.allKeys.isEmpty)
            #expect(try table.truth([]) == [])
        }
    }
}
