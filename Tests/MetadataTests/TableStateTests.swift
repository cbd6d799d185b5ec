import Bytes
import Metadata
import Records
import Testing

@Suite("Table states")
struct TableStateTests {
    @Test("files come and go, and the states before stay as they were")
    func persistence() throws {
        let empty = try makeState()
        let one = try empty.next(.add(fileEntry(1)), .add(fileEntry(2)))
        let two = try one.next(removal(1, job: nil))
        #expect(empty.fileCount == 0 && one.fileCount == 2 && two.fileCount == 1)
        #expect(one.totalBytes == 2000 && two.totalRows == 10)
        #expect(one.files.contains(FileID(1)) && !two.files.contains(FileID(1)))
        #expect(one.garbage.isEmpty && two.garbage.count == 1)
        let added = try #require(one.files.file(FileID(2)))
        #expect(added.addedAtVersion == Version(1) && added.ordinal == 1)
        #expect(added.addedAtTimestamp == 1_700_000_000_001)
        let garbage = try #require(two.garbage[FileID(1)])
        #expect(garbage.addedAtVersion == Version(1) && garbage.removedAtVersion == Version(2))
        #expect(garbage.removedAtTimestamp == 1_700_000_000_002 && two.garbage.totalBytes == 1000)
    }

    @Test("files of one version are numbered through its transactions")
    func ordinals() throws {
        let first = try makeState().applying(transaction(1, [.add(fileEntry(1)), .add(fileEntry(2))]))
        let second = try first.applying(transaction(1, [.add(fileEntry(3))], ordinal: 1))
        let third = try second.applying(transaction(2, [.add(fileEntry(4))]))
        #expect(try #require(second.files.view(FileID(3))).sequence == 1 << 20 | 2)
        #expect(try #require(third.files.view(FileID(4))).sequence == 2 << 20)
        #expect(throws: StateError.self) { try third.applying(transaction(2, [], ordinal: 0)) }
        #expect(throws: StateError.self) { try third.applying(transaction(4, [])) }
    }

    @Test("a path may be taken back until it is condemned; its garbage entry then spans both lives")
    func takenBack() throws {
        let removed = try makeState().next(.add(fileEntry(1))).next(removal(1))
        let back = try removed.next(.add(fileEntry(1)))
        #expect(back.fileCount == 1 && back.garbage.count == 1)
        let again = try back.next(removal(1))
        #expect(again.garbage[FileID(1)]?.addedAtVersion == Version(1))
        #expect(again.garbage[FileID(1)]?.removedAtVersion == Version(4))
        #expect(again.garbage.totalBytes == 1000)
        #expect(throws: StateError.self) { try back.next(.operation(.condemn([FileID(1)]))) }
        let condemned = try again.next(.operation(.condemn([FileID(1)])))
        #expect(condemned.garbage[FileID(1)]?.condemnedAtVersion == Version(5))
        #expect(throws: StateError.self) { try condemned.next(.add(fileEntry(1))) }
        #expect(try condemned.next(.operation(.forget([FileID(1)]))).garbage.isEmpty)
    }

    @Test("a file added and removed by one transaction is garbage and not live")
    func withinOneTransaction() throws {
        let state = try makeState().next(.add(fileEntry(1)), .add(fileEntry(2)), removal(1))
        #expect(state.fileCount == 1 && state.garbage[FileID(1)] != nil)
        let sum = try state.next(removal(2), .add(fileEntry(2)))
        #expect(sum.fileCount == 1)
    }

    @Test(
        "what contradicts the state is refused with a reason",
        arguments: [
            ("is live already", [.add(fileEntry(1))]),
            ("is not live", [removal(9)]),
            ("does not have the id", [.add(misnamed())]),
            ("wrong number of partition values", [.add(fileEntry(9, date: "2024-01-01"))]),
            ("which is not live", [job(1, inputs: [9])]),
            ("which job 0000000000000005 holds", [job(5, inputs: [1]), job(6, inputs: [1])]),
            ("while job 0000000000000005 holds it", [job(5, inputs: [1]), removal(1)]),
            ("not referenced in partition", [job(5, inputs: [1], partition: "x")]),
            ("which is dead", [.operation(.declareDead(SessionID(7))), job(5, inputs: [1])]),
            ("without a session", [job(5, inputs: [1], session: nil)]),
            ("goes back from attempt 2", [job(5, inputs: [1], attempt: 2), job(5, inputs: [1], attempt: 1)]),
            ("does not exist", [.operation(.removeJob(JobID(1), outcome: .cancelled))]),
            ("is not garbage", [.operation(.condemn([FileID(1)]))]),
            ("was not condemned", [removal(1), .operation(.forget([FileID(1)]))]),
            ("names version 9", [.operation(.putTag(name: "t", version: Version(9)))]),
            ("tag t is removed", [.operation(.removeTag(name: "t"))]),
            ("is not live", [.operation(.putReference(reference(9, "")))]),
            ("is live already", [.operation(.putReference(reference(1, "")))]),
            (
                "outside its root",
                [.add(fileEntry(2)), .operation(.putReference(reference(2, "elsewhere")))]
            ),
            (
                "referenced twice",
                [
                    .add(fileEntry(2)), .operation(.putReference(reference(2, ""))),
                    .operation(.putReference(reference(2, ""))),
                ]
            ),
            (
                "no reference in partition",
                [.operation(.removeReference(file: FileID(1), partition: PartitionID(""), rowCount: 10))]
            ),
            (
                "loses its last reference",
                [
                    .add(fileEntry(2)), .operation(.putReference(reference(2, ""))),
                    .operation(.removeReference(file: FileID(2), partition: PartitionID(""), rowCount: 5)),
                ]
            ),
        ] as [(String, [Action])])
    func refusals(reason: String, actions: [Action]) throws {
        let state = try makeState().next(.add(fileEntry(1)))
        let error = try #require(throws: StateError.self) { try state.applying(transaction(2, actions)) }
        #expect(error.message.contains(reason), "\(error)")
        #expect(state.fileCount == 1 && state.jobs.isEmpty)
    }

    @Test("a compaction's swap frees its references and leaves the inputs as garbage of the job")
    func swap() throws {
        let assigned = try makeState().next(.add(fileEntry(1)), .add(fileEntry(2)))
            .next(job(5, inputs: [1, 2]))
        let view = try #require(assigned.files.view(FileID(1)))
        #expect(assigned.job(holding: view.id, in: PartitionID(""))?.id == JobID(5))
        #expect(assigned.jobs[JobID(5)]?.createdAtVersion == Version(2))
        let done = try assigned.next(
            removal(1, job: 5), removal(2, job: 5), .add(fileEntry(3)),
            .operation(.removeJob(JobID(5), outcome: .committed)))
        #expect(done.jobs.isEmpty && done.fileCount == 1)
        #expect(done.garbage[FileID(2)]?.job == JobID(5))
        #expect(throws: Never.self) { try done.next(job(6, inputs: [3])) }
    }

    @Test("a dead session's running jobs wait for the next attempt, without a failure")
    func deadSession() throws {
        let state = try makeState().next(.add(fileEntry(1)), .add(fileEntry(2)))
            .next(job(5, inputs: [1]), job(6, inputs: [2], session: 8))
            .next(.operation(.declareDead(SessionID(7))))
        let released = try #require(state.jobs[JobID(5)])
        #expect(released.status == .waiting && released.attempt == 2 && released.session == nil)
        #expect(released.failureCount == 0 && state.jobs[JobID(6)]?.status == .running)
    }

    @Test("a split gives each file one reference a child, and a file is never referenced twice over")
    func split() throws {
        let state = try makeState().next(.add(fileEntry(1)), .add(fileEntry(2)))
        let root = PartitionID("")
        let (left, right) = (PartitionID("00000000000000a1"), PartitionID("00000000000000a2"))
        let tree: [Action] = [
            .operation(.putPartition(node(root, parent: nil, children: [left, right], nil, nil))),
            .operation(.putPartition(node(left, parent: root, children: [], nil, "m"))),
            .operation(.putPartition(node(right, parent: root, children: [], "m", nil))),
        ]
        let references: [Action] = [
            .operation(
                .splitReference(
                    ReferenceSplit(
                        file: FileID(1), partition: root,
                        parts: [reference(1, "00000000000000a1"), reference(1, "00000000000000a2")])))
        ]
        let done = try state.applying(transaction(2, tree + references))
        let view = try #require(done.files.view(FileID(1)))
        #expect(done.partitions(of: view) == [left, right])
        #expect(done.files(in: root).map(\.id) == [FileID(2)])
        #expect(done.files(in: right).map(\.id) == [FileID(1)])
        #expect(done.partitions.leaves(below: root) == [left, right])
        #expect(done.partitions.leaf(of: root, for: "lz") == left)
        #expect(done.partitions.leaf(of: root, for: "m") == right)
        #expect(done.partitions.root(of: left) == root && done.occupiedPartitions().count == 3)
        #expect(throws: StateError.self) { try done.next(.operation(.putReference(reference(1, "")))) }
        let removed = try done.next(removal(1))
        #expect(removed.references.isEmpty && removed.files(in: right).isEmpty)
        #expect(done.references.count == 2)
    }

    @Test("a child gets no part of a file that has no keys in it, wherever else the file has keys")
    func partialSplit() throws {
        let (a, b, c, d) = ("00000000000000a1", "00000000000000a2", "00000000000000a3", "00000000000000a4")
        func id(_ name: String) -> PartitionID { PartitionID(ByteString(name)) }
        let tree = [
            node(id(""), parent: nil, children: [id(a), id(b)], nil, nil),
            node(id(a), parent: id(""), children: [], nil, "h"),
            node(id(b), parent: id(""), children: [id(c), id(d)], "h", nil),
            node(id(c), parent: id(b), children: [], "h", "p"),
            node(id(d), parent: id(b), children: [], "p", nil),
        ]
        let state = try makeState().next(.add(fileEntry(1, rows: 10, keys: ("c", "k")))).applying(
            transaction(2, tree.map { .operation(.putPartition($0)) }))
        func split(_ from: String, _ parts: FileReference...) -> Action {
            .operation(.splitReference(ReferenceSplit(file: FileID(1), partition: id(from), parts: parts)))
        }
        let halves = try state.next(
            split(
                "", FileReference(file: FileID(1), partition: id(a), rowCount: 6),
                FileReference(file: FileID(1), partition: id(b), rowCount: 4)))
        let part = FileReference(file: FileID(1), partition: id(c), rowCount: 4)
        let done = try halves.next(split(b, part))
        #expect(done.references.references(of: FileID(1)).map(\.partition) == [id(a), id(c)])
        let other = FileReference(file: FileID(1), partition: id(d), rowCount: 4)
        #expect(throws: StateError.self) { try halves.next(split(b, other)) }
        #expect(throws: StateError.self) {
            try state.next(split("", FileReference(file: FileID(1), partition: id(b), rowCount: 10)))
        }
    }

    @Test("receipts are kept for the dedupe window and no longer")
    func receipts() throws {
        let day: Int64 = 86_400_000
        let receipt = IngestReceipt(name: "a.csv", contentHash: "00", rowCount: 1, fileCount: 1)
        let state = try makeState().next(.operation(.receipt(receipt)), at: 10 * day)
        let kept = try state.next(at: 17 * day)
        #expect(kept.receipts.all.map(\.version) == [Version(1)])
        let renewed = try kept.next(.operation(.receipt(receipt)), at: 17 * day)
        let rest = try renewed.next(at: 17 * day + 1)
        #expect(rest.receipts.all.map(\.version) == [Version(3)])
        #expect(rest.receipt("a.csv", "00", now: 17 * day)?.version == Version(3))
        #expect(rest.receipt("a.csv", "01", now: 17 * day) == nil)
        let gone = try rest.next(at: 30 * day)
        #expect(gone.receipts.count == 0 && kept.receipts.count == 1)
    }

    @Test("another engine's log may repeat a removal and replace a file in place")
    func foreign() throws {
        var definition = TableDefinition(id: "x", name: "x", kind: .append, schema: nil, createdTime: 0)
        definition.provider = "indextables"
        let state = try TableState.initial(
            from: transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
        let done = try state.next(removal(9), .add(fileEntry(1))).next(.add(fileEntry(1, bytes: 5)))
        #expect(done.fileCount == 1 && done.totalBytes == 5 && done.garbage.isEmpty)
    }

    @Test("each schema is kept by an id that its content makes")
    func schemas() throws {
        let state = try makeState()
        let id = try #require(state.schemaID)
        #expect(state.schemaRegistry[id]?.display.contains(#""name":"key""#) == true)
        var wider = state.definition
        wider.schema?.columns.append(.init(id: 3, name: "x", type: .decimal(precision: 10, scale: 2)))
        let next = try state.next(.definition(wider))
        #expect(next.schemaID != id && next.schemaRegistry.count == 2)
        #expect(try next.next(.definition(state.definition)).schemaID == id)
        let text = try #require(next.schemaID.flatMap { next.schemaRegistry[$0] })
        #expect(try TableSchema(json: text.bytes) == wider.schema)
    }
}

private func misnamed() -> FileEntry {
    var entry = fileEntry(9)
    entry.id = FileID(10)
    return entry
}

private func reference(_ file: UInt64, _ partition: String) -> FileReference {
    FileReference(file: FileID(file), partition: PartitionID(ByteString(partition)), rowCount: 5)
}

private func node(
    _ id: PartitionID, parent: PartitionID?, children: [PartitionID], _ min: ByteString?, _ max: ByteString?
) -> Partition {
    Partition(
        id: id, root: PartitionTuple([]), parent: parent, children: children, minKey: min, maxKey: max)
}
