import Bytes
import Metadata
import Planning
import Records
import Testing

/// A table of random trees whose rows are known, and what a query of it must read.
private struct QueryModel {
    static let keyCount: UInt16 = 600
    private(set) var state: TableState
    /// The keys of all rows of each file, ascending.
    private(set) var rows: [FileID: [UInt16]] = [:]
    private(set) var generator: SplitMix
    private var nextID: UInt64 = 1

    init(seed: UInt64) throws {
        generator = SplitMix(state: seed)
        let schema = TableSchema(
            columns: [
                .init(id: 1, name: "key", type: .binary, isNullable: false),
                .init(id: 2, name: "day", type: .int32),
            ], rowKey: ["key"], partitionColumns: ["day"])
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: "t", kind: .append, schema: schema, createdTime: 0)
        state = try TableState.initial(
            from: Self.transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
    }

    private static func transaction(_ version: Int64, _ actions: [Action]) -> CommittedTransaction {
        CommittedTransaction(
            id: CommitID(high: UInt64(version), low: 0), version: Version(version), ordinal: 0,
            timestamp: version, operation: "TEST", session: nil, notes: [], actions: actions)
    }

    private mutating func commit(_ body: TransactionBody) throws {
        try state.check(body.preconditions, now: 0)
        state = try state.applying(Self.transaction(state.version.rawValue + 1, body.actions))
    }

    static func key(_ number: UInt16) -> ByteString {
        ByteString([UInt8(number >> 8), UInt8(truncatingIfNeeded: number)])
    }

    mutating func random(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private static func root(_ day: Int) -> PartitionID { PartitionID(ByteString("day=\(day)")) }

    private func span(_ node: PartitionID) -> KeyInterval {
        state.partitions[node].map { KeyInterval($0) } ?? .all
    }

    private func count(_ file: FileID, in span: KeyInterval) -> Int64 {
        Int64((rows[file] ?? []).filter { span.contains(Self.key($0)) }.count)
    }

    /// Rows that some reference holds, by file.
    var live: [FileID: [UInt16]] {
        rows.compactMapValues { $0 }.reduce(into: [:]) { live, entry in
            guard let file = state.files.view(entry.key) else { return }
            let spans = state.references(of: file).map { span($0.partition) }
            live[entry.key] = entry.value.filter { row in spans.contains { $0.contains(Self.key(row)) } }
        }
    }

    // MARK: What happens to a table

    mutating func step() throws {
        switch random(10) {
        case 0...4: try add()
        case 5...6: try splitLeaf()
        case 7...8: try splitReference()
        default: try removeReference()
        }
    }

    private mutating func add() throws {
        let day = random(2)
        let start = random(Int(Self.keyCount))
        let width = 1 + random(random(4) == 0 ? Int(Self.keyCount) : 60)
        let keys = (0..<(1 + random(40))).map { _ in
            UInt16(min(Int(Self.keyCount) - 1, start + random(width)))
        }.sorted()
        let path = ByteString("data/day=\(day)/20240101T000000Z-\(Hex.string(nextID)).parquet")
        nextID += 1
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple([ByteString(String(day))]),
            sizeBytes: 100, modificationTime: 0)
        entry.rowCount = Int64(keys.count)
        entry.minKey = keys.first.map(Self.key)
        entry.maxKey = keys.last.map(Self.key)
        rows[entry.id] = keys
        let lowest = state.partitions.lowestNode(
            of: Self.root(day), holding: Self.key(keys[0]), Self.key(keys[keys.count - 1]))
        var references: [FileReference] = []
        switch random(3) {
        case 0: break
        case 1: entry.partition = lowest
        default: references = referenceDown(Self.root(day), entry.id)
        }
        try commit(.addFiles([(entry, references)]))
    }

    /// References that cover the file's rows, ending at any level.
    private mutating func referenceDown(_ node: PartitionID, _ file: FileID) -> [FileReference] {
        let count = count(file, in: span(node))
        if count == 0, random(4) > 0 { return [] }
        let children = state.partitions[node]?.children ?? []
        if children.isEmpty || random(4) == 0 {
            return [FileReference(file: file, partition: node, rowCount: count)]
        }
        return children.flatMap { referenceDown($0, file) }
    }

    private mutating func splitLeaf() throws {
        let day = random(2)
        let leaf = state.partitions.leaf(
            of: Self.root(day), for: Self.key(UInt16(random(Int(Self.keyCount)))))
        let key = Self.key(UInt16(random(Int(Self.keyCount))))
        let range = span(leaf)
        guard range.contains(key), key != range.min, random(6) > 0 || range != .all else { return }
        let ids = [0, 1].map { PartitionID(ByteString(Hex.string(nextID + 0xA000_0000_0000_0000 + $0))) }
        nextID += 2
        let node =
            state.partitions[leaf]
            ?? Partition(
                id: leaf, root: PartitionTuple([ByteString(String(day))]), parent: nil, minKey: nil,
                maxKey: nil)
        let pushed = state.files(in: leaf).filter { _ in random(2) == 0 }
        let splits = pushed.compactMap { split($0, leaf, ids, at: key) }
        try commit(.splitPartition(node, at: key, into: (ids[0], ids[1]), references: splits))
    }

    private mutating func split(
        _ file: FileView, _ node: PartitionID, _ children: [PartitionID], at key: ByteString
    ) -> ReferenceSplit? {
        guard let reference = state.reference(file, in: node) else { return nil }
        if random(4) == 0 { return ReferenceSplit(halving: reference, into: children) }
        let left = span(node).intersection(KeyInterval(max: key)).map { count(file.id, in: $0) } ?? 0
        return ReferenceSplit(
            reference, leftRows: min(left, reference.rowCount), isEstimated: false, at: key,
            keys: file.keyRange, into: children)
    }

    private mutating func splitReference() throws {
        guard let node = state.partitions.sorted().filter({ !$0.isLeaf }).randomElement(using: &generator),
            let file = state.files(in: node.id).randomElement(using: &generator),
            let key = state.partitions[node.children[1]]?.minKey,
            let split = split(file, node.id, node.children, at: key)
        else { return }
        try commit(.splitReferences([split]))
    }

    /// A compaction that took one partition's rows out of a file.
    private mutating func removeReference() throws {
        let files = rows.keys.filter { state.references.count(of: $0) > 1 }.sorted()
        guard let id = files.randomElement(using: &generator), let file = state.files.view(id),
            let reference = state.references(of: file).randomElement(using: &generator)
        else { return }
        let count = count(id, in: span(reference.partition))
        let others = state.references(of: file).filter(\.isEstimated)
        // Halves of a guess may be off by more than the others can make up for.
        guard reference.rowCount == count || others.count > 1 else { return }
        let body = TransactionBody(
            "TEST", [],
            [.operation(.removeReference(file: id, partition: reference.partition, rowCount: count))])
        try? commit(body)
    }
}

/// The same numbers from the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("Query plans")
struct QueryPlanTests {
    @Test(
        "every live row of a range is read once, whatever the tree and the references are", arguments: 1...12)
    func everyRowOnce(_ seed: UInt64) throws {
        var model = try QueryModel(seed: seed)
        for _ in 0..<120 { try model.step() }
        try #require(model.state.partitions.count > 4 && model.state.references.count > 10, "seed \(seed)")
        for round in 0..<60 {
            let bounds = [0, 1].map { _ in
                model.random(5) == 0
                    ? nil : QueryModel.key(UInt16(model.random(Int(QueryModel.keyCount))))
            }
            let span =
                round == 0
                ? .all
                : round % 5 == 0
                    ? KeyInterval(prefix: bounds[0] ?? QueryModel.key(7))
                    : KeyInterval(min: bounds[0], max: bounds[1])
            let roots = round % 3 == 0 ? ["day=0", "day=1"] : ["day=1"] as [ByteString]
            check(
                QueryPlan(span, roots: roots.map { PartitionID($0) }, in: model.state), span, roots, model,
                seed)
        }
    }

    private func check(
        _ plan: QueryPlan, _ span: KeyInterval, _ roots: [ByteString], _ model: QueryModel, _ seed: UInt64
    ) {
        struct Row: Hashable {
            let file: FileID
            let index: Int
        }
        var seen: Set<Row> = []
        for read in plan.reads {
            #expect(model.state.partitions.isLeaf(read.leaf), "seed \(seed)")
            let keys = model.rows[read.file.id] ?? []
            let found = keys.indices.filter { read.clip.contains(QueryModel.key(keys[$0])) }
            for index in found {
                #expect(
                    seen.insert(Row(file: read.file.id, index: index)).inserted, "seed \(seed): a row twice")
            }
            if !read.isEstimated { #expect(read.rows == Int64(found.count), "seed \(seed): \(read)") }
        }
        var expected: Set<Row> = []
        for (id, live) in model.live {
            guard let file = model.state.files.view(id), roots.contains(file.root.name) else { continue }
            let keys = model.rows[id] ?? []
            let kept = Set(live)
            for index in keys.indices
            where kept.contains(keys[index]) && span.contains(QueryModel.key(keys[index])) {
                expected.insert(Row(file: id, index: index))
            }
        }
        #expect(seen == expected, "seed \(seed), \(span)")
        #expect(plan.fileCount == Set(plan.reads.map(\.file.id)).count)
    }

    @Test("estimates of all leaves add up to what the references have that may have rows", arguments: 1...6)
    func estimatesAddUp(_ seed: UInt64) throws {
        var model = try QueryModel(seed: 1_000 + seed)
        for _ in 0..<100 { try model.step() }
        let plan = QueryPlan(.all, in: model.state)
        let rows = plan.reads.reduce(0) { $0 + $1.rows }
        // A file that was split in halves without a look may have been given a part beside its keys.
        var expected: Int64 = 0
        model.state.files.forEach { file in
            for reference in model.state.references(of: file) {
                let span = model.state.partitions[reference.partition].map { KeyInterval($0) } ?? .all
                if file.keyRange.map({ span.overlaps(($0.min, $0.max)) }) ?? true {
                    expected += reference.rowCount
                }
            }
        }
        #expect(rows == expected, "seed \(seed)")
        #expect(plan.reads.contains { $0.isEstimated } && plan.reads.contains { !$0.isEstimated })
    }

    @Test("a file that is known to have no row is left out, and a tree of 6,000 levels is walked")
    func deepTree() throws {
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: "t", kind: .append,
            schema: TableSchema(columns: [.init(id: 1, name: "key", type: .binary)], rowKey: ["key"]),
            createdTime: 0)
        let depth = 6_000
        var nodes: [Partition] = []
        func id(_ level: Int, _ side: Int) -> PartitionID {
            level == 0 ? PartitionID("") : PartitionID(ByteString(Hex.string(UInt64(level * 2 + side))))
        }
        func key(_ level: Int) -> ByteString {
            ByteString(withUnsafeBytes(of: UInt32(level).bigEndian) { Array($0) })
        }
        for level in 0...depth {
            for side in level == 0 ? [1] : [0, 1] {
                let isInner = side == 1 && level < depth
                nodes.append(
                    Partition(
                        id: id(level, side), root: PartitionTuple([]),
                        parent: level == 0 ? nil : id(level - 1, 1),
                        children: isInner ? [id(level + 1, 0), id(level + 1, 1)] : [],
                        minKey: level == 0 ? nil : side == 1 ? key(level) : level == 1 ? nil : key(level - 1),
                        maxKey: level > 0 && side == 0 ? key(level) : nil))
            }
        }
        func committed(_ version: Int64, _ actions: [Action]) -> CommittedTransaction {
            CommittedTransaction(
                id: CommitID(high: UInt64(version), low: 0), version: Version(version), ordinal: 0,
                timestamp: 0, operation: "TEST", session: nil, notes: [], actions: actions)
        }
        var state = try TableState.initial(
            from: committed(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
        state = try state.applying(committed(1, nodes.map { .operation(.putPartition($0)) }))
        let path: ByteString = "data/20240101T000000Z-00000000000000ff.parquet"
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple([]), sizeBytes: 10,
            modificationTime: 0)
        entry.rowCount = 100
        (entry.minKey, entry.maxKey) = (key(10), key(depth))
        state = try state.applying(committed(2, [.add(entry)]))
        let plan = QueryPlan(.all, in: state)
        #expect(plan.leafCount == depth + 1 && plan.reads.count == depth - 9)
        #expect(plan.reads.reduce(0) { $0 + $1.rows } == 100)
        #expect(QueryPlan(KeyInterval(prefix: key(500)), in: state).reads.count == 1)
        #expect(QueryPlan(.all, roots: [PartitionID("")], in: state) { _ in false }.reads.isEmpty)
    }
}
