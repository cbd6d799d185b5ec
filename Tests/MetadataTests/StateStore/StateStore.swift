import Bytes
import Metadata
import Testing

/// A table's state to which operations are put as they are committed: checked, then applied.
///
/// Its tree is the root alone, or the root split at "m" (``left``, ``right``), the left child at "f" too
/// (``leftLeft``, ``leftRight``).
struct StateStore {
    static let root = PartitionID("")
    static let left = PartitionID("00000000000000a1")
    static let right = PartitionID("00000000000000a2")
    static let leftLeft = PartitionID("00000000000000b1")
    static let leftRight = PartitionID("00000000000000b2")
    static let session = SessionID(7)

    private(set) var state: TableState
    private var now: Int64 = 1_700_000_000_000

    init(splits: Int = 0) throws {
        state = try makeState()
        if splits > 0 { try split(Self.root, at: "m", Self.left, Self.right) }
        if splits > 1 { try split(Self.left, at: "f", Self.leftLeft, Self.leftRight) }
    }

    mutating func apply(_ body: TransactionBody, at time: Int64? = nil) throws {
        now = time ?? now + 1
        try state.check(body.preconditions, now: now)
        state = try state.applying(transaction(state.version.rawValue + 1, body.actions, at: now))
    }

    /// The operation is refused for this reason, and everything is as before.
    func expect(
        _ reason: TransactionConflict.Reason, _ body: TransactionBody,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var copy = self
        do {
            try copy.apply(body)
            Issue.record("it was accepted", sourceLocation: sourceLocation)
        } catch let conflict as TransactionConflict {
            #expect(conflict.reason == reason, "\(conflict)", sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error) is no conflict", sourceLocation: sourceLocation)
        }
    }

    /// The operation contradicts the state, which says so with these words.
    func expectInvalid(
        _ words: String, _ body: TransactionBody, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var copy = self
        do {
            try copy.apply(body)
            Issue.record("it was accepted", sourceLocation: sourceLocation)
        } catch let error as StateError {
            #expect(error.message.contains(words), "\(error)", sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error) is no contradiction", sourceLocation: sourceLocation)
        }
    }

    // MARK: Partitions

    func node(_ id: PartitionID) -> Partition {
        state.partitions[id]
            ?? Partition(id: id, root: PartitionTuple([]), parent: nil, minKey: nil, maxKey: nil)
    }

    mutating func split(
        _ id: PartitionID, at key: ByteString, _ left: PartitionID, _ right: PartitionID,
        references: [ReferenceSplit] = []
    ) throws {
        try apply(.splitPartition(node(id), at: key, into: (left, right), references: references))
    }

    // MARK: Files

    func entry(
        _ id: UInt64, rows: Int64 = 100, keys: (String, String) = ("a", "z"), in partition: PartitionID? = nil
    ) -> FileEntry {
        var entry = fileEntry(id, rows: rows, keys: keys)
        entry.partition = partition
        return entry
    }

    func reference(
        _ id: UInt64, _ partition: PartitionID, rows: Int64 = 50, estimated: Bool = false
    ) -> FileReference {
        FileReference(file: FileID(id), partition: partition, rowCount: rows, isEstimated: estimated)
    }

    /// Files at a node, each with 100 rows.
    mutating func add(_ ids: UInt64..., in partition: PartitionID? = nil) throws {
        try apply(.addFiles(ids.map { (entry($0, in: partition), []) }))
    }

    /// A file of 100 rows with half of them in each of two partitions.
    mutating func addHalved(
        _ id: UInt64, _ first: PartitionID = left, _ second: PartitionID = right, estimated: Bool = false
    ) throws {
        try apply(
            .addFiles([
                (
                    entry(id),
                    [
                        reference(id, first, estimated: estimated),
                        reference(id, second, estimated: estimated),
                    ]
                )
            ]))
    }

    func halves(_ id: UInt64, _ partition: PartitionID = root) -> ReferenceSplit {
        let children = state.partitions[partition]?.children ?? []
        let rows = reference(of: id, partition)?.rowCount ?? 100
        return ReferenceSplit(
            file: FileID(id), partition: partition,
            parts: [
                reference(id, children.first ?? Self.left, rows: rows / 2),
                reference(id, children.last ?? Self.right, rows: rows - rows / 2),
            ])
    }

    func reference(of id: UInt64, _ partition: PartitionID) -> FileReference? {
        state.files.view(FileID(id)).flatMap { state.reference($0, in: partition) }
    }

    func partitions(of id: UInt64) -> [PartitionID] {
        state.files.view(FileID(id)).map { state.partitions(of: $0) } ?? []
    }

    func files(in partition: PartitionID) -> [UInt64] {
        state.files(in: partition).map(\.id.rawValue).sorted()
    }

    // MARK: Jobs

    func job(
        _ id: UInt64, _ inputs: [UInt64], in partition: PartitionID = root, finishes: [ReferenceKey] = []
    ) -> Job {
        Job(
            id: JobID(id), partition: partition, inputs: inputs.map { FileID($0) }, finishes: finishes,
            status: .running, session: Self.session, strategy: "basic", reason: "test")
    }

    /// The job's inputs become one file.
    func compaction(
        _ job: Job, into output: UInt64, rows: Int64? = nil, taken: [UInt64: Int64] = [:]
    ) -> TransactionBody {
        let inputs = job.inputs.map { id in
            taken[id.rawValue] ?? reference(of: id.rawValue, job.partition)?.rowCount ?? 0
        }
        var file = entry(output, rows: rows ?? inputs.reduce(0, +))
        file.partition = job.partition == Self.root ? nil : job.partition
        file.job = job.id
        file.dataChange = false
        return .replaceReferences(
            of: job, with: [file],
            rowsTaken: Dictionary(uniqueKeysWithValues: zip(job.inputs, inputs)), in: state, now: now)
    }
}

/// A named situation of the state store.
struct StateStoreCase: Sendable, CustomTestStringConvertible {
    var name: String
    /// Splits of the tree that it begins with.
    var splits: Int
    var run: @Sendable (inout StateStore) throws -> Void

    init(_ name: String, splits: Int = 0, _ run: @escaping @Sendable (inout StateStore) throws -> Void) {
        self.name = name
        self.splits = splits
        self.run = run
    }

    var testDescription: String { name }

    func callAsFunction() throws {
        var store = try StateStore(splits: splits)
        try run(&store)
    }
}
