import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("A compactor whose clock is set")
struct ClockTests {
    @Test(
        "tells how fast and how long a job is by the clock that nobody sets",
        arguments: [-3_600_000, 3_600_000])
    func progress(jump: Int64) throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let notes = Mutex<[ByteString]>([])
        table.log.addObserver { _, _, transactions in
            for transaction in transactions where transaction.operation == "COMPACT" {
                let found = transaction.notes.filter { $0.name == "milliseconds" }.map(\.value)
                notes.withLock { $0 += found }
            }
        }
        let clock = table.clock
        let events = EventBox { event in
            guard case .assigned = event else { return }
            clock.set(milliseconds: clock.nowMilliseconds() + jump)
            clock.advance(milliseconds: 2_000)
        }
        #expect(table.compactor(events: events).runOnce() == 1)
        let views = events.all.compactMap { if case .progress(let view) = $0 { view } else { nil } }
        #expect(views.count == 1, "a report each second")
        for view in views { #expect(view.bytesPerSecond == view.bytesDone / 2, "\(view)") }
        #expect(events.summaries.map(\.durationMilliseconds) == [2_000])
        #expect(notes.withLock { $0 } == ["2000"])
    }
}
