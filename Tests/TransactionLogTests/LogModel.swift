import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// Random transactions, and what a table must say after them by a model that knows nothing of segments,
/// manifests and tombstones.
struct LogModel {
    var live: [ByteString: FileEntry] = [:]
    var garbage: Set<FileID> = []
    var condemned: Set<FileID> = []
    var tags: [ByteString: Version] = [:]
    var properties: [ByteString: ByteString] = [:]
    var jobs: [JobID: Job] = [:]
    var references: Set<ReferenceKey> = []
    var splitRoots: Set<ByteString> = []
    var next: UInt64 = 1
    /// Removed and taken back by the transaction being made: no job may take these in it.
    var revived: Set<FileID> = []

    private static let days: [ByteString?] = ["1", "2", "10", "a b/c", nil]

    func isHeld(_ file: FileID) -> Bool { jobs.values.contains { $0.inputs.contains(file) } }

    /// Some actions that are allowed now, taken into the model.
    mutating func actions(_ random: inout SeededGenerator, version: Version) -> [Action] {
        var actions: [Action] = []
        revived = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3: add(&actions, &random)
            case 4, 5: remove(&actions, &random)
            case 6: tag(&actions, &random, version)
            case 7: job(&actions, &random)
            case 8: collect(&actions, &random)
            case 9: split(&actions, &random)
            case 10:
                let value = ByteString("\(Int.random(in: 1...50, using: &random))")
                properties["gc.delayMinutes"] = value
                actions.append(.operation(.setProperty(name: "gc.delayMinutes", value: value)))
            default:
                let name = ByteString("in-\(next).csv")
                next += 1
                actions.append(
                    .operation(
                        .receipt(IngestReceipt(name: name, contentHash: "ab", rowCount: 3, fileCount: 1))))
            }
        }
        return actions
    }

    private mutating func add(_ actions: inout [Action], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let entry = SampleLog.file(next, day: Self.days.randomElement(using: &random) ?? nil)
            next += 1
            live[entry.path] = entry
            actions.append(.add(entry))
        }
    }

    private func some(_ random: inout SeededGenerator) -> FileEntry? {
        live.values.filter { !isHeld($0.id) }.sorted { $0.path < $1.path }.randomElement(using: &random)
    }

    private mutating func remove(_ actions: inout [Action], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard let entry = some(&random) else { return }
            live[entry.path] = nil
            garbage.insert(entry.id)
            references = references.filter { $0.file != entry.id }
            actions.append(SampleLog.removal(entry))
            // Now and then it is taken back at once or later, under the same path.
            if Int.random(in: 0..<4, using: &random) == 0 {
                live[entry.path] = entry
                revived.insert(entry.id)
                actions.append(.add(entry))
            }
        }
    }

    private mutating func tag(
        _ actions: inout [Action], _ random: inout SeededGenerator, _ version: Version
    ) {
        let name = ByteString("t\(Int.random(in: 0..<3, using: &random))")
        if tags[name] != nil, Bool.random(using: &random) {
            tags[name] = nil
            actions.append(.operation(.removeTag(name: name)))
        } else {
            tags[name] = version
            actions.append(.operation(.putTag(name: name, version: version)))
        }
    }

    private mutating func job(_ actions: inout [Action], _ random: inout SeededGenerator) {
        if let id = jobs.keys.min(), Bool.random(using: &random) {
            jobs[id] = nil
            actions.append(.operation(.removeJob(id, outcome: .cancelled)))
        } else if let entry = some(&random), !revived.contains(entry.id),
            !references.contains(where: { $0.file == entry.id })
        {
            let id = JobID(next)
            next += 1
            let partition = PartitionID(RootPath.path(columns: ["day"], tuple: entry.partitionValues))
            let job = Job(
                id: id, partition: partition, inputs: [entry.id], status: .running, session: SessionID(3),
                strategy: "basic", reason: "a test")
            jobs[id] = job
            actions.append(.operation(.putJob(job)))
        }
    }

    private mutating func collect(_ actions: inout [Action], _ random: inout SeededGenerator) {
        let alive = Set(live.values.map(\.id))
        let ready = condemned.subtracting(alive).sorted()
        if let id = ready.randomElement(using: &random), Bool.random(using: &random) {
            condemned.remove(id)
            garbage.remove(id)
            actions.append(.operation(.forget([id])))
        } else if let id = garbage.subtracting(alive).subtracting(condemned).sorted().randomElement(
            using: &random)
        {
            condemned.insert(id)
            actions.append(.operation(.condemn([id])))
        }
    }

    /// Splits a file's root partition into two and references the file in both.
    private mutating func split(_ actions: inout [Action], _ random: inout SeededGenerator) {
        guard let entry = some(&random), !references.contains(where: { $0.file == entry.id }) else { return }
        let tuple = entry.partitionValues
        let root = RootPath.path(columns: ["day"], tuple: tuple)
        let children = [PartitionID(root + "#l"), PartitionID(root + "#r")]
        if splitRoots.insert(root).inserted {
            let parent = PartitionID(root)
            let key = ByteString([9])
            let parts = [
                Partition(
                    id: parent, root: tuple, parent: nil, children: children, minKey: nil, maxKey: nil),
                Partition(
                    id: children[0], root: tuple, parent: parent, children: [], minKey: nil, maxKey: key),
                Partition(
                    id: children[1], root: tuple, parent: parent, children: [], minKey: key, maxKey: nil),
            ]
            actions += parts.map { .operation(.putPartition($0)) }
        }
        for child in children {
            references.insert(ReferenceKey(file: entry.id, partition: child))
        }
        actions.append(
            .operation(.splitReference(ReferenceSplit(halving: entry, in: PartitionID(root), into: children)))
        )
    }

    func check(_ state: TableState, _ comment: Comment) {
        #expect(state.filePaths == Set(live.keys), comment)
        #expect(state.fileCount == live.count, comment)
        #expect(state.totalBytes == live.values.reduce(0) { $0 + $1.sizeBytes }, comment)
        #expect(state.totalRows == live.values.reduce(0) { $0 + ($1.rowCount ?? 0) }, comment)
        #expect(Set(state.garbage.sorted().map(\.file)) == garbage, comment)
        #expect(state.tags == tags, comment)
        #expect(Set(state.jobs.keys) == Set(jobs.keys), comment)
        var found: Set<ReferenceKey> = []
        state.references.entries.forEach { key, _ in found.insert(key) }
        #expect(found == references, comment)
        for (name, value) in properties { #expect(state.properties.overrides[name] == value, comment) }
    }
}
