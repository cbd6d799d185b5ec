import Bytes
import Metadata
import Platform
import Synchronization
import TestKit
import Testing

@testable import Merge

@Suite("Ranges of a merge that make room")
struct RangePaceTests {
    private static let limit: UInt64 = 10_000_000_000

    /// Waits on a thread of its own; whether it went on, and whether it threw.
    private final class Waiter: Sendable {
        private let ending = Monitor<String?>(nil)

        init(_ pace: RangePace, _ ticket: Int, _ cancellation: Cancellation = Cancellation()) {
            _ = Thread.spawn(name: "waiter") { [ending] in
                do {
                    try pace.wait(ticket, cancellation)
                    ending.update { $0 = "went on" }
                } catch {
                    ending.update { $0 = "threw" }
                }
            }
        }

        func end(within nanoseconds: UInt64 = limit) -> String? {
            ending.wait(atMostNanoseconds: nanoseconds) { $0 }
        }
    }

    @Test("the first goes on; others do when they may, when it has ended, or when all is to stop")
    func waiting() {
        let isIdle = Mutex(false)
        let pace = RangePace { isIdle.withLock { $0 } }
        let (first, second, third) = (pace.enter(), pace.enter(), pace.enter())
        #expect(Waiter(pace, first).end() == "went on")
        let waiter = Waiter(pace, second)
        #expect(waiter.end(within: 120_000_000) == nil)
        pace.leave(first)
        #expect(waiter.end() == "went on")
        let last = Waiter(pace, third)
        #expect(last.end(within: 120_000_000) == nil)
        isIdle.withLock { $0 = true }
        #expect(last.end() == "went on")
        isIdle.withLock { $0 = false }
        let cancellation = Cancellation()
        let stopped = Waiter(pace, third, cancellation)
        cancellation.cancel()
        #expect(stopped.end() == "threw")
    }

    @Test("where they may not run together, ranges are merged one after the other", arguments: [2, 3])
    func sequence(count: Int) throws {
        let table = SampleTable(.append)
        var entries: [FileEntry] = []
        for file in 0..<4 {
            entries += try table.write(
                (0..<400).map {
                    SampleRow(key: "k\(10_000 + $0 * 4 + file)", number: nil, serial: Int64($0))
                }, options: DataFileOptions(rowGroupBytes: 2_000, pageBytes: 200, smallestPassedBytes: 1))
        }
        for _ in 0..<5 {
            var options = MergeRun.Options(rangeCount: count)
            options.mayRunSeveral = { false }
            let parts = Box<[JobPart]>([])
            let result = try MergeRun(
                entries.map { MergeInput($0) }, table.context,
                files: DataFileOptions(
                    targetFileSizeBytes: 400, rowGroupBytes: 700, pageBytes: 200, smallestPassedBytes: 1),
                options: options, onPart: { part in parts.update { $0.append(part) } }
            ).run()
            let told = parts.value
            #expect(told.count > 2 * count && told.flatMap(\.outputs) == result.outputs)
            for (part, next) in zip(told, told.dropFirst()) { #expect(part.maxKey == next.minKey) }
            #expect(result.rowsIn == 1_600)
        }
    }
}
