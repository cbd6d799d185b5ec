import Bytes
import Merge
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing

@Suite("A merge of several ranges, in parts, taken up again")
struct MergePartsTests {
    private static let small = DataFileOptions(
        targetFileSizeBytes: 400, rowGroupBytes: 700, pageBytes: 200, smallestPassedBytes: 1)

    /// A table, files of it and how they are merged.
    struct Job {
        let table: SampleTable
        let entries: [FileEntry]
        var options: MergeRun.Options
        /// The keys of each input's rows.
        var keys: [FileID: [ByteString]] = [:]

        func run(
            _ finished: [JobPart] = [], cancellation: Cancellation = Cancellation(),
            progress: @escaping @Sendable (Int64) -> Void = { _ in },
            onPart: (@Sendable (JobPart) throws -> Void)?
        ) throws -> MergeResult {
            try MergeRun(
                entries.map { MergeInput($0) }, table.context, files: MergePartsTests.small, options: options,
                finished: finished, onPart: onPart, progress: progress, cancellation: cancellation
            ).run()
        }

        func rows(_ files: [FileEntry]) throws -> [SampleRow] { try files.flatMap { try table.stored($0) } }

        /// What is in storage and no input.
        var written: Set<ByteString> {
            Set(table.storage.allKeys).subtracting(entries.map { "flights/" + $0.path })
        }
    }

    enum Shape: CaseIterable { case distinct, random, fewKeys, disjoint, aged }

    private static func job(
        _ kind: TableKind, _ shape: Shape, ranges: Int, _ random: inout SeededGenerator, rowCount: Int = 60
    ) throws -> Job {
        let table = SampleTable(kind)
        var entries: [FileEntry] = []
        var serial: Int64 = 0
        for file in 0..<4 {
            let rows = (0..<rowCount).map { place -> SampleRow in
                serial += 1
                var row =
                    switch shape {
                    case .distinct:
                        SampleRow(key: "k\(10_000 + place * 4 + file)", number: nil, serial: serial)
                    case .random: SampleRow.random(serial, &random, keys: 400)
                    case .fewKeys, .aged: SampleRow(key: "k\(place / 10)", number: 1, serial: serial)
                    case .disjoint:
                        SampleRow(key: "k\(10_000 + file * 100 + place)", number: nil, serial: serial)
                    }
                row.isDeleted = kind == .upsert && Int.random(in: 0..<3, using: &random) == 0
                return row
            }
            entries += try table.write(
                SampleRow.stableSorted(rows),
                options: DataFileOptions(rowGroupBytes: 2_000, pageBytes: 200, smallestPassedBytes: 1))
        }
        var job = Job(
            table: table, entries: entries,
            options: MergeRun.Options(dropsDeletes: kind == .upsert, rangeCount: ranges))
        // The serials of the first two files are too low.
        if shape == .aged { job.options.age = RowAge(column: "serial", cutoff: Int128(rowCount * 2)) }
        for entry in entries {
            let keys = KeyEncoder(schema: SampleTable.schema).encode(table.batch(try table.stored(entry)))
            job.keys[entry.id] = (0..<keys.count).map { keys[$0] }
        }
        return job
    }

    /// What must hold of the parts of a whole merge.
    private func check(_ parts: [JobPart], _ result: MergeResult, _ job: Job) throws {
        let ordered = parts.sorted { ($0.minKey ?? "") < ($1.minKey ?? "") }
        #expect(ordered.first?.minKey == nil && ordered.last?.maxKey == nil)
        for (left, right) in zip(ordered, ordered.dropFirst()) {
            #expect(left.maxKey == right.minKey && left.maxKey != nil)
        }
        #expect(ordered.flatMap(\.outputs) == result.outputs)
        for part in ordered {
            #expect(part.rowsIn == part.rowsOut + part.rowsDropped)
            let range = KeyRange(min: part.minKey, max: part.maxKey)
            for file in job.entries {
                let inside = job.keys[file.id]?.count { range.contains($0) }
                #expect(part.rowsInByFile[file.id] ?? 0 == Int64(inside ?? -1))
            }
        }
        #expect(
            result.rowsInByFile
                == [FileID: Int64](
                    uniqueKeysWithValues: job.entries.map { ($0.id, $0.rowCount ?? -1) }))
    }

    @Test(
        "several ranges at once give the rows of one, in key order", arguments: [TableKind.append, .upsert],
        Shape.allCases)
    func ranges(kind: TableKind, shape: Shape) throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        let one = try MergePartsTests.job(kind, shape, ranges: 1, &random)
        let expected = try one.rows(try one.run(onPart: nil).outputs)
        for count in [1, 2, 3] {
            var job = one
            job.options.rangeCount = count
            let parts = Box<[JobPart]>([])
            let result = try job.run { part in parts.update { $0.append(part) } }
            #expect(try job.rows(result.outputs) == expected, "seed \(seed), \(count) ranges")
            try check(parts.value, result, job)
            #expect(parts.value.count >= count)
            if kind == .append, shape != .aged {
                #expect(result.outputs.count > 2, "a file ends at its size, however many rows a key has")
            }
            for (left, right) in zip(result.outputs, result.outputs.dropFirst()) {
                let (end, start) = try (#require(left.maxKey), #require(right.minKey))
                #expect(end < start, "seed \(seed)")
            }
        }
    }

    @Test(
        "a merge that is cancelled after any output goes on behind it, and no row is there twice",
        arguments: [TableKind.append, .upsert], [1, 2])
    func resumes(kind: TableKind, ranges: Int) throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        var stops = 0
        for shape in Shape.allCases {
            let whole = try MergePartsTests.job(kind, shape, ranges: ranges, &random)
            let expected = try whole.rows(try whole.run(onPart: nil).outputs)
            var stopAfter = 1
            while true {
                let parts = Box<[JobPart]>([])
                // The uninterrupted merge has left its outputs; only what is new counts.
                let before = whole.written
                let cancellation = Cancellation()
                do {
                    _ = try whole.run(cancellation: cancellation) { [stopAfter] part in
                        parts.update { $0.append(part) }
                        if parts.value.count == stopAfter { cancellation.cancel() }
                    }
                } catch is CancellationError {}
                let told = Set(parts.value.flatMap(\.outputs).map { "flights/" + $0.path })
                #expect(whole.written.subtracting(before) == told, "seed \(seed)")
                let first = parts.value
                let rest = Box<[JobPart]>([])
                let progress = Box<[Int64]>([])
                let result = try whole.run(
                    first, progress: { bytes in progress.update { $0.append(bytes) } }
                ) { part in rest.update { $0.append(part) } }
                #expect(try whole.rows(result.outputs) == expected, "seed \(seed), \(shape), \(stopAfter)")
                try check(first + rest.value, result, whole)
                #expect(progress.value == progress.value.sorted())
                #expect(progress.value.last == whole.entries.reduce(0) { $0 + $1.sizeBytes })
                if first.count < stopAfter { break }
                stopAfter += 1
                stops += 1
            }
        }
        #expect(stops > 10)
    }

    @Test("a merge that is stopped after each output by itself comes to its end")
    func stepByStep() throws {
        var random = SeededGenerator(seed: 12)
        for ranges in [1, 2] {
            let job = try MergePartsTests.job(.append, .random, ranges: ranges, &random)
            let expected = try job.rows(try job.run(onPart: nil).outputs)
            let parts = Box<[JobPart]>([])
            var attempts = 0
            while true {
                attempts += 1
                let cancellation = Cancellation()
                do {
                    let result = try job.run(parts.value, cancellation: cancellation) { part in
                        parts.update { $0.append(part) }
                        cancellation.cancel()
                    }
                    #expect(try job.rows(result.outputs) == expected)
                    try check(parts.value, result, job)
                    break
                } catch is CancellationError {
                    try #require(attempts < 100)
                }
            }
            #expect(attempts > 3)
        }
    }

    @Test(
        "a fault at any step leaves the outputs that were told and nothing else, and the merge goes on from them"
    )
    func faults() throws {
        var random = SeededGenerator(seed: 3)
        for ranges in [1, 2] {
            let job = try MergePartsTests.job(.append, .distinct, ranges: ranges, &random, rowCount: 40)
            let expected = try job.rows(try job.run(onPart: nil).outputs)
            for file in job.written { try job.table.storage.delete(file) }
            var step = 1
            var resumed = 0
            while true {
                let parts = Box<[JobPart]>([])
                job.table.storage.inject(.error(.unavailable), atOperation: step)
                let hasFailed: Bool
                do {
                    _ = try job.run { part in parts.update { $0.append(part) } }
                    hasFailed = false
                } catch { hasFailed = true }
                job.table.storage.clearFaults()
                let told = Set(parts.value.flatMap(\.outputs).map { "flights/" + $0.path })
                #expect(job.written == told, "step \(step)")
                let result = try job.run(parts.value, onPart: nil)
                #expect(try job.rows(result.outputs) == expected, "step \(step)")
                if hasFailed, !parts.value.isEmpty { resumed += 1 }
                for file in job.written { try job.table.storage.delete(file) }
                if !hasFailed { break }
                step += 1
            }
            #expect(step > 10 && resumed > 3)
        }
    }

    @Test("who cannot write down a part ends the merge; the file stays, as it may have been written down")
    func partRefused() throws {
        var random = SeededGenerator(seed: 8)
        for ranges in [1, 2] {
            let job = try MergePartsTests.job(.append, .distinct, ranges: ranges, &random)
            var refused = 1
            while true {
                let parts = Box<[JobPart]>([])
                var error: (any Error)?
                do {
                    _ = try job.run { [refused] part in
                        parts.update { $0.append(part) }
                        if parts.value.count == refused { throw StorageError(.unavailable, .put, "log") }
                    }
                } catch let thrown { error = thrown }
                let told = Set(parts.value.flatMap(\.outputs).map { "flights/" + $0.path })
                #expect(job.written == told, "part \(refused)")
                for file in job.written { try job.table.storage.delete(file) }
                if parts.value.count < refused { break }
                #expect((error as? StorageError)?.kind == .unavailable)
                refused += 1
            }
            #expect(refused > 3)
        }
    }

    @Test("parts that cannot be of the merge are refused, and nothing is written")
    func unusable() throws {
        var random = SeededGenerator(seed: 5)
        let job = try MergePartsTests.job(.append, .distinct, ranges: 1, &random)
        let told = Box<[JobPart]>([])
        _ = try job.run { part in told.update { $0.append(part) } }
        let parts = told.value
        #expect(try job.run(parts, onPart: nil).rowsPassedThrough == 0)
        let before = job.written
        func refused(_ what: String, _ change: (inout [JobPart]) -> Void) {
            var changed = Array(parts[..<3])
            change(&changed)
            let error = #expect(throws: MergeError.self) { _ = try job.run(changed, onPart: nil) }
            #expect(error?.kind == .resuming, "\(what): \(String(describing: error))")
            #expect(job.written == before)
        }
        refused("overlapping") { $0[0].maxKey = parts[2].maxKey }
        refused("twice") { $0.append($0[1]) }
        refused("rows that do not add up") { $0[1].rowsIn += 1 }
        refused("another file's rows") { $0[1].rowsInByFile = [FileID(1): $0[1].rowsIn] }
        refused("an output of another size") { $0[1].outputs[0].sizeBytes += 1 }
        refused("an output that is gone") { $0[1].outputs[0].path = "data/gone.parquet" }
        // Rows counted short, consistently: found out at the end, by the rows of the inputs.
        var short = Array(parts[..<2])
        short[1].rowsIn -= 1
        short[1].outputs[0].rowCount? -= 1
        let file = try #require(short[1].rowsInByFile.keys.first)
        short[1].rowsInByFile[file]? -= 1
        let error = #expect(throws: MergeError.self) { _ = try job.run(short, onPart: nil) }
        #expect(error?.kind == .accounting)
        #expect(job.written == before)
    }

    @Test("a table without a row key is merged in one range and tells no parts")
    func noKey() throws {
        var table = SampleTable(.append)
        table.schema.rowKey = []
        var entries: [FileEntry] = []
        for file in 0..<3 {
            let rows = (0..<60).map { SampleRow(key: "x", number: nil, serial: Int64(file * 60 + $0)) }
            entries += try table.write(rows, options: MergePartsTests.small)
        }
        let job = Job(table: table, entries: entries, options: MergeRun.Options(rangeCount: 2))
        let result = try job.run { _ in Issue.record("a part of a table without a key") }
        #expect(try job.rows(result.outputs).map(\.serial) == (0..<180).map { Int64($0) })
        #expect(result.outputs.count > 1)
        #expect(result.rowsInByFile.values.allSatisfy { $0 > 0 })
        let before = job.written
        let cancellation = Cancellation()
        #expect(throws: CancellationError.self) {
            _ = try job.run(
                cancellation: cancellation, progress: { _ in cancellation.cancel() }, onPart: { _ in })
        }
        #expect(job.written == before)
    }
}

/// A value that threads of a test share.
final class Box<Value>: Sendable {
    private let monitor: Monitor<Value>
    init(_ value: sending Value) { monitor = Monitor(value) }
    var value: Value { monitor.withLock { $0 } }
    func update(_ body: (inout Value) -> Void) { monitor.withLock { body(&$0) } }
}
