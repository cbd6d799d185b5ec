import Bytes
import Compaction
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("what a table shows")
struct CatalogueTests {
    @Test("a directory made at the root is a table, and one without data can be removed")
    func tables() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("flights") == 0)
        #expect(client.list("") == ["flights"])
        #expect(client.mkdir("flights") == Errno.eexist.rawValue)
        #expect(client.mkdir("_x") == Errno.eperm.rawValue)
        let attributes = try #require(client.attributes("flights"))
        #expect(attributes.user == 7 && attributes.group == 8 && attributes.permissions == 0o755)
        #expect(
            client.list("flights") == [
                "compact", "ctl", "errors", "events", "gc", "ingest", "live", "log", "metrics", "partitions",
                "properties", "receipts", "rejected", "reports", "schema.json", "states", "status",
                "status.json",
            ])
        #expect(client.rmdir("flights") == 0)
        #expect(client.list("") == [])
        #expect(client.entry("flights").error?.code == Errno.enoent.rawValue)
        #expect(client.mkdir("flights") == 0)
        #expect(client.status("flights", "version") == "0")
        #expect(client.copy("a\n1\n", to: "flights/ingest/a.csv") == 0)
        #expect(client.rmdir("flights") == Errno.enotempty.rawValue)
    }

    @Test("who has closed events is told of nothing more")
    func closedEvents() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        let table = try client.store.table("t")
        let before = table.events.observerCount
        for _ in 0..<3 { _ = client.read("t/events") }
        #expect(table.events.observerCount == before)
    }

    @Test(
        "each live file is shown once, with the same inode number wherever it is, and its bytes are those on disk"
    )
    func files() throws {
        let client = try TreeClient()
        defer { client.end() }
        _ = try client.store.createTable("t", TableCreation(partitionColumns: ["day"]))
        #expect(client.copy("day,v\n1,a\n2,b\n2,c\n", to: "t/ingest/a.csv") == 0)
        #expect(client.list("t/live") == ["day=1", "day=2"])
        #expect(client.list("t/partitions") == ["day=1", "day=2"])
        let name = try #require(client.list("t/live/day=2").first)
        let path = "t/live/day=2/\(name)"
        let attributes = try #require(client.attributes(path))
        #expect(attributes.linkCount == 2 && attributes.permissions == 0o444)
        for other in ["t/partitions/day=2/\(name)", "t/states/1/live/day=2/\(name)"] {
            #expect(client.attributes(other)?.inode == attributes.inode, "\(other)")
            #expect(client.node(other) == client.node(path))
        }
        let bytes = client.read(path)
        #expect(UInt64(Array(bytes.utf8).count) > 0 && bytes.hasPrefix("PAR1"))
        let table = try client.store.table("t")
        let stored = try client.directory.read(ByteString("t/data/day=2/\(name)"))
        #expect(attributes.sizeBytes == UInt64(stored.count))
        #expect(table.state.fileCount == 2)
        #expect(client.attribute(path, "user.firn.rows") == "2")
        #expect(client.attribute(path, "user.firn.partition") == "day=2")
        #expect(client.attribute(path, "user.firn.version") == "1")
        #expect(client.attribute(path, "user.other") == nil)
    }

    @Test("a name that was live resolves until its file is deleted, listed only under gc")
    func dropped() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        client.copy("k\n1\n", to: "t/ingest/a.csv")
        client.copy("k\n2\n", to: "t/ingest/b.csv")
        let before = client.list("t/live")
        #expect(before.count == 2)
        _ = try client.store.table("t").compactor.foreground()
        let after = client.list("t/live")
        #expect(after.count == 1 && !before.contains(after[0]))
        for name in before {
            #expect(client.read("t/live/\(name)").hasPrefix("PAR1"), "\(name)")
            #expect(client.attributes("t/live/\(name)")?.linkCount == 1)
        }
        #expect(client.list("t/gc") == (before + ["plan", "plan.json"]).sorted())
        #expect(client.read("t/gc/plan").contains(before[0]))
        #expect(client.list("t/states/2/live") == before)
        #expect(client.store.session.isPinned(Version(2), of: "t"))
    }

    @Test("states lists versions and latest; each shows what the table was")
    func states() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        client.copy("k\n1\n", to: "t/ingest/a.csv")
        client.copy("k\n2\n", to: "t/ingest/b.csv")
        #expect(client.list("t/states") == ["0", "1", "2", "latest"])
        #expect(
            client.list("t/states/1") == ["changes.jsonl", "live", "manifests", "partitions", "state.json"])
        #expect(client.list("t/states/0/live") == [])
        #expect(client.list("t/states/1/live").count == 1)
        #expect(client.list("t/states/2/live").count == 2)
        #expect(client.read("t/states/1/state.json").contains("\"files\": 1"))
        #expect(client.read("t/states/2/changes.jsonl").contains("\"source\":\"b.csv\""))
        let link = try #require(client.node("t/states/latest"))
        let target = client.ask(.readlink) { client.tree.readlink(link, client.context, $0) }
        #expect(target.bytes == Array("2".utf8))
        for name in ["3", "01", "-1", "x", "99999999999999999999"] {
            #expect(client.entry("t/states/\(name)").error?.code == Errno.enoent.rawValue, "\(name)")
        }
    }

    @Test("a generated file is one picture from lookup to read, and has its exact size")
    func pictures() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        let names = [
            "status", "status.json", "metrics", "errors", "schema.json", "ctl", "gc/plan", "gc/plan.json",
        ]
        for name in names + ["properties/gc.enabled", "log/00000000000000000000.json"] {
            let size = client.attributes("t/\(name)")?.sizeBytes
            #expect(size == UInt64(client.read("t/\(name)").utf8.count), "\(name)")
        }
        let old = try #require(client.entry("t/status").entry)
        client.copy("k\n1\n", to: "t/ingest/a.csv")
        let new = try #require(client.entry("t/status").entry)
        #expect(new.node != old.node)
        #expect(new.attributes.inode == old.attributes.inode)
        #expect(new.entryLifetime == .none)
        let opened = client.ask(.open) { client.tree.open(old.node, flags: 0, client.context, $0) }
        let handle = try #require(opened.opened?.handle)
        let bytes = client.ask(.read) {
            client.tree.read(old.node, handle, offset: 0, count: 1 << 20, client.context, $0)
        }.bytes
        #expect(bytes?.count == Int(old.attributes.sizeBytes))
        #expect(client.status("t", "numFiles") == "1")
    }

    @Test("nothing of the catalogue can be changed, and the reason is in errors")
    func refusals() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        client.copy("k\n1\n", to: "t/ingest/a.csv")
        let file = try #require(client.list("t/live").first)
        let eperm = Errno.eperm.rawValue
        let refused: [(String, Int32, Int32)] = [
            ("unlink live", client.unlink("t/live/\(file)"), eperm),
            ("truncate live", client.truncate("t/live/\(file)", to: 0), eperm),
            ("write live", client.overwrite("t/live/\(file)", "x"), eperm),
            ("create in live", client.create("t/live/x"), eperm),
            ("mkdir in live", client.mkdir("t/live/x"), eperm),
            ("rename in live", client.rename("t/live/\(file)", "t/live/x"), eperm),
            ("out of live", client.rename("t/live/\(file)", "t/ingest/x"), eperm),
            ("rename a version", client.rename("t/states/1/live/\(file)", "t/compact/x"), eperm),
            ("write status", client.overwrite("t/status", "x"), eperm),
            ("create at the root", client.create("x"), eperm),
            ("create in a table", client.create("t/x"), eperm),
            ("unlink a log file", client.unlink("t/log/00000000000000000000.json"), eperm),
            ("remove a directory", client.rmdir("t/live"), eperm),
            ("no such property", client.create("t/properties/x"), eperm),
            ("the schema", client.overwrite("t/schema.json", "{}"), Errno.eopnotsupp.rawValue),
        ]
        for (what, code, expected) in refused { #expect(code == expected, "\(what)") }
        #expect(client.read("t/errors").contains("unlink t/live/\(file): Operation not permitted (EPERM)"))
        #expect(client.read("t/errors").contains("uid 7"))
    }

    @Test("properties are read and written, a bad value is refused with what is expected")
    func properties() throws {
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        let path = "t/properties/compaction.fanIn"
        #expect(client.read(path) == "4\n")
        #expect(client.overwrite(path, "7\n") == 0)
        #expect(client.read(path) == "7\n")
        #expect(client.overwrite(path, "none\n") == Errno.einval.rawValue)
        #expect(client.read("t/errors").contains("expected an integer from 2 to 64"))
        #expect(client.overwrite(path, "\n") == 0)
        #expect(client.read(path) == "4\n")
        #expect(client.overwrite("t/ctl", "checkpoint\n") == 0)
        #expect(client.overwrite("t/ctl", "purge 7d\n") == 0)
        #expect(client.read("t/events").contains(#""event":"purge""#))
        #expect(client.overwrite("t/ctl", "purge 1h\n") == Errno.einval.rawValue)
        #expect(client.read("t/errors").contains("--force"))
        #expect(client.overwrite("t/ctl", "purge 1h dry-run force\n") == 0)
        #expect(client.overwrite("t/ctl", "fly\n") == Errno.eopnotsupp.rawValue)
        #expect(client.read("t/errors").contains("it has checkpoint, gc, purge, compact"))
    }

    @Test("events grow, and who waits for them in poll is woken")
    func events() throws {
        final class Waiter: PollWaiter {
            let count = Monitor(0)
            func wake() { count.update { $0 += 1 } }
        }
        let client = try TreeClient()
        defer { client.end() }
        #expect(client.mkdir("t") == 0)
        let node = try #require(client.node("t/events"))
        let handle = try #require(
            client.ask(.open) { client.tree.open(node, flags: 0, client.context, $0) }.opened?.handle)
        let waiter = Waiter()
        let before = client.ask(.poll) {
            client.tree.poll(node, handle, events: 1, waiter: waiter, client.context, $0)
        }
        guard case .number(0) = before else { return #expect(Bool(false), "\(before)") }
        client.copy("k\n1\n", to: "t/ingest/a.csv")
        #expect(waiter.count.wait(atMostNanoseconds: 5_000_000_000) { $0 > 0 ? true : nil } == true)
        let after = client.ask(.poll) {
            client.tree.poll(node, handle, events: 1, waiter: nil, client.context, $0)
        }
        guard case .number(1) = after else { return #expect(Bool(false), "\(after)") }
        #expect(client.read("t/events").contains("\"operation\":\"INGEST\""))
        #expect(client.attributes("t/events")?.sizeBytes == UInt64(client.read("t/events").utf8.count))
    }
}
