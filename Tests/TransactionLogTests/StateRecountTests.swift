import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// A table as a plain dictionary, which knows nothing of segments, manifests and tombstones.
private struct Recount {
    var live: [ByteString: FileEntry] = [:]
    /// Gone and not condemned: these may be added again.
    var gone: [ByteString: FileEntry] = [:]
    var references: Set<ReferenceKey> = []
    var split: Set<Int> = []
    /// What the transaction being made has touched already.
    private var touched: Set<ByteString> = []

    /// Some actions that are allowed now, taken into the model.
    mutating func actions(_ table: TestTable, _ random: inout SeededGenerator) -> [Action] {
        touched = []
        var actions: [Action] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2:
                for _ in 0..<Int.random(in: 1...25, using: &random) {
                    add(table.file(month: Int.random(in: 1...12, using: &random)), &actions)
                }
            case 3...5: remove(Int.random(in: 1...8, using: &random), &actions, &random)
            case 6: remove(Int.random(in: 10...40, using: &random), &actions, &random)
            case 7, 8:
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    guard let entry = pick(gone, &random) else { break }
                    add(entry, &actions)
                }
            default: reference(table, &actions, &random)
            }
        }
        return actions
    }

    private func pick(_ files: [ByteString: FileEntry], _ random: inout SeededGenerator) -> FileEntry? {
        files.values.filter { !touched.contains($0.path) }.sorted { $0.path < $1.path }
            .randomElement(using: &random)
    }

    private mutating func add(_ entry: FileEntry, _ actions: inout [Action]) {
        live[entry.path] = entry
        gone[entry.path] = nil
        touched.insert(entry.path)
        actions.append(.add(entry))
    }

    private mutating func remove(_ count: Int, _ actions: inout [Action], _ random: inout SeededGenerator) {
        for _ in 0..<count {
            guard let entry = pick(live, &random) else { return }
            touched.insert(entry.path)
            live[entry.path] = nil
            gone[entry.path] = entry
            references = references.filter { $0.file != entry.id }
            actions.append(TestTable.removal(entry))
            // Taken back at once, now and then, and sometimes taken away again.
            let fate = Int.random(in: 0..<6, using: &random)
            if fate < 2 { add(entry, &actions) }
            if fate == 0 {
                live[entry.path] = nil
                gone[entry.path] = entry
                actions.append(TestTable.removal(entry))
            }
        }
    }

    private mutating func reference(
        _ table: TestTable, _ actions: inout [Action], _ random: inout SeededGenerator
    ) {
        guard let entry = pick(live, &random), let value = entry.partitionValues.values[0],
            let month = Int(value.display), !references.contains(where: { $0.file == entry.id })
        else { return }
        touched.insert(entry.path)
        let root = PartitionID(RootPath.path(columns: ["month"], tuple: entry.partitionValues))
        let children = ["l", "r"].map { PartitionID(root.name + "#" + $0) }
        if split.insert(month).inserted {
            let key = ByteString([9])
            let tuple = entry.partitionValues
            actions += [
                Partition(id: root, root: tuple, parent: nil, children: children, minKey: nil, maxKey: nil),
                Partition(id: children[0], root: tuple, parent: root, minKey: nil, maxKey: key),
                Partition(id: children[1], root: tuple, parent: root, minKey: key, maxKey: nil),
            ].map { .operation(.putPartition($0)) }
        }
        for child in children {
            references.insert(ReferenceKey(file: entry.id, partition: child))
        }
        actions.append(.operation(.splitReference(ReferenceSplit(halving: entry, in: root, into: children))))
    }

    func check(_ state: TableState, _ comment: Comment) {
        #expect(state.filePaths == Set(live.keys), comment)
        #expect(state.fileCount == live.count, comment)
        #expect(state.totalBytes == live.values.reduce(0) { $0 + $1.sizeBytes }, comment)
        #expect(state.totalRows == live.values.reduce(0) { $0 + ($1.rowCount ?? 0) }, comment)
        var found: Set<ReferenceKey> = []
        state.references.entries.forEach { key, _ in found.insert(key) }
        #expect(found == references && state.references.count == references.count, comment)
        let garbage = Set(state.garbage.sorted().map(\.path))
        #expect(garbage.isSuperset(of: gone.keys), comment)
        #expect(state.partitions.count == split.count * 3, comment)
    }
}

@Suite("States against a recount")
struct StateRecountTests {
    enum Place: String, CaseIterable { case memory, directory }

    @Test("counts and bytes equal a recount after any sequence of operations", arguments: Place.allCases)
    func recount(place: Place) throws {
        let seed = Seed.fresh()
        print("StateRecountTests seed \(seed): FIRN_SEED=\(seed) repeats it")
        let directory = try TemporaryDirectory("recount")
        let storage: any ObjectStorage =
            place == .memory
            ? MemoryStorage() : try DirectoryStorage(root: directory.path, entropy: SeededEntropy(seed: seed))
        for round in 0..<(place == .memory ? 6 : 2) {
            try run(storage, seed &+ UInt64(round), "FIRN_SEED=\(seed), round \(round)")
        }
    }

    private func run(_ storage: any ObjectStorage, _ seed: UInt64, _ comment: Comment) throws {
        var random = SeededGenerator(seed: seed)
        let name = ByteString("t\(seed)")
        let choices: [(ByteString, [ByteString])] = [
            ("state.entriesPerManifest", ["100", "130", "50000"]),
            ("state.compaction.maxManifests", ["1", "3", "20"]),
            ("state.compaction.tombstoneThreshold", ["0", "0.1", "0.5", "1"]),
            ("state.compaction.maxTombstones", ["0", "30", "20000"]),
            ("state.compaction.largeRemoveThreshold", ["off", "1", "20"]),
            ("state.compression", ["zstd", "none", "snappy", "deflate"]),
        ]
        let table = try TestTable(
            storage: storage, name: name, seed: seed, partitioned: true,
            actions: choices.map { TestTable.property($0.0, $0.1.randomElement(using: &random) ?? "") })
        var model = Recount()
        // Two processes at the same table.
        var logs = [table.log, try table.open()]
        for _ in 0..<60 {
            let number = Int.random(in: 0...1, using: &random)
            let log = logs[number]
            switch Int.random(in: 0..<20, using: &random) {
            case 0...6:
                try log.refresh()
                _ = try log.writeState()
            case 7, 8: _ = try log.compactState()
            case 9: logs[number] = try table.open()
            case 10:
                let (name, values) = choices.randomElement(using: &random) ?? choices[0]
                let value = values.randomElement(using: &random) ?? ""
                _ = try log.commit(table.transaction([TestTable.property(name, value)]))
            default:
                try log.refresh()
                let actions = model.actions(table, &random)
                if !actions.isEmpty { _ = try log.commit(table.transaction(actions)) }
            }
            model.check(try logs[number].refresh(), comment)
            if let base = logs[number].baseManifest, base.version == logs[number].current.version {
                base.expectSums(Array(model.live.values), comment)
            }
            model.check(try table.open().current, comment)
        }
        _ = try logs[0].compactState()
        let opened = try table.open()
        model.check(opened.current, comment)
        #expect(try opened.compactState() == .clean(opened.current.version), comment)
        #expect(opened.current.files.tombstoneCount == 0, comment)
    }
}
