import Bytes
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("firn changes")
struct ChangesCommandTests {
    /// Versions 1 to 3 add a file each, version 4 removes the second.
    private func sample() throws -> (ScratchStore, Table) {
        let scratch = try ScratchStore()
        let table = try scratch.store.createTable("t", TableCreation())
        for number in 1...3 as ClosedRange<UInt64> {
            try table.commit("INGEST", actions: [.add(ScratchStore.entry(number))])
        }
        try table.commit("REMOVE", actions: [ScratchStore.removal(ScratchStore.entry(2))])
        return (scratch, table)
    }

    private func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }

    @Test("changes are told as text and as JSON lines, since a version, a time or a tag")
    func listing() throws {
        let (scratch, table) = try sample()
        let address = scratch.path + "/t"
        let all = try scratch.firn("changes", address, "--json")
        #expect(all.status == 0 && lines(all.output).count == 4, "\(all)")
        #expect(lines(all.output).allSatisfy { $0.contains(#""dataChange":true"#) })
        let text = try scratch.firn("changes", address, "--since", "3").output
        #expect(
            text.hasPrefix("version 4  ") && text.contains("REMOVE\n  - data/") && lines(text).count == 2,
            "\(text)")
        let some = try scratch.firn("changes", address, "--since=1", "--until=2", "--json").output
        #expect(lines(some).count == 1 && some.contains(#""version":2"#), "\(some)")
        try table.commit("TAG", actions: [.operation(.putTag(name: "good", version: Version(2)))])
        let tagged = try scratch.firn("changes", address, "--since", "good", "--json").output
        #expect(lines(tagged).count == 2 && tagged.contains(#""change":"remove""#), "\(tagged)")
        let time = ByteString(TimestampText.iso(milliseconds: table.state.timestamp))
        let none = try scratch.firn("changes", address, "--since", time)
        #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("no file changed"), "\(none)")
        #expect(
            lines(try scratch.firn("changes", address, "--since", "1999-12-31", "--json").output).count == 4)
        let bad = try scratch.firn("changes", address, "--since", "yesterday")
        #expect(bad.status == 1 && bad.errors.contains("its tags are good"), "\(bad)")
        let future = try scratch.firn("changes", address, "--until", "9")
        #expect(future.status == 1 && future.errors.contains("version 9 is missing"), "\(future)")
    }

    @Test("what a job moved is marked, and left out where only data is asked for")
    func jobs() throws {
        let (scratch, table) = try sample()
        var output = ScratchStore.entry(9)
        output.dataChange = false
        output.job = JobID(5)
        var removal = FileRemoval(
            path: ScratchStore.entry(1).path, id: ScratchStore.entry(1).id, deletionTimestamp: 0,
            dataChange: false,
            sizeBytes: 1)
        removal.job = JobID(5)
        try table.commit("COMPACT", actions: [.remove(removal), .add(output)])
        let address = scratch.path + "/t"
        let marked = try scratch.firn("changes", address, "--since", "4", "--json").output
        #expect(lines(marked).count == 2)
        #expect(
            lines(marked).allSatisfy {
                $0.contains(#""dataChange":false"#) && $0.contains("0000000000000005")
            })
        #expect(try scratch.firn("changes", address, "--since", "4", "--json", "--data-only").output.isEmpty)
        #expect(
            try scratch.firn("changes", address, "--since", "4").output.contains(
                "moved by job 0000000000000005"))
    }

    @Test(
        "what is beyond retention is refused with the version from which on it can be had and what to raise")
    func beyondRetention() throws {
        let (scratch, table) = try sample()
        try table.checkpoint()
        try table.commit("INGEST", actions: [.add(ScratchStore.entry(7))])
        for version in 0...4 {
            let name = ByteString("_transaction_log/0000000000000000000\(version).json")
            try FileSystemCalls.unlink(scratch.path + "/t/" + name)
        }
        let address = scratch.path + "/t"
        let refused = try scratch.firn("changes", address, "--since", "2")
        #expect(refused.status == 1, "\(refused)")
        for words in ["beyond retention", "is 4", "log.retention.hours"] {
            #expect(refused.errors.contains(words), "\(refused)")
        }
        #expect(lines(try scratch.firn("changes", address, "--since", "4", "--json").output).count == 1)
        // From the beginning the oldest state stands for all that led to it.
        let all = lines(try scratch.firn("changes", address, "--json").output)
        #expect(all.count == 3 && all.filter { $0.contains(#""after":-1,"version":4"#) }.count == 2, "\(all)")
    }

    @Test("following tells what any process commits, and ends well by a signal or when nobody reads")
    func follow() throws {
        let (scratch, table) = try sample()
        let binary = try FirnCommand.binary()
        let address = scratch.path + "/t"
        let child = try ChildProcess([binary, "changes", address, "--since", "3", "--json", "--follow"])
        func wait(_ count: Int) -> Bool {
            let clock = SystemClock()
            let deadline = clock.monotonicNanoseconds() + 20_000_000_000
            while clock.monotonicNanoseconds() < deadline {
                if child.standardOutput.filter({ $0 == UInt8(ascii: "\n") }).count >= count { return true }
                Thread.sleep(nanoseconds: 10_000_000)
            }
            return false
        }
        #expect(wait(1))
        try table.commit("INGEST", actions: [.add(ScratchStore.entry(20)), .add(ScratchStore.entry(21))])
        #expect(wait(3))
        try table.commit("INGEST", actions: [.add(ScratchStore.entry(22))])
        #expect(wait(4))
        child.send(Signal.interrupt.rawValue)
        #expect(child.wait(atMostSeconds: 20) == .exited(0))
        let text = String(decoding: child.standardOutput, as: UTF8.self)
        #expect(lines(text).count == 4 && lines(text)[0].contains(#""change":"remove""#), "\(text)")

        let piped = try ProcessRunner.run(
            ["/bin/sh", "-c", "\"$0\" changes \"$1\" --json --follow | head -2", binary, address],
            timeoutSeconds: 30)
        #expect(piped.ending == .exited(0) && lines(piped.outputText).count == 2, "\(piped.outputText)")
        let bounded = try scratch.firn("changes", address, "--follow", "--until", "3", "--json")
        #expect(bounded.status == 0 && lines(bounded.output).count == 3, "\(bounded)")
    }
}
