import Bytes
import JSON
import Platform
import Synchronization
import Telemetry
import Testing

@Suite("Logging")
struct LogTests {
    private struct FixedClock: Clock {
        func nowMilliseconds() -> Int64 { 1_706_704_496_123 }
        func monotonicNanoseconds() -> UInt64 { 0 }
    }

    private final class Lines: Sendable {
        private let text = Mutex("")

        var content: String { text.withLock { $0 } }

        func log(_ level: LogLevel, _ format: Log.Format) -> Log {
            Log(level: level, format: format, clock: FixedClock()) { line in
                self.text.withLock { $0 += String(decoding: line, as: UTF8.self) }
            }
        }
    }

    @Test("text lines have a time, a level, a message and fields")
    func text() {
        let lines = Lines()
        let log = lines.log(.info, .text).with("table", "flights")
        log.info("committed\nit", ["version": 3, "path": "a b", "plain": .string("x/y"), "none": nil])
        log.error("bad")
        #expect(
            lines.content == """
                2024-01-31T12:34:56.123Z info committed it table=flights version=3 path="a b" plain=x/y none=null
                2024-01-31T12:34:56.123Z error bad table=flights

                """)
    }

    @Test("JSON lines are JSON")
    func json() throws {
        let lines = Lines()
        lines.log(.debug, .json).warning("slow \"disk\"", ["seconds": 1.5])
        let line = lines.content
        #expect(line.hasSuffix("}\n"))
        let value = try JSONValue.parse(Array(line.utf8))
        #expect(
            value == [
                "time": "2024-01-31T12:34:56.123Z", "level": "warning", "message": "slow \"disk\"",
                "seconds": 1.5,
            ])
    }

    @Test("a line below the level is not even made")
    func levels() {
        let lines = Lines()
        let made = Atomic<Int>(0)
        func message() -> String {
            made.wrappingAdd(1, ordering: .relaxed)
            return "x"
        }
        lines.log(.warning, .text).info(message())
        Log.disabled.error(message())
        let count = made.load(ordering: .relaxed)
        #expect(count == 0 && lines.content.isEmpty)
        #expect(LogLevel(name: "warning") == .warning && LogLevel(name: "loud") == nil)
    }
}
