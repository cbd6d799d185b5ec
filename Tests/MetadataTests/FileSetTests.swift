import Bytes
import Metadata
import Testing

@Suite("File sets")
struct FileSetTests {
    /// What a set must answer.
    private func expectEqual(_ set: FileSet, _ model: [FileID: FileEntry], _ comment: Comment) throws {
        #expect(set.count == model.count, comment)
        #expect(set.totalBytes == model.values.reduce(0) { $0 + $1.sizeBytes }, comment)
        #expect(set.totalRows == model.values.reduce(0) { $0 + ($1.rowCount ?? 0) }, comment)
        for (id, entry) in model {
            #expect(set.file(id) == entry, comment)
            #expect(set.view(path: entry.path)?.id == id, comment)
        }
        var seen = 0
        set.forEach { view in
            seen += 1
            #expect(model[view.id] != nil, comment)
        }
        #expect(seen == model.count, comment)
        let byRoot = Dictionary(grouping: model.values) { entry -> ByteString in
            entry.partitionValues.values[0].map { ByteString("date=") + $0 }
                ?? "date=__HIVE_DEFAULT_PARTITION__"
        }
        let roots = set.rootPartitions()
        #expect(roots.map(\.path) == byRoot.keys.sorted(), comment)
        for root in roots {
            let files = try #require(byRoot[root.path])
            #expect(root.fileCount == files.count, comment)
            #expect(root.bytes == files.reduce(0) { $0 + $1.sizeBytes }, comment)
            #expect(root.rows == files.reduce(0) { $0 + ($1.rowCount ?? 0) }, comment)
            #expect(set.rootPartition(root.id) == root, comment)
            #expect(set.files(in: root.id).map(\.path) == files.map(\.path).sorted(), comment)
        }
    }

    @Test(
        "what a set has and another has not is found as by looking at each", arguments: [5, 6, 7] as [UInt64])
    func missing(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var sets = [FileSet(partitionColumns: ["date"])]
        var known: [FileID] = []
        for step in 0..<40 {
            var set = sets[step]
            let batch = (0..<(1 + generator.next() % 30)).map { _ in
                fileEntry(generator.next() >> 1, date: "2024-01-01")
            }
            set.add(batch)
            known += batch.map(\.id)
            for _ in 0..<(generator.next() % 20) {
                _ = set.remove(known[Int(generator.next() % UInt64(known.count))])
            }
            sets.append(set)
        }
        for left in stride(from: 0, to: sets.count, by: 3) {
            for right in stride(from: 0, to: sets.count, by: 7) {
                var expected: Set<FileID> = []
                sets[left].forEach { if !sets[right].contains($0.id) { expected.insert($0.id) } }
                var found: [FileID] = []
                sets[left].forEach(missingIn: sets[right]) { file in
                    found.append(file.id)
                    return true
                }
                #expect(Set(found) == expected && found.count == expected.count, "\(left) and \(right)")
                var first = 0
                sets[left].forEach(missingIn: sets[right]) { _ in
                    first += 1
                    return false
                }
                #expect(first == min(1, expected.count))
            }
        }
    }

    @Test("random additions and removals answer as a dictionary does", arguments: [1, 2, 3, 4] as [UInt64])
    func model(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var set = FileSet(partitionColumns: ["date"])
        var model: [FileID: FileEntry] = [:]
        var gone: [FileEntry] = []
        var written = 0
        for step in 0..<60 {
            let before = set
            let modelBefore = model
            switch generator.next() % 8 {
            case 0...3:
                var batch: [FileEntry] = []
                for _ in 0..<(1 + generator.next() % 20) {
                    var entry = fileEntry(
                        generator.next() >> 1, date: "2024-01-0\(generator.next() % 5)",
                        bytes: Int64(generator.next() % 100_000))
                    if generator.next() % 5 == 0 { entry.rowCount = nil }
                    batch.append(entry)
                }
                if generator.next() % 3 == 0, let revived = gone.popLast() { batch.append(revived) }
                set.add(batch)
                for entry in batch { model[entry.id] = entry }
            case 4...6:
                for _ in 0..<(generator.next() % 15) {
                    guard let id = model.keys.sorted().randomElement(using: &generator) else { break }
                    let removed = set.remove(id)
                    #expect(removed?.id == id)
                    if let entry = model.removeValue(forKey: id) { gone.append(entry) }
                    let again = set.remove(id)
                    #expect(again == nil)
                }
            default:
                written += 1
                let revived = Set(set.revivedSlots())
                let kept = set.slots.enumerated().filter {
                    !revived.contains($0.offset) && $0.element.manifest != nil
                }
                let rest = set.slots.enumerated().filter {
                    revived.contains($0.offset) || $0.element.manifest == nil
                }
                let files = set.files(ofSlots: rest.map(\.offset)) {
                    ($0.values[0] ?? "") < ($1.values[0] ?? "")
                }
                var builder = FileSegment.Builder(partitionColumns: set.partitionColumns)
                builder.append(contentsOf: files[...])
                let segment = builder.finish()
                let manifests = kept.compactMap { $0.element.manifest.map(ObjectIdentifier.init) }
                set = set.rewritten(
                    keeping: { slot in slot.manifest.map { manifests.contains(ObjectIdentifier($0)) } ?? false
                    },
                    adding: [(segment, TestManifest("m\(written)"))])
                #expect(set.unwrittenCount == 0)
                // What a reader makes of the manifests and tombstones is the same set.
                let read = FileSet(
                    partitionColumns: ["date"], manifests: set.slots.map { ($0.segment, $0.manifest) },
                    tombstones: set.tombstones())
                try expectEqual(read, model, "seed \(seed), step \(step), read back")
            }
            try expectEqual(set, model, "seed \(seed), step \(step)")
            #expect(before.count == modelBefore.count, "seed \(seed), step \(step): the old set changed")
        }
    }

    @Test("small additions leave few segments and copy each entry a few times")
    func tail() {
        var set = FileSet(partitionColumns: [])
        for batch in 0..<1000 { set.add([fileEntry(UInt64(batch + 1))]) }
        #expect(set.count == 1000)
        #expect(set.slots.count <= 11)
    }

    @Test("what manifests list and what they do not is told apart")
    func manifests() {
        var set = FileSet(partitionColumns: [])
        set.add((1...10).map { fileEntry($0) })
        let manifest = TestManifest("a")
        set = set.rewritten(keeping: { _ in true }, adding: [(set.unwritten(), manifest)])
        #expect(set.unwrittenCount == 0 && set.tombstoneCount == 0)
        set.add([fileEntry(11)])
        _ = set.remove(FileID(3))
        _ = set.remove(FileID(11))
        set.add([fileEntry(12)])
        #expect(set.unwritten().count == 1 && set.unwritten()[0].id == FileID(12))
        #expect(set.tombstones() == [filePath(3)])
        #expect(set.revivedSlots().isEmpty)
        set.add([fileEntry(3)])
        #expect(set.revivedSlots() == [0])
        #expect(set.slots[0].manifest === manifest)
    }

    @Test("a listing starts where it stopped")
    func resuming() {
        var set = FileSet(partitionColumns: [])
        set.add((1...9).map { fileEntry($0) })
        let files = set.files(in: PartitionID(""))
        #expect(files.firstIndex(atOrAfter: filePath(4)) == 3)
        #expect(files.firstIndex(atOrAfter: filePath(4) + "x") == 4)
        #expect(files.firstIndex(atOrAfter: "z") == 9)
    }
}
