import Bytes
import Metadata
import Tables
import Testing

@Suite("Sessions")
struct SessionTests {
    func heartbeat(_ number: UInt64, counter: UInt64 = 1, boot: ByteString = "boot-b", pid: Int32 = 7)
        -> Heartbeat
    {
        Heartbeat(
            id: SessionID(number), counter: counter, host: "host", boot: boot, processID: pid,
            processStart: 99,
            command: "mount", startedAtMilliseconds: 1_700_000_000_000)
    }

    @Test("a heartbeat reads back as it was written, pins included")
    func roundTrip() throws {
        var beat = heartbeat(0xC0FFEE)
        beat.writesSinceMilliseconds = 1_700_000_300_000
        beat.pins["flights"] = .init(versions: [Version(41), Version(7)], files: [FileID(0x7F)])
        #expect(try Heartbeat(decoding: beat.encoded) == beat)
    }

    @Test("half a heartbeat is an error at every length")
    func truncated() {
        let bytes = heartbeat(1).encoded
        for length in 0..<(bytes.count - 2) {
            #expect(throws: DecodeError.self) { try Heartbeat(decoding: Array(bytes[..<length])) }
        }
    }

    @Test("a counter that stands still for a minute of the observer's time means death, whatever clocks say")
    func silence() {
        var observer = SessionObserver(ownBoot: "boot-a")
        let second: UInt64 = 1_000_000_000
        let start: (Int32) -> UInt64? = { _ in nil }
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 0, processStart: start).isEmpty)
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 59 * second, processStart: start).isEmpty)
        let beating = heartbeat(1, counter: 2)
        #expect(observer.observe([beating], nowNanoseconds: 60 * second, processStart: start).isEmpty)
        #expect(observer.observe([beating], nowNanoseconds: 119 * second, processStart: start).isEmpty)
        let dead = observer.observe([beating], nowNanoseconds: 120 * second, processStart: start)
        #expect(dead.map(\.id) == [SessionID(1)])
    }

    @Test("on the same boot a process that is gone, or another of its number, is dead at once")
    func goneProcess() {
        var observer = SessionObserver(ownBoot: "boot-b")
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 0, processStart: { _ in 99 }).isEmpty)
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 0, processStart: { _ in 100 }).count == 1)
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 0, processStart: { _ in nil }).count == 1)
    }
}
