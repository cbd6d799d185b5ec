import Bytes
import Metadata
import Platform
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
        beat.pins["flights"] = .init(
            versions: [Version(41), Version(7)], files: [FileID(0x7F)], until: [Version(7): 1_700_000_900_000]
        )
        #expect(try Heartbeat(decoding: beat.encoded) == beat)
        // One that says no ends is as good.
        let text = String(decoding: beat.encoded, as: UTF8.self)
        let older = text.replacing(#""until":[1700000900000,null],"#, with: "")
        #expect(older != text)
        beat.pins["flights"]?.until = [:]
        #expect(try Heartbeat(decoding: Array(older.utf8)) == beat)
    }

    @Test("half a heartbeat is an error at every length")
    func truncated() {
        let bytes = heartbeat(1).encoded
        for length in 0..<(bytes.count - 2) {
            #expect(throws: DecodeError.self) { try Heartbeat(decoding: Array(bytes[..<length])) }
        }
    }

    private let second: UInt64 = 1_000_000_000

    @Test("a counter that stands still for a minute of the observer's time means death, whatever clocks say")
    func silence() {
        var observer = SessionObserver(ownSpace: "boot-a", isGone: { _, _ in true })
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 0).isEmpty)
        #expect(observer.observe([heartbeat(1)], nowNanoseconds: 59 * second).isEmpty)
        let beating = heartbeat(1, counter: 2)
        #expect(observer.observe([beating], nowNanoseconds: 60 * second).isEmpty)
        #expect(observer.observe([beating], nowNanoseconds: 119 * second).isEmpty)
        let dead = observer.observe([beating], nowNanoseconds: 120 * second)
        #expect(dead.map(\.id) == [SessionID(1)])
    }

    @Test("a process that is gone is dead at once, but only where its number means the same to the observer")
    func goneProcess() {
        let gone = { @Sendable (_: Int32, start: UInt64) in start == 99 }
        var same = SessionObserver(ownSpace: "boot-b", isGone: gone)
        #expect(same.observe([heartbeat(1)], nowNanoseconds: 0).count == 1)
        var alive = SessionObserver(ownSpace: "boot-b", isGone: { _, _ in false })
        #expect(alive.observe([heartbeat(1)], nowNanoseconds: 0).isEmpty)
        // A container of the same kernel numbers its processes apart.
        for space in ["boot-b/4026531836", ""] as [ByteString] {
            var other = SessionObserver(ownSpace: space, isGone: gone)
            #expect(other.observe([heartbeat(1)], nowNanoseconds: 0).isEmpty)
            #expect(
                other.observe([heartbeat(1, boot: space)], nowNanoseconds: 1).count == (space == "" ? 0 : 1))
        }
    }

    @Test("a session of this process is told from one that had its number before")
    func ownProcess() throws {
        let start = try Processes.status(of: Processes.currentID).startTicks
        #expect(!Processes.isGone(Processes.currentID, startTicks: start))
        #expect(Processes.isGone(Processes.currentID, startTicks: start + 1))
        #expect(Processes.isGone(0x3FFF_FFFF, startTicks: start))
        #expect(Processes.idSpace().hasPrefix(try Processes.bootID() + "/"))
    }
}
