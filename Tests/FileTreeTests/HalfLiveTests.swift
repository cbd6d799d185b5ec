import Bytes
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("files that are live by halves")
struct HalfLiveTests {
    @Test(
        "live/ is refused with the reason and the way out, now and below states/; all else goes on",
        arguments: [(TableKind.append, "live"), (.upsert, "runs")])
    func refused(kind: TableKind, directory: String) throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(kind: kind, rowKey: ["id"]))
        client.copy("id\n1\n2\n3\n4\n", to: "t/ingest/a.csv")
        let name = try #require(client.list("t/\(directory)").first)
        let left = try table.split("", at: "3").left
        #expect(client.list("t/\(directory)") == [name])
        let id = FileID(path: ByteString(name))
        try table.take(id, outOf: left)
        let version = table.state.version
        let refused = Errno.eopnotsupp.rawValue
        for path in ["t/\(directory)", "t/states/\(version)/\(directory)"] {
            let node = try #require(client.node(path))
            let opened = client.ask(.opendir) { client.tree.opendir(node, client.context, $0) }
            #expect(opened.error?.code == refused, "\(path)")
            #expect(client.entry("\(path)/\(name)").error?.code == refused, "\(path)")
            #expect(client.attributes(path)?.kind == .directory)
        }
        #expect(client.rename("t/\(directory)/\(name)", "t/compact/\(name)") == refused)
        let errors = client.read("t/errors")
        for words in ["2 rows", "compaction.partialReferences", "firn files STORE/t --key", "t/ctl"] {
            #expect(errors.contains(words), "\(words)")
        }
        #expect(client.list("t/states/2/\(directory)") == [name])
        #expect(client.list("t/partitions/id-from-3") == [name])
        #expect(client.list("t/partitions/id-to-3") == [])
        #expect(client.list("t/states/\(version)").contains(directory))
        // The last half goes: what is left is whole again.
        let view = try #require(table.state.files.view(id))
        try table.commit(
            "COMPACT",
            actions: [
                .remove(
                    FileRemoval(
                        path: view.path, id: id, deletionTimestamp: 0, dataChange: false,
                        sizeBytes: view.sizeBytes))
            ])
        #expect(client.list("t/\(directory)") == [])
        #expect(client.read("t/\(directory)/\(name)").hasPrefix("PAR1"))
    }
}
