import Bytes
import Compaction
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("writes into a table whose compaction is behind")
struct BackPressureTests {
    /// A table at the floor of its rate, on a clock that stands, and one file open for writing.
    private final class Pressed {
        let clock = ManualClock()
        let client: TreeClient
        let table: Table
        let node: NodeID
        let handle: FileHandleID

        init() throws {
            client = try TreeClient(clock: clock)
            #expect(client.mkdir("t") == 0)
            #expect(client.copy("k\n1\n", to: "t/ingest/first.csv") == 0)
            table = try client.store.table("t")
            (node, handle) = try Self.create(client, "a.csv")
            try press()
            for _ in 0..<100 {
                clock.advance(milliseconds: 200)
                table.backPressure.review()
            }
            #expect(client.status("t", "ingestRate")?.hasPrefix("65536 ") == true)
            // What was saved up is used.
            #expect(answer(to: write(1 << 20)) != nil)
        }

        deinit {
            client.end()
            table.compactor.stop()
        }

        static func create(_ client: TreeClient, _ name: ByteString) throws -> (NodeID, FileHandleID) {
            let parent = try #require(client.node("t/ingest"))
            let made = client.ask(.create) {
                client.tree.create(parent, name, mode: 0o644, flags: 0o101, client.context, $0)
            }
            return (try #require(made.entry?.node), try #require(made.opened?.handle))
        }

        /// Thirty runs, held by a job of another session.
        private func press() throws {
            let files = (1...30).map { number in
                FileEntry(
                    path: ByteString("data/20240131T123456Z-" + Hex.string(UInt64(number)) + ".parquet"),
                    id: FileID(UInt64(number)), partitionValues: PartitionTuple([]), sizeBytes: 1_000,
                    modificationTime: 17)
            }
            let job = Job(
                id: JobID(1), partition: PartitionID(""), inputs: files.map(\.id), status: .running,
                session: SessionID(7), strategy: "requested", reason: "test")
            try table.commit("TEST", actions: files.map(Action.add) + [.operation(.putJob(job))])
            table.compactor.start()
        }

        /// Begins a write and does not wait for its answer.
        func write(_ count: Int, _ context: RequestContext? = nil) -> UInt64 {
            write(count, to: node, handle, context)
        }

        func write(
            _ count: Int, to node: NodeID, _ handle: FileHandleID, _ context: RequestContext? = nil
        ) -> UInt64 {
            [UInt8](repeating: UInt8(ascii: "1"), count: count).withUnsafeBytes { bytes in
                client.begin(.write) {
                    client.tree.write(node, handle, offset: 0, bytes, context ?? client.context, $0)
                }
            }
        }

        func answer(to request: UInt64) -> Int64? {
            guard case .number(let count)? = client.replies.answer(of: request) else { return nil }
            return count
        }
    }

    @Test("only the answer to the write waits; everything else is answered")
    func others() throws {
        let pressed = try Pressed()
        let client = pressed.client
        let (node, handle) = try Pressed.create(client, "b.csv")
        let (late, lateHandle) = try Pressed.create(client, ".late.csv")
        let small = pressed.write(4, to: node, handle)
        pressed.clock.advance(milliseconds: 70)
        #expect(client.wait(for: small).error == nil, "a small write does not wait for a large one")
        let held = pressed.write(1 << 20)
        let second = pressed.write(4, to: late, lateHandle)
        #expect(pressed.answer(to: held) == nil && pressed.answer(to: second) == nil)

        #expect(client.list("t/live").count == 31)
        #expect(client.read("t/status").contains("31 runs"))
        #expect(client.read("t/ingest/first.csv") == "k\n1\n")
        #expect(client.overwrite("t/ctl", "checkpoint\n") == 0)
        #expect(client.overwrite("t/properties/gc.delayMinutes", "20\n") == 0)
        let synced = client.ask(.fsync) {
            client.tree.fsync(pressed.node, pressed.handle, dataOnly: false, client.context, $0)
        }
        #expect(synced.error == nil)
        #expect(client.rename("t/ingest/.late.csv", "t/ingest/.later.csv") == 0)
        // The close commits, or refuses: it answers.
        _ = client.close(node, handle)
        #expect(pressed.answer(to: held) == nil && pressed.answer(to: second) == nil)

        pressed.clock.advance(milliseconds: 17_000)
        pressed.table.backPressure.review()
        #expect(pressed.answer(to: held) == 1 << 20 && pressed.answer(to: second) == 4)
    }

    @Test("programs are asked to write less at a time, as one held write holds up who removes the file")
    func blockSize() throws {
        let pressed = try Pressed()
        #expect(pressed.client.attributes("t/ingest/a.csv")?.blockSizeBytes == 128 << 10)
        pressed.client.tree.stopping()
        #expect(pressed.client.attributes("t/ingest/a.csv")?.blockSizeBytes == 1 << 20)
    }

    @Test("an interrupted write is answered as done, and its bytes are there")
    func interruption() throws {
        let pressed = try Pressed()
        let held = pressed.write(1 << 20)
        #expect(pressed.answer(to: held) == nil)
        pressed.client.replies.interrupt(held)
        #expect(pressed.answer(to: held) == 1 << 20)
        #expect(pressed.client.attributes("t/ingest/a.csv")?.sizeBytes == 1 << 20)
    }

    @Test("the end of the mount answers what waits")
    func stopping() throws {
        let pressed = try Pressed()
        let held = (0..<3).map { _ in pressed.write(1 << 20) }
        #expect(held.map { pressed.answer(to: $0) } == [nil, nil, nil])
        pressed.client.tree.stopping()
        #expect(held.map { pressed.answer(to: $0) } == [1 << 20, 1 << 20, 1 << 20])
        #expect(pressed.answer(to: pressed.write(1 << 20)) == 1 << 20)
    }

    @Test("what the kernel writes back by itself is counted and not held")
    func writeback() throws {
        let pressed = try Pressed()
        var context = pressed.client.context
        context.isWriteback = true
        let request = pressed.write(65_536, context)
        #expect(pressed.answer(to: request) == 65_536)
    }

    @Test("a file's first write counts for four kibibytes, further ones for their bytes")
    func smallFiles() throws {
        let pressed = try Pressed()
        // Until the debt is paid.
        pressed.clock.advance(milliseconds: 60_000)
        pressed.table.backPressure.review()
        var held: [UInt64] = []
        for index in 0..<4 {
            let (node, handle) = try Pressed.create(pressed.client, ByteString("s\(index).csv"))
            held.append(pressed.write(1, to: node, handle))
        }
        // A tenth of a second was saved up: one file and a half, and the third one finds a debt.
        #expect(held.map { pressed.answer(to: $0) != nil } == [true, true, false, false])
        pressed.clock.advance(milliseconds: 100)
        pressed.table.backPressure.review()
        #expect(held.map { pressed.answer(to: $0) } == [1, 1, 1, 1])
        pressed.clock.advance(milliseconds: 60_000)
        pressed.table.backPressure.review()
        for _ in 0..<1_000 {
            #expect(pressed.answer(to: pressed.write(1)) == 1)
        }
    }
}
