import Bytes
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("the partition tree")
struct PartitionTreeTests {
    /// A table keyed by `id` with one file of the ids 1 to 4.
    private func client(partitionColumns: [ByteString] = []) throws -> (client: TreeClient, table: Table) {
        let client = try TreeClient()
        let table = try client.store.createTable(
            "t", TableCreation(rowKey: ["id"], partitionColumns: partitionColumns))
        return (client, table)
    }

    private func file(_ client: TreeClient, in path: String) throws -> String {
        try #require(client.list(path).first { $0.hasSuffix(".parquet") })
    }

    @Test("after a split one file is in the directories of both children, with one inode and a link for each")
    func split() throws {
        let (client, table) = try client()
        defer { client.end() }
        client.copy("id\n1\n2\n3\n4\n", to: "t/ingest/a.csv")
        let name = try file(client, in: "t/partitions")
        let before = try #require(client.attributes("t/live/\(name)"))
        #expect(before.linkCount == 2)
        try table.split("", at: "3")
        #expect(client.list("t/partitions") == ["id-from-3", "id-to-3"])
        for directory in ["t/partitions/id-to-3", "t/partitions/id-from-3"] {
            #expect(client.list(directory) == [name])
            let attributes = try #require(client.attributes("\(directory)/\(name)"))
            #expect(attributes.inode == before.inode && attributes.linkCount == 3)
            #expect(client.attribute("\(directory)/\(name)", "user.firn.references") == "2")
            #expect(client.attribute("\(directory)/\(name)", "user.firn.partition") == "id-to-3\nid-from-3")
        }
        #expect(client.list("t/live") == [name])
        #expect(client.entry("t/partitions/\(name)").error?.code == Errno.enoent.rawValue)
        #expect(client.list("t/states/1/partitions") == [name])
        #expect(client.list("t/states/2/partitions/id-to-3") == [name])
        #expect(client.attributes("t/states/1/partitions/\(name)")?.linkCount == 3)
    }

    @Test(
        "nodes nest below their root partition, and new files are listed in the node that they are referenced in"
    )
    func nesting() throws {
        let (client, table) = try client(partitionColumns: ["day"])
        defer { client.end() }
        client.copy("day,id\n1,1\n1,9\n2,5\n", to: "t/ingest/a.csv")
        try table.split("day=1", at: "5")
        try table.split("day=1/id-to-5", at: "3")
        #expect(client.list("t/partitions") == ["day=1", "day=2"])
        #expect(client.list("t/partitions/day=1") == ["id-from-5", "id-to-5"])
        #expect(client.list("t/partitions/day=1/id-to-5") == ["id-from-3", "id-to-3"])
        let name = try file(client, in: "t/partitions/day=1/id-to-5/id-to-3")
        #expect(client.list("t/partitions/day=1/id-from-5") == [name])
        #expect(client.list("t/partitions/day=2").count == 1)
        for wrong in ["day=1/id-to-4", "day=2/id-to-5", "day=1/id-to-5/id-to-5", "day=3", "id-to-5"] {
            #expect(client.entry("t/partitions/\(wrong)").error?.code == Errno.enoent.rawValue, "\(wrong)")
        }
    }

    @Test("a tree without files is shown, also of a root partition of which there are none yet")
    func emptyTrees() throws {
        let (client, table) = try client(partitionColumns: ["day"])
        defer { client.end() }
        client.copy("day,id\n1,1\n", to: "t/ingest/a.csv")
        try table.split("day=1", at: "5")
        let tuple = PartitionTuple(["7"])
        let key = try KeyText(table.state.definition).key("50")
        let names = ["00000000000000a1", "00000000000000a2"].map { PartitionID($0) }
        let root = Partition(
            id: PartitionID("day=7"), root: tuple, parent: nil, minKey: nil, maxKey: nil)
        try table.commit(.splitPartition(root, at: key, into: (names[0], names[1])))
        #expect(client.list("t/partitions") == ["day=1", "day=7"])
        #expect(client.list("t/partitions/day=7") == ["id-from-50", "id-to-50"])
        #expect(client.list("t/partitions/day=7/id-to-50") == [])
        #expect(client.list("t/live") == ["day=1"])
    }

    @Test("a partition named by its id in the directory of its root is a link to where it stands")
    func links() throws {
        let (client, table) = try client()
        defer { client.end() }
        client.copy("id\n1\n9\n", to: "t/ingest/a.csv")
        try table.split("", at: "5")
        let leaf = try table.split("id-from-5", at: "7").right
        let node = try #require(client.node("t/partitions/\(leaf)"))
        let target = client.ask(.readlink) { client.tree.readlink(node, client.context, $0) }
        #expect(target.bytes == Array("id-from-5/id-from-7".utf8))
        #expect(client.entry("t/partitions/id-from-5/\(leaf)").error?.code == Errno.enoent.rawValue)
        #expect(client.list("t/partitions") == ["id-from-5", "id-to-5"])
    }

    @Test("a directory of a partition tells its range, what it holds, and how much of that is an estimate")
    func facts() throws {
        let (client, table) = try client()
        defer { client.end() }
        client.copy("id\n1\n2\n3\n4\n", to: "t/ingest/a.csv")
        try table.split("", at: "3")
        try table.split("id-from-3", at: "4")
        func facts(_ path: String) -> [String?] {
            ["min", "max", "leaf", "files", "runs", "rows", "rowsEstimated"].map {
                client.attribute(path, ByteString("user.firn.\($0)"))
            }
        }
        #expect(facts("t/partitions") == [nil, nil, "false", "0", "0", "0", "0"])
        #expect(facts("t/partitions/id-to-3") == [nil, "3", "true", "1", "1", "2", "2"])
        #expect(facts("t/partitions/id-from-3") == ["3", nil, "false", "0", "0", "0", "0"])
        #expect(facts("t/partitions/id-from-3/id-to-4") == ["3", "4", "true", "1", "1", "1", "1"])
        #expect(client.attribute("t/partitions/id-to-3", "user.firn.id")?.count == 16)
        #expect(client.attribute("t/partitions", "user.firn.split") == nil)
        #expect(client.attribute("t/partitions/id-to-3", "user.firn.split") == "no")
        try table.setProperty("partition.splitThresholdRows", "1")
        #expect(client.attribute("t/partitions/id-to-3", "user.firn.split") == "after compaction")
        #expect(facts("t/states/1/partitions") == [nil, nil, "true", "1", "1", "4", "0"])
    }

    @Test("a file that was replaced resolves in the directories of its tree until it is deleted, unlisted")
    func garbage() throws {
        let (client, table) = try client()
        defer { client.end() }
        client.copy("id\n1\n2\n3\n4\n", to: "t/ingest/a.csv")
        try table.split("", at: "3")
        let name = try file(client, in: "t/live")
        let view = try #require(table.state.files.view(FileID(path: ByteString(name))))
        try table.commit(
            "REMOVE",
            actions: [
                .remove(
                    FileRemoval(
                        path: view.path, id: view.id, deletionTimestamp: 0, dataChange: true,
                        sizeBytes: view.sizeBytes))
            ])
        #expect(client.list("t/partitions") == ["id-from-3", "id-to-3"])
        #expect(client.list("t/partitions/id-to-3") == [])
        let entry = try #require(client.entry("t/partitions/id-to-3/\(name)").entry)
        #expect(entry.attributes.linkCount == 1 && entry.entryLifetime.seconds < 60)
        #expect(client.read("t/partitions/id-from-3/\(name)").hasPrefix("PAR1"))
        #expect(client.list("t/states/2/partitions/id-to-3") == [name])
    }

    @Test("the kernel is told of directories that changed, of files with other links and of names that left")
    func notices() throws {
        let (client, table) = try client()
        defer { client.end() }
        client.copy("id\n1\n2\n3\n4\n", to: "t/ingest/a.csv")
        let notices = RecordedNotices()
        client.tree.started(notices)
        let name = try file(client, in: "t/live")
        let top = try #require(client.node("t/partitions"))
        let node = try #require(client.node("t/live/\(name)"))
        let (left, right) = try table.split("", at: "3")
        #expect(notices.hasForgotten(top) && notices.hasForgotten(node))
        #expect(notices.hasForgotten(name, in: top))
        let low = try #require(client.node("t/partitions/id-to-3"))
        let high = try #require(client.node("t/partitions/id-from-3"))
        notices.clear()
        let id = FileID(path: ByteString(name))
        try table.take(id, outOf: left)
        #expect(notices.hasForgotten(low) && !notices.hasForgotten(high) && notices.hasForgotten(node))
        #expect(notices.hasForgotten(name, in: low) && !notices.hasForgotten(name, in: high))
        #expect(notices.hasForgotten("live", in: try #require(client.node("t"))))
        notices.clear()
        try table.commit(.reinitialise([], in: table.state))
        #expect(notices.hasForgotten(name, in: high) && !notices.hasForgotten(name, in: low))
        for gone in ["id-to-3", "id-from-3"] { #expect(notices.hasForgotten(gone, in: top), "\(gone)") }
        #expect(table.state.partitions[right] == nil)
        #expect(client.list("t/partitions") == [])
    }

    @Test("a directory whose partition is gone is stale, and one of its name that comes later is another")
    func madeAnew() throws {
        let (client, table) = try client()
        defer { client.end() }
        client.copy("id\n1\n9\n", to: "t/ingest/a.csv")
        try table.split("", at: "5")
        let old = try #require(client.node("t/partitions/id-to-5"))
        try table.commit(.reinitialise([], in: table.state))
        let opened = client.ask(.opendir) { client.tree.opendir(old, client.context, $0) }
        #expect(opened.error?.code == Errno.estale.rawValue)
        try table.split("", at: "5")
        #expect(client.list("t/partitions/id-to-5") == [])
        #expect(client.node("t/partitions/id-to-5") != old)
    }
}
