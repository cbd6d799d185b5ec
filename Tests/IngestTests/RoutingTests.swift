import Bytes
import Ingest
import Metadata
import Parquet
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("Rows of split partitions")
struct RoutingTests {
    private static let key = KeyEncoder(columns: [TableSchema.Column(id: 1, name: "id", type: .int64)])

    private static func key(_ id: Int) -> ByteString { key.encode(values: [.integer(Int128(id))]) }

    /// Splits the leaf of a root partition that holds the key, in the table and in the model.
    private func split(
        _ store: SampleStore, _ tree: inout SampleTree, at id: Int, _ generator: inout SeededGenerator
    )
        throws
    {
        guard let (leaf, children) = tree.splitLeaf(at: Self.key(id), &generator) else { return }
        let body = TransactionBody.splitPartition(leaf, at: Self.key(id), into: children)
        _ = try store.log.commit(body.transaction(id: CommitID(high: generator.next(), low: 0), session: nil))
    }

    /// Every live file lies in its node, which is the lowest that covers it.
    private func checkNodes(_ store: SampleStore, _ trees: [PartitionID: SampleTree], _ what: String) {
        let state = store.log.current
        state.files.forEach { view in
            let entry = view.entry
            // It came before the trees were split.
            if entry.source == "first.csv" { return }
            let root = PartitionID(
                RootPath.path(columns: state.definition.partitionColumns, tuple: entry.partitionValues))
            let tree = trees[root] ?? SampleTree(root: root, tuple: entry.partitionValues)
            let node = tree.nodes.first { $0.id == entry.partition ?? root }
            guard let node, let min = entry.minKey, let max = entry.maxKey else {
                Issue.record("\(what): \(entry.path) has no node or no keys")
                return
            }
            #expect(entry.partition != root, "\(what): the root has no name in an entry")
            #expect(SampleTree.holds(node, min) && SampleTree.holds(node, max), "\(what): \(entry.path)")
            let leaves = tree.nodes.filter {
                $0.children.isEmpty && (SampleTree.holds($0, min) || SampleTree.holds($0, max))
            }
            #expect(tree.lowestNode(covering: leaves.map(\.id)) == node.id, "\(what): \(entry.path)")
        }
    }

    @Test("each row is in one file of a node that covers it, whatever the trees and the rows")
    func model() throws {
        let seed = Seed.fresh()
        var generator = SeededGenerator(seed: seed)
        for round in 0..<40 {
            let what = "round \(round), seed \(seed)"
            let isPartitioned = Bool.random(using: &generator)
            let least = ["0", "50", "400", "1MiB"].randomElement(using: &generator) ?? "0"
            let store = try SampleStore(
                kind: Bool.random(using: &generator) ? .append : .upsert, rowKey: ["id"],
                partitionColumns: isPartitioned ? ["day"] : [],
                properties: [("ingest.minSliceBytes", ByteString(least))])
            try store.ingest("first.csv", "day,id,n\n0,0,0\n")
            var trees: [PartitionID: SampleTree] = [:]
            for day in 0..<(isPartitioned ? 3 : 1) where Int.random(in: 0..<4, using: &generator) > 0 {
                let tuple = PartitionTuple(isPartitioned ? [ByteString("\(day)")] : [])
                let columns: [ByteString] = isPartitioned ? ["day"] : []
                let root = PartitionID(RootPath.path(columns: columns, tuple: tuple))
                var tree = SampleTree(root: root, tuple: tuple)
                for _ in 0..<Int.random(in: 0...12, using: &generator) {
                    try split(store, &tree, at: Int.random(in: -50...50, using: &generator), &generator)
                }
                trees[root] = tree
            }
            let before = store.log.current.fileCount
            var expected = ["\(isPartitioned ? "day=0 " : "")id=0 n=0"]
            if !isPartitioned { expected = ["day=0 id=0 n=0"] }
            var files: [StagedFile] = []
            var number = 0
            for file in 0..<Int.random(in: 1...5, using: &generator) {
                var text = "day,id,n\n"
                for _ in 0..<Int.random(in: 0...60, using: &generator) {
                    number += 1
                    let (day, id) = (
                        Int.random(in: 0..<3, using: &generator), Int.random(in: -60...60, using: &generator)
                    )
                    text += "\(day),\(id),\(number)\n"
                    expected.append("day=\(day) id=\(id) n=\(number)")
                }
                files.append(try store.stage(ByteString("f\(file).csv"), text))
            }
            let version = store.log.current.version
            if Bool.random(using: &generator) {
                _ = try store.service.commit(files)
                #expect(store.log.current.version == version.next, "\(what)")
            } else {
                _ = store.gather(files)
            }
            #expect(try store.rows().sorted() == expected.sorted(), "\(what)")
            checkNodes(store, trees, what)
            if least == "1MiB", store.log.current.version == version.next {
                // All is small: one file a root partition.
                #expect(store.log.current.fileCount - before <= (isPartitioned ? 3 : 1), "\(what)")
            }
        }
    }

    @Test(
        "slices go to their leaves, small ones together to the lowest node above them",
        arguments: [
            ("0", ["10 0", "100 1", "100 2", "20 3"]),
            ("300", ["10 0", "100 1", "100 2", "20 3"]),
            ("430", ["110 01", "120 23"]),
            ("470", ["110 01", "120 23"]),
            ("1000", ["230 0123"]),
        ])
    func sizes(_ least: String, _ expected: [String]) throws {
        var generator = SeededGenerator(seed: 1)
        let store = try SampleStore(rowKey: ["id"], properties: [("ingest.minSliceBytes", ByteString(least))])
        try store.ingest("first.csv", "id\n0\n")
        var tree = SampleTree()
        for key in [400, 200, 600] { try split(store, &tree, at: key, &generator) }
        // Four bytes a row: 10 and 100 rows in the leaves on the left, 100 and 20 on the right.
        let ids = Array(100..<110) + Array(300..<500) + Array(600..<610) + Array(700..<710)
        try store.ingest("a.csv", "id\n" + ids.shuffled(using: &generator).map { "\($0)\n" }.joined())
        let leaves = tree.partitions.leaves(below: tree.root)
        var files: [String] = []
        store.log.current.files.forEach { view in
            guard view.entry.source == "a.csv" else { return }
            let below = tree.partitions.leaves(below: view.partition).compactMap(leaves.firstIndex)
            files.append("\(view.entry.rowCount ?? 0) " + below.map(String.init).joined())
        }
        #expect(
            files.sorted { $0.suffix(4) < $1.suffix(4) } == expected.sorted { $0.suffix(4) < $1.suffix(4) })
        checkNodes(store, [tree.root: tree], least)
    }

    @Test(
        "a leaf that is split between plan and commit does no harm: the file stays at what is an inner node then"
    )
    func splitMeanwhile() throws {
        var generator = SeededGenerator(seed: 2)
        let store = try SampleStore(rowKey: ["id"], properties: [("ingest.minSliceBytes", "0")])
        try store.ingest("first.csv", "id\n0\n")
        var tree = SampleTree()
        try split(store, &tree, at: 0, &generator)
        let leaf = try #require(tree.partitions.leaves(below: tree.root).last)
        let other = try SampleStore(reopening: store.storage, like: store)
        try split(other, &tree, at: 50, &generator)
        #expect(store.log.current.partitions.isLeaf(leaf))
        try store.ingest("a.csv", "id\n10\n90\n")
        #expect(!store.log.current.partitions.isLeaf(leaf))
        var nodes: [PartitionID] = []
        store.log.current.files.forEach { if $0.entry.source == "a.csv" { nodes.append($0.partition) } }
        #expect(nodes == [leaf])
    }

    @Test("a node that is gone when the commit comes is planned for again")
    func rebuiltMeanwhile() throws {
        var generator = SeededGenerator(seed: 3)
        let store = try SampleStore(rowKey: ["id"], properties: [("ingest.minSliceBytes", "0")])
        try store.ingest("first.csv", "id\n0\n")
        var tree = SampleTree()
        try split(store, &tree, at: 0, &generator)
        let other = try SampleStore(reopening: store.storage, like: store)
        var rebuilt = SampleTree()
        _ = rebuilt.splitLeaf(at: Self.key(30), &generator)
        let body = TransactionBody.reinitialise(rebuilt.nodes, in: other.log.current)
        _ = try other.log.commit(body.transaction(id: CommitID(high: 9, low: 9), session: nil))
        try store.ingest("a.csv", "id\n10\n90\n")
        #expect(try store.rows().sorted() == ["id=10", "id=90"])
        checkNodes(store, [rebuilt.root: rebuilt], "rebuilt")
        #expect(store.log.current.fileCount == 2)
        // What was written for the tree that is gone was deleted; the first file waits for garbage collection.
        #expect(store.dataKeys.count == 3)
    }

    @Test("a Parquet file that is taken as it is stands at the lowest node that covers its rows")
    func adopted() throws {
        var generator = SeededGenerator(seed: 4)
        let store = try SampleStore(rowKey: ["id"])
        try store.ingest("first.csv", "id\n0\n")
        var tree = SampleTree()
        for key in [0, 50] { try split(store, &tree, at: key, &generator) }
        let leaves = tree.partitions.leaves(below: tree.root)
        let cases: [([Int64], PartitionID?)] = [
            ([-3, -2], leaves[0]), ([10, 20], leaves[1]), ([70], leaves[2]),
            ([10, 70], tree.parent(of: leaves[2])), ([-3, 70], nil),
        ]
        for (index, (ids, node)) in cases.enumerated() {
            let columns = [TableSchema.Column(id: 1, name: "id", type: .int64)]
            var bytes: [UInt8] = []
            let writer = try ParquetWriter(schema: columns, sink: { bytes.append(contentsOf: $0) })
            var builder = BatchBuilder(schema: columns)
            for id in ids { builder.append(row: [.integer(Int128(id))]) }
            try writer.append(builder.finish())
            _ = try writer.finish()
            let outcome = try store.service.commit([try store.stage(ByteString("p\(index).parquet"), bytes)])
            guard case .committed(_, _, let files) = outcome else { throw CancellationError() }
            #expect(try store.storage.get("t/" + files[0].path) == bytes)
            #expect(files.map(\.partition) == [node], "\(ids)")
        }
        checkNodes(store, [tree.root: tree], "adopted")
    }
}
