import Bytes
import Merge
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing

struct MergeFailureTests {
    private static let small = DataFileOptions(
        targetFileSizeBytes: 1_500, rowGroupBytes: 700, pageBytes: 200, smallestPassedBytes: 1)

    private func inputs(_ table: SampleTable) throws -> [FileEntry] {
        var random = SeededGenerator(seed: 7)
        var entries: [FileEntry] = []
        for _ in 0..<3 {
            let rows = SampleRow.stableSorted((0..<60).map { SampleRow.random($0, &random) })
            entries += try table.write(rows)
        }
        return entries
    }

    @Test("a fault at any step of storage leaves no output and all inputs")
    func faults() throws {
        let table = SampleTable(.append)
        let entries = try inputs(table)
        let before = table.storage.allKeys
        var step = 1
        while true {
            table.storage.inject(.error(.unavailable), atOperation: step)
            do {
                _ = try table.merge(entries, options: MergeFailureTests.small)
            } catch {
                #expect(
                    table.storage.allKeys == before, "step \(step): \(table.storage.operations.last ?? "")")
                table.storage.clearFaults()
                step += 1
                continue
            }
            break
        }
        #expect(step > 10, "there were steps to fail at")
        #expect(table.storage.allKeys.count > before.count)
    }

    @Test("after a crash at any step every file that was given out is whole")
    func crashes() throws {
        let table = SampleTable(.append)
        let rows = (0..<100).map { SampleRow(key: "k\(1_000 + $0)", number: nil, serial: Int64($0)) }
        var step = 1
        var hasFinished = false
        while !hasFinished {
            let storage = MemoryStorage()
            storage.inject(.crash, atOperation: step)
            let writer = DataFileWriter(table.context(storage), options: MergeFailureTests.small)
            var entries: [FileEntry] = []
            do {
                for start in stride(from: 0, to: 100, by: 10) {
                    try writer.append(table.batch(Array(rows[start..<start + 10])))
                }
                entries = try writer.finish()
                hasFinished = !storage.hasCrashed
            } catch {}
            let after = storage.crashedCopy()
            for entry in entries {
                #expect(try after.get("flights/" + entry.path).count == Int(entry.sizeBytes))
            }
            step += 1
        }
        #expect(step > 5)
    }

    @Test("a cancelled merge leaves no objects")
    func cancelled() throws {
        let table = SampleTable(.append)
        let entries = try inputs(table)
        let before = table.storage.allKeys
        for blocks in 0..<3 {
            let cancellation = Cancellation()
            let countdown = Countdown(blocks)
            let run = MergeRun(
                entries.map { MergeInput($0) }, table.context, files: MergeFailureTests.small,
                progress: { _ in if countdown.isOver() { cancellation.cancel() } }, cancellation: cancellation
            )
            #expect(throws: CancellationError.self) { _ = try run.run() }
            #expect(table.storage.allKeys == before)
        }
    }

    @Test("an error names the file: damaged, short of rows, out of order, missing")
    func named() throws {
        let table = SampleTable(.append)
        let entries = try inputs(table)
        let victim = entries[1]
        let key: ByteString = "flights/" + victim.path
        let bytes = try table.storage.get(key)
        func fails(_ kind: MergeError.Kind, _ entries: [FileEntry]) {
            let error = #expect(throws: MergeError.self) { _ = try table.merge(entries) }
            #expect(error?.kind == kind, "\(String(describing: error))")
            #expect(error?.path == victim.path)
        }
        var lying = victim
        lying.rowCount = 59
        fails(.damaged, [entries[0], lying, entries[2]])
        try table.storage.delete(key)
        fails(.storage, entries)
        var damaged = bytes
        damaged[60] ^= 0x10
        try table.storage.putIfAbsent(key, damaged)
        fails(.damaged, entries)
        try table.storage.delete(key)
        // A file that says it is sorted and is not.
        var unordered = table
        unordered.schema.rowKey = []
        let shuffled = [3, 1, 2].map { SampleRow(key: "k\($0)", number: nil, serial: 1) }
        let wrong = try unordered.write(shuffled)[0]
        let error = #expect(throws: MergeError.self) { _ = try table.merge([entries[0], wrong]) }
        #expect(error?.kind == .order || error?.kind == .damaged)
        #expect(error?.path == wrong.path)
    }

    @Test("rows below those written before are refused and nothing is left")
    func order() throws {
        let table = SampleTable(.append)
        let writer = DataFileWriter(table.context)
        try writer.append(table.batch([SampleRow(key: "b", number: 1, serial: 1)]))
        #expect(throws: MergeError.self) {
            try writer.append(table.batch([SampleRow(key: "a", number: 1, serial: 1)]))
        }
        #expect(table.storage.allKeys.isEmpty)
    }

    @Test("a writer dropped before its end leaves nothing")
    func dropped() throws {
        let table = SampleTable(.append)
        do {
            let writer = DataFileWriter(table.context, options: MergeFailureTests.small)
            for number in 0..<200 {
                try writer.append(table.batch([SampleRow(key: "k\(1_000 + number)", number: 1, serial: 1)]))
            }
            #expect(!table.storage.allKeys.isEmpty)
        }
        #expect(table.storage.allKeys.isEmpty)
    }
}

/// Is over after so many questions.
private final class Countdown: @unchecked Sendable {
    // Asked on the one thread that reads.
    private var left: Int
    init(_ count: Int) { left = count }
    func isOver() -> Bool {
        left -= 1
        return left < 0
    }
}
