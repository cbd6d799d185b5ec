import Bytes
import JSON
import Synchronization

/// What happens to a table, one JSON object a line, newest last: the file `events`.
///
/// It behaves like a log file that is rotated in place: it grows by whole lines, and when it passes its
/// limit its older half is cut away, which `tail -f` understands as a truncation.
package final class EventLog: Sendable {
    private struct Contents {
        var bytes: [UInt8] = []
        /// Changes with every line and every cut.
        var generation: UInt64 = 0
        var modifiedMilliseconds: Int64
        var observers: [Int: @Sendable () -> Void] = [:]
        var nextObserver = 0
    }

    private let limitBytes: Int
    private let contents: Mutex<Contents>

    /// - Parameter limitBytes: beyond this the older half goes.
    package init(limitBytes: Int = 4 << 20, nowMilliseconds: Int64) {
        self.limitBytes = limitBytes
        contents = Mutex(Contents(modifiedMilliseconds: nowMilliseconds))
    }

    /// Adds one line (without its newline).
    package func append(_ line: [UInt8], nowMilliseconds: Int64) {
        let observers = contents.withLock { contents in
            contents.bytes.append(contentsOf: line)
            contents.bytes.append(UInt8(ascii: "\n"))
            if contents.bytes.count > limitBytes { Self.dropOlderHalf(&contents.bytes) }
            contents.generation += 1
            contents.modifiedMilliseconds = nowMilliseconds
            return contents.observers
        }
        for observer in observers.values { observer() }
    }

    /// Adds an event, with the time.
    func record(_ event: JSONObject, nowMilliseconds: Int64) {
        var event = event
        event["time"] = .string(ByteString(TimestampText.iso(milliseconds: nowMilliseconds)))
        append(JSONValue.object(event).compactBytes, nowMilliseconds: nowMilliseconds)
    }

    private static func dropOlderHalf(_ bytes: inout [UInt8]) {
        let middle = bytes.count / 2
        let cut = bytes[middle...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
        bytes.removeFirst(cut)
    }

    package var sizeBytes: Int { contents.withLock { $0.bytes.count } }
    package var generation: UInt64 { contents.withLock { $0.generation } }
    package var modifiedMilliseconds: Int64 { contents.withLock { $0.modifiedMilliseconds } }

    /// Up to `count` bytes from `offset`; empty at or past the end.
    package func read(at offset: Int, count: Int) -> [UInt8] {
        contents.withLock { contents in
            guard offset >= 0, offset < contents.bytes.count else { return [] }
            let end = min(contents.bytes.count, offset + count)
            return Array(contents.bytes[offset..<end])
        }
    }

    /// Calls `observer` after every line, on the thread that wrote it, until ``removeObserver(_:)``.
    @discardableResult
    package func observe(_ observer: @escaping @Sendable () -> Void) -> Int {
        contents.withLock { contents in
            contents.nextObserver += 1
            contents.observers[contents.nextObserver] = observer
            return contents.nextObserver
        }
    }

    /// - Parameter number: what ``observe(_:)`` gave.
    package func removeObserver(_ number: Int) {
        contents.withLock { $0.observers[number] = nil }
    }

    package var observerCount: Int { contents.withLock { $0.observers.count } }
}
