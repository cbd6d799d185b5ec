import Bytes
import Metadata
import Planning
import Testing

@Suite("Reports of files and partitions")
struct ReportTests {
    private func reference(_ partition: PartitionID, _ rows: Int64, estimated: Bool = false) -> FileReference
    {
        FileReference(file: FileID(0), partition: partition, rowCount: rows, isEstimated: estimated)
    }

    @Test("a distribution has the percentiles that occur")
    func distribution() {
        let some = Distribution([5, 1, 4, 2, 3])
        #expect(some.min == 1 && some.max == 5 && some.mean == 3 && some.median == 3 && some.total == 15)
        let hundred = Distribution((1...100).map { $0 })
        #expect(hundred.p90 == 90 && hundred.p99 == 99 && hundred.median == 50)
        #expect(Distribution([7]).p99 == 7)
        let none = Distribution([])
        #expect(none.count == 0 && none.max == 0 && none.mean == 0)
    }

    @Test("rows below a node are its own, those below, and a half for each level of those above")
    func treeRows() throws {
        var table = try PlannedState()
        try table.add("a", "z", rows: 101)
        let (left, right) = try table.split(at: "m", 0x10)
        let (low, high) = try table.split(left, at: "f", 0x20)
        try table.add("a", "c", rows: 7, in: low)
        try table.add(
            "a", "k", rows: 20, references: [reference(low, 12), reference(high, 8, estimated: true)])
        let report = PartitionReport(table.state)
        #expect(report.nodes.map(\.id) == [PartitionID(""), left, low, high, right])
        #expect(report.nodes.map(\.depth) == [0, 1, 2, 2, 1])
        #expect(report.nodes.map(\.side) == [.root, .left, .left, .right, .right])
        #expect(report.nodes.map(\.rowsExact) == [101, 0, 19, 0, 0])
        #expect(report.nodes.map(\.rowsEstimated) == [0, 0, 0, 8, 0])
        #expect(report.nodes.map(\.treeRows) == [128, 77, 44, 33, 51])
        #expect(report.nodes.map(\.isTreeRowsEstimated) == [true, true, true, true, true])
        #expect(report.nodes.map(\.files) == [1, 0, 2, 1, 0])
        #expect(report.nodes.map(\.runs) == [1, 0, 2, 1, 0])
        let leaves = report.nodes.filter(\.isLeaf)
        #expect(leaves.reduce(0) { $0 + $1.treeRows } == table.state.totalRows)
        // Of the shared file 12 and 8 of 20 rows: in proportion.
        #expect(report.nodes.map(\.bytes) == [100, 0, 160, 40, 0])
        #expect(report.leafCount == 3 && report.innerCount == 2)
        #expect(report.nodes[0].splitKey == "m" && report.nodes[1].splitKey == "f")
    }

    @Test("rows below a node are exact where all of them were counted below it")
    func exactTreeRows() throws {
        var table = try PlannedState()
        let (left, right) = try table.split(at: "m", 0x10)
        try table.add("a", "c", rows: 7, in: left)
        try table.add("n", "p", rows: 10, references: [reference(right, 10, estimated: true)])
        let report = PartitionReport(table.state)
        #expect(report.nodes.map(\.id) == [PartitionID(""), left, right])
        #expect(report.nodes.map(\.isTreeRowsEstimated) == [true, false, true])
    }

    @Test("a split is due by counted rows, perhaps by estimated ones, and never where one key has them all")
    func splits() throws {
        var table = try PlannedState(properties: [("partition.splitThresholdRows", "100")])
        let (left, right) = try table.split(at: "m", 0x10)
        let (a, b) = try table.split(left, at: "f", 0x20)
        let (c, d) = try table.split(right, at: "r", 0x30)
        try table.add("a", "c", rows: 101, in: a)
        try table.add("g", "h", rows: 60, in: b)
        try table.add("g", "n", rows: 50, references: [reference(b, 41, estimated: true), reference(c, 9)])
        try table.add("s", "s", rows: 300, in: d)
        let report = PartitionReport(table.state)
        func split(_ id: PartitionID) -> PartitionReport.Split? { report.nodes.first { $0.id == id }?.split }
        #expect(split(a) == .due && split(b) == .afterCompaction && split(c) == PartitionReport.Split.none)
        #expect(split(d) == .unsplittable && split(left) == PartitionReport.Split.none)
        #expect(
            report.count(.due) == 1 && report.count(.afterCompaction) == 1 && report.count(.unsplittable) == 1
        )
        let told = PartitionReport(table.state, unsplittable: [a])
        #expect(told.nodes.first { $0.id == a }?.split == .unsplittable)
        #expect(report.thresholdRows == 100 && report.thresholdBytes == nil)
        try table.commit([.operation(.setProperty(name: "partition.splitThresholdRows", value: nil))])
        #expect(PartitionReport(table.state).nodes.allSatisfy { $0.split == .none })
    }

    @Test("files of jobs are counted, also those that a job holds elsewhere")
    func jobs() throws {
        var table = try PlannedState()
        let (left, right) = try table.split(at: "m", 0x10)
        let file = try table.add("a", "z", references: [reference(left, 4), reference(right, 6)])
        try table.add("a", "b", in: left)
        let job = Job(
            id: JobID(9), partition: left, inputs: [file],
            finishes: [ReferenceKey(file: file, partition: right)],
            status: .waiting, session: nil, strategy: "requested", reason: "test")
        try table.commit([.operation(.putJob(job))])
        let report = PartitionReport(table.state)
        #expect(report.nodes.map(\.filesOnJobs) == [0, 1, 1] && report.nodes.map(\.files) == [0, 2, 1])
    }

    @Test("known and estimated rows stand apart, in leaves and in inner nodes")
    func files() throws {
        var table = try PlannedState()
        try table.add("a", "z", rows: 100)
        try table.add("a", "b", rows: nil)
        let (left, right) = try table.split(at: "m", 0x10)
        try table.add(
            "a", "z", rows: 30, references: [reference(left, 10, estimated: true), reference(right, 20)])
        let report = FileReport(table.state)
        #expect(report.fileCount == 3 && report.referenceCount == 4 && report.filesOfUnknownRows == 1)
        #expect(report.rows == .init(known: 120, estimated: 10) && report.rows.total == table.state.totalRows)
        #expect(report.rowsInLeaves == .init(known: 20, estimated: 10))
        #expect(report.rowsInInnerNodes == .init(known: 100, estimated: 0))
        #expect(report.percentInLeaves.map { Int($0.rounded()) } == 23)
        #expect(report.referencesPerFile.max == 2 && report.referencesPerLeaf.total == 2)
        #expect(report.referencesPerInnerNode.total == 2 && report.leafCount == 2 && report.innerCount == 1)
        #expect(report.lostReferences == 0 && report.halfLiveFiles == 0 && report.garbage.isEmpty)
        #expect(FileReport(try PlannedState().state).percentInLeaves == nil)
    }

    @Test("half-live files and garbage are counted, the one that waits longest first")
    func garbage() throws {
        var table = try PlannedState()
        let (left, right) = try table.split(at: "m", 0x10)
        let half = try table.add("a", "z", rows: 30, references: [reference(left, 10), reference(right, 20)])
        let gone = [try table.add("a", "b", in: left), try table.add("a", "b", in: left)]
        try table.commit([.operation(.removeReference(file: half, partition: left, rowCount: 10))])
        for (file, job) in zip(gone.reversed(), [JobID(5), nil]) {
            let path = try #require(table.state.files.view(file)?.path)
            try table.commit([
                .remove(
                    FileRemoval(
                        path: path, id: file, deletionTimestamp: 0, dataChange: job == nil, sizeBytes: 100,
                        job: job))
            ])
        }
        let report = FileReport(table.state)
        #expect(report.halfLiveFiles == 1 && report.rows.total == 20)
        #expect(report.garbage.map(\.entry.file) == [gone[1], gone[0]])
        #expect(report.garbage[0].reason.contains("replaced by job 0000000000000005"))
        #expect(report.garbage[1].reason.contains("removed in version"))
    }

    @Test("a reference whose partition is gone is told of, and breaks no report")
    func lostPartition() throws {
        var table = try PlannedState()
        let file = try table.add("a", "b", rows: 10)
        let lost = PartitionID("00000000000000aa")
        let key = ReferenceKey(file: file, partition: lost)
        let references = ReferenceSet(
            .init(entries: [
                .init(
                    key: key,
                    value: FileReference(file: file, partition: lost, rowCount: 10, isEstimated: true),
                    version: table.state.version)
            ]))
        let state = table.state.replacingSets(references: references)
        let files = FileReport(state)
        #expect(files.lostReferences == 1 && files.rows == .init(known: 0, estimated: 10))
        #expect(files.rowsInLeaves.total == 0 && files.percentInLeaves == 0)
        let partitions = PartitionReport(state)
        #expect(partitions.nodes.map(\.id) == [PartitionID(""), lost])
        #expect(partitions.nodes[1].side == .gone && partitions.nodes[1].rowsEstimated == 10)
        #expect(partitions.leafCount == 1)
    }

    @Test("figures: runs that a key meets on its way down, bytes beyond the largest runs, rows by kind")
    func figures() throws {
        var table = try PlannedState()
        try table.add("a", "z", rows: 100, bytes: 400)
        let (left, right) = try table.split(at: "m", 0x10)
        for _ in 0..<3 { try table.add("a", "b", rows: 10, bytes: 100, in: left) }
        try table.add(
            "a", "z", rows: 30, bytes: 50,
            references: [
                reference(left, 10, estimated: true), reference(right, 20),
            ])
        let figures = TableFigures(table.state)
        #expect(figures.leaves == 2 && figures.innerNodes == 1 && figures.references == 6)
        #expect(figures.rowsKnown == 150 && figures.rowsEstimated == 10)
        #expect(figures.mostRuns == 4 && figures.meanRuns == 2)
        // The left leaf has four runs and the one above, the right one and the one above.
        #expect(figures.readAmplificationMost == 5 && figures.readAmplificationMean == 3.5)
        let all = Double(400 + 350 + 50)
        #expect(figures.spaceAmplification == all / Double(400 + 100 + 50) && figures.debtBytes == 250)
        let empty = TableFigures(try PlannedState().state)
        #expect(empty.spaceAmplification == 1 && empty.readAmplificationMean == 0 && empty.leaves == 0)
    }

    @Test("reports of a tree of 20,000 leaves have every leaf")
    func manyLeaves() throws {
        var table = try PlannedState()
        let count = 20_000
        func key(_ number: Int) -> ByteString {
            ByteString(withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) })
        }
        var nodes: [Partition] = []
        func grow(_ tree: KeyRangeTree, _ parent: PartitionID?) -> PartitionID {
            let id =
                parent == nil ? PartitionID("") : PartitionID(ByteString(Hex.string(UInt64(nodes.count + 1))))
            var node = Partition(
                id: id, root: PartitionTuple([]), parent: parent, minKey: tree.min, maxKey: tree.max)
            let place = nodes.count
            nodes.append(node)
            node.children = tree.children.map { grow($0, id) }
            nodes[place] = node
            return id
        }
        _ = grow(try SplitKeys((1..<count).map(key)).tree, nil)
        try table.commit(nodes.map { .operation(.putPartition($0)) })
        let all = FileReport(table.state)
        #expect(all.leafCount == count && all.innerCount == count - 1)
        let report = PartitionReport(table.state)
        #expect(report.leafCount == count && report.nodes.count == 2 * count - 1)
        let leaves = report.nodes.filter(\.isLeaf)
        #expect(zip(leaves, leaves.dropFirst()).allSatisfy { $0.range.max == $1.range.min })
    }
}
