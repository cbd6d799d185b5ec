import Bytes
import Compaction
import Metadata
import Platform
import TestKit
import Testing
import TransactionLog

@Suite("A job of many files")
struct MergePassesTests {
    @Test("is merged in passes with the result of one merge", arguments: [TableKind.append, .upsert])
    func passes(kind: TableKind) throws {
        let table = try CompactionTable(kind)
        try table.fill(files: 11)
        let before = try table.rows()
        let stored = table.log.current.totalRows
        let events = EventBox()
        var options = CompactionOptions()
        options.maxInputs = 3
        options.progressMilliseconds = 0
        let compactor = table.compactor(events: events, options: options)
        let result = try compactor.foreground()
        let summary = try #require(result.committed.first)
        #expect(summary.inputFiles == 11 && summary.outputFiles == 1)
        #expect(summary.rowsIn == stored)
        #expect(summary.rowsIn == summary.rowsOut + summary.rowsDropped)
        #expect(try table.rows() == before)
        #expect(try table.strayFiles() == [])
        let done = events.all.compactMap { if case .progress(let view) = $0 { view.bytesDone } else { nil } }
        #expect(done == done.sorted())
        #expect(done.allSatisfy { $0 <= summary.inputBytes })
    }
}
