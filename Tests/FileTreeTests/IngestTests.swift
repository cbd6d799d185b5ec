import Bytes
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("copying into a table")
struct IngestTests {
    private func table() throws -> TreeClient {
        let client = try TreeClient()
        #expect(client.mkdir("t") == 0)
        return client
    }

    @Test("a close is a commit; the name still resolves for a while and is not listed")
    func close() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k,v\n1,a\n2,b\n", to: "t/ingest/a.csv") == 0)
        #expect(client.status("t", "rows") == "2")
        #expect(client.list("t/ingest") == [])
        #expect(client.read("t/ingest/a.csv") == "k,v\n1,a\n2,b\n")
        #expect(client.list("t/receipts") == ["0000000001-a.csv.json"])
        #expect(client.truncate("t/ingest/a.csv", to: 3) == Errno.eperm.rawValue)
        #expect(client.unlink("t/ingest/a.csv") == Errno.eperm.rawValue)
        #expect(client.rename("t/ingest/a.csv", "t/ingest/b.csv") == Errno.eperm.rawValue)
        let node = try #require(client.node("t/ingest/a.csv"))
        let touched = client.ask(.setattr) {
            client.tree.setattr(
                node, AttributeChange(permissions: 0o600, modified: .nanoseconds(5)), handle: nil,
                client.context, $0)
        }
        #expect(touched.attributes?.modified == 5 && touched.attributes?.permissions == 0o600)
    }

    @Test("a truncating open of a committed name begins a new upload; the same content twice commits once")
    func again() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k\n1\n", to: "t/ingest/a.csv") == 0)
        #expect(client.overwrite("t/ingest/a.csv", "k\n1\n") == 0)
        #expect(client.status("t", "version") == "1")
        #expect(client.overwrite("t/ingest/a.csv", "k\n2\n") == 0)
        #expect(client.status("t", "version") == "2")
        #expect(client.status("t", "rows") == "2")
    }

    @Test("bad content is refused at the close, kept in rejected with its reason, and the table is as it was")
    func refused() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k\n1\n", to: "t/ingest/a.csv") == 0)
        #expect(client.copy("k\nx\n", to: "t/ingest/b.csv") == Errno.ebadmsg.rawValue)
        #expect(client.status("t", "version") == "1")
        #expect(client.list("t/ingest") == [])
        #expect(client.entry("t/ingest/b.csv").error?.code == Errno.enoent.rawValue)
        #expect(client.list("t/rejected") == ["b.csv", "b.csv.error"])
        #expect(client.read("t/rejected/b.csv") == "k\nx\n")
        #expect(client.read("t/rejected/b.csv.error").contains("\"line\":2"))
        #expect(client.read("t/errors").contains("t/ingest/b.csv: Bad message (EBADMSG)"))
        #expect(client.unlink("t/rejected/b.csv") == 0)
        #expect(client.list("t/rejected") == ["b.csv.error"])
    }

    @Test("closes before anything was written, by others, and of a second descriptor do not commit")
    func severalCloses() throws {
        let client = try table()
        defer { client.end() }
        let parent = try #require(client.node("t/ingest"))
        let made = client.ask(.create) {
            client.tree.create(parent, "a.csv", mode: 0o644, flags: 0o101, client.context, $0)
        }
        let node = try #require(made.entry?.node)
        let handle = try #require(made.opened?.handle)
        func flush(_ process: Int32) -> Int32 {
            let context = RequestContext(user: 7, group: 8, process: process)
            return client.ask(.flush) { client.tree.flush(node, handle, lockOwner: 1, context, $0) }.error?
                .code
                ?? 0
        }
        #expect(flush(Processes.currentID) == 0)
        #expect(client.status("t", "version") == "0")
        #expect(client.write("k\n1\n", node, handle) == 0)
        #expect(flush(1) == 0)
        #expect(client.status("t", "version") == "0")
        #expect(client.list("t/ingest") == ["a.csv"])
        #expect(client.write("2\n", node, handle, offset: 4) == 0)
        #expect(flush(Processes.currentID) == 0)
        #expect(client.status("t", "rows") == "2")
        #expect(client.write("3\n", node, handle, offset: 6) == Errno.eperm.rawValue)
        #expect(flush(Processes.currentID) == 0)
        #expect(client.status("t", "version") == "1")
    }

    @Test("what only another process closed is committed at release, and a look at live waits for it")
    func release() throws {
        let client = try table()
        defer { client.end() }
        let parent = try #require(client.node("t/ingest"))
        let made = client.ask(.create) {
            client.tree.create(parent, "a.csv", mode: 0o644, flags: 0o101, client.context, $0)
        }
        let node = try #require(made.entry?.node)
        let handle = try #require(made.opened?.handle)
        #expect(client.write("k\n1\n", node, handle) == 0)
        _ = client.ask(.release) { client.tree.release(node, handle, RequestContext(), $0) }
        #expect(client.list("t/live").count == 1)
    }

    @Test("an unfinished name only stages; its rename is the commit, and a refused one stays staged")
    func renames() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k\n1\n", to: "t/ingest/.a.csv.Xy12") == 0)
        #expect(client.copy("k\nx\n", to: "t/ingest/b.csv.tmp") == 0)
        #expect(client.list("t/ingest") == [".a.csv.Xy12", "b.csv.tmp"])
        #expect(client.status("t", "version") == "0")
        #expect(client.rename("t/ingest/.a.csv.Xy12", "t/ingest/a.csv") == 0)
        #expect(client.status("t", "rows") == "1")
        #expect(client.rename("t/ingest/b.csv.tmp", "t/ingest/b.csv") == Errno.ebadmsg.rawValue)
        #expect(client.list("t/ingest") == ["b.csv.tmp"])
        #expect(client.list("t/rejected") == [])
        #expect(client.overwrite("t/ingest/b.csv.tmp", "k\n2\n") == 0)
        #expect(client.rename("t/ingest/b.csv.tmp", "t/ingest/c.csv.tmp", .noReplace) == 0)
        #expect(client.rename("t/ingest/c.csv.tmp", "t/ingest/b.csv", .noReplace) == 0)
        #expect(client.status("t", "rows") == "2")
        #expect(client.list("t/ingest") == [])
    }

    @Test("a directory is committed as one by its rename, and is gone afterwards")
    func batches() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k\n0\n", to: "t/ingest/zero.csv") == 0)
        #expect(client.mkdir("t/ingest/.b") == 0)
        #expect(client.copy("k\n1\n", to: "t/ingest/.b/one.csv") == 0)
        #expect(client.copy("k\nx\n", to: "t/ingest/.b/two.csv") == 0)
        #expect(client.rename("t/ingest/.b", "t/ingest/b") == Errno.ebadmsg.rawValue)
        #expect(client.list("t/ingest/.b") == ["one.csv", "two.csv"])
        #expect(client.status("t", "version") == "1")
        #expect(client.unlink("t/ingest/.b/two.csv") == 0)
        #expect(client.copy("k\n2\n", to: "t/ingest/.b/two.csv") == 0)
        #expect(client.rename("t/ingest/.b", "t/ingest/b") == 0)
        #expect(client.status("t", "version") == "2")
        #expect(client.status("t", "rows") == "3")
        #expect(client.list("t/ingest") == [])
        #expect(client.rmdir("t/ingest/x") == Errno.enoent.rawValue)
    }

    @Test("directories named column=value give the value; other directories only hold files")
    func directories() throws {
        let client = try TreeClient()
        defer { client.end() }
        _ = try client.store.createTable("t", TableCreation(partitionColumns: ["day"]))
        #expect(client.mkdir("t/ingest/day=2024-01-01") == 0)
        #expect(client.copy("v\n1\n", to: "t/ingest/day=2024-01-01/a.csv") == 0)
        #expect(client.list("t/live") == ["day=2024-01-01"])
        #expect(client.rmdir("t/ingest/day=2024-01-01") == 0)
        #expect(client.mkdir("t/ingest/d") == 0)
        #expect(client.mkdir("t/ingest/d") == Errno.eexist.rawValue)
        #expect(client.copy("x", to: "t/ingest/d/_SUCCESS") == 0)
        #expect(client.rmdir("t/ingest/d") == Errno.enotempty.rawValue)
        #expect(client.unlink("t/ingest/d/_SUCCESS") == 0)
        #expect(client.rmdir("t/ingest/d") == 0)
    }

    @Test("what a mount left staged when it ended is kept in rejected by the next one")
    func recovery() throws {
        let directory = try TemporaryDirectory("tree")
        let first = try TreeClient(seed: 1, directory: directory)
        #expect(first.mkdir("t") == 0)
        #expect(first.copy("k\n1\n", to: "t/ingest/a.csv.part") == 0)
        first.end()
        let second = try TreeClient(seed: 2, directory: directory)
        defer { second.end() }
        for _ in 0..<2_000 where second.list("t/rejected").count < 2 {
            Thread.sleep(nanoseconds: 1_000_000)
        }
        #expect(second.list("t/rejected") == ["a.csv.part", "a.csv.part.error"])
        #expect(second.read("t/rejected/a.csv.part") == "k\n1\n")
        #expect(second.status("t", "version") == "0")
    }

    @Test("a file that is made empty is filled and committed later")
    func touched() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("", to: "t/ingest/a.csv") == 0)
        #expect(client.list("t/ingest") == [])
        #expect(client.overwrite("t/ingest/a.csv", "k\n1\n") == 0)
        #expect(client.status("t", "rows") == "1")
    }

    @Test("a daemon that dies after commits leaves nothing that looks uncommitted, and keeps what was staged")
    func death() throws {
        let directory = try TemporaryDirectory("tree")
        let first = try TreeClient(seed: 1, directory: directory)
        #expect(first.mkdir("t") == 0)
        #expect(first.copy("k\n1\n", to: "t/ingest/a.csv") == 0)
        #expect(first.copy("k\n2\n", to: "t/ingest/b.csv.part") == 0)
        // A commit whose staged file was not removed any more.
        let session = ByteString(first.store.session.id.description)
        try directory.write("t/_staging/" + session + "/0123456789abcdef-a.csv", Array("k\n1\n".utf8))
        first.end()
        let second = try TreeClient(seed: 2, directory: directory)
        defer { second.end() }
        for _ in 0..<2_000 where second.list("t/rejected").count < 2 {
            Thread.sleep(nanoseconds: 1_000_000)
        }
        #expect(second.list("t/rejected") == ["b.csv.part", "b.csv.part.error"])
        #expect(second.status("t", "rows") == "1")
    }

    /// A new file with the text, written and not closed.
    private func begin(_ client: TreeClient, _ name: ByteString, _ text: String) throws -> (
        NodeID, FileHandleID
    ) {
        let parent = try #require(client.node("t/ingest"))
        let made = client.ask(.create) {
            client.tree.create(parent, name, mode: 0o644, flags: 0o101, client.context, $0)
        }
        let node = try #require(made.entry?.node)
        let handle = try #require(made.opened?.handle)
        #expect(client.write(text, node, handle) == 0)
        return (node, handle)
    }

    private func beginFlush(_ client: TreeClient, _ file: (node: NodeID, handle: FileHandleID)) -> UInt64 {
        client.begin(.flush) {
            client.tree.flush(file.node, file.handle, lockOwner: 1, client.context, $0)
        }
    }

    @Test("many files that are closed at once wait without a thread each, and have an answer each")
    func manyCloses() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k\n0\n", to: "t/ingest/first.csv") == 0)
        let files = try (1...60).map { number in
            try begin(client, ByteString("f\(number).csv"), number % 10 == 7 ? "k\nx\n" : "k\n\(number)\n")
        }
        let flushes = files.map { beginFlush(client, $0) }
        let codes = flushes.map { client.wait(for: $0).error?.code ?? 0 }
        for (node, handle) in files {
            _ = client.ask(.release) { client.tree.release(node, handle, RequestContext(), $0) }
        }
        #expect(codes == (1...60).map { $0 % 10 == 7 ? Errno.ebadmsg.rawValue : 0 })
        #expect(client.status("t", "rows") == "55")
        #expect(client.list("t/receipts").count == 55)
        #expect(client.list("t/rejected").count == 12)
        // What went together has one data file.
        #expect(client.status("t", "version") == "\(client.list("t/live").count)")
    }

    @Test("many files that are renamed at once are committed, and one that is refused stays staged")
    func manyRenames() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.copy("k\n0\n", to: "t/ingest/first.csv") == 0)
        let parent = try #require(client.node("t/ingest"))
        for number in 1...30 {
            #expect(
                client.copy(number == 9 ? "k\nx\n" : "k\n\(number)\n", to: "t/ingest/.f\(number).csv") == 0)
        }
        let renames = (1...30).map { number in
            client.begin(.rename) {
                client.tree.rename(
                    parent, ByteString(".f\(number).csv"), parent, ByteString("f\(number).csv"), [],
                    client.context, $0)
            }
        }
        let codes = renames.map { client.wait(for: $0).error?.code ?? 0 }
        #expect(codes == (1...30).map { $0 == 9 ? Errno.ebadmsg.rawValue : 0 })
        #expect(client.status("t", "rows") == "30")
        #expect(client.list("t/ingest") == [".f9.csv"])
    }

    @Test("a mount that ends while files wait answers each, and what it acknowledged is there")
    func endWhileWaiting() throws {
        let directory = try TemporaryDirectory("tree")
        let first = try TreeClient(seed: 1, directory: directory)
        #expect(first.mkdir("t") == 0)
        let files = try (1...40).map { try begin(first, ByteString("f\($0).csv"), "k\n\($0)\n") }
        let flushes = files.map { beginFlush(first, $0) }
        first.end()
        var acknowledged = 0
        for flush in flushes {
            let answer = try #require(first.replies.answer(of: flush))
            if answer.error == nil { acknowledged += 1 }
        }
        let second = try TreeClient(seed: 2, directory: directory)
        defer { second.end() }
        #expect(second.status("t", "rows") == "\(acknowledged)")
    }

    @Test("with ingest.commitOn=rename a close only stages")
    func commitOnRename() throws {
        let client = try table()
        defer { client.end() }
        #expect(client.overwrite("t/properties/ingest.commitOn", "rename") == 0)
        #expect(client.copy("k\n1\n", to: "t/ingest/a.csv") == 0)
        #expect(client.status("t", "rows") == "0")
        #expect(client.rename("t/ingest/a.csv", "t/ingest/b.csv") == 0)
        #expect(client.status("t", "rows") == "1")
    }
}
