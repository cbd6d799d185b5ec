import Bytes
import Metadata
import Testing

@Suite("Reference entries")
struct ReferenceEntriesTests {
    private final class Manifest: ManifestIdentity {}

    /// What lives and what manifests list, in dictionaries.
    private struct Model {
        var live: [ReferenceKey: (value: FileReference, version: Version)] = [:]
        var listed:
            [(manifest: Manifest, entries: [ReferenceKey: (value: FileReference, version: Version)])] = []

        func isDead(_ key: ReferenceKey, _ version: Version) -> Bool { live[key]?.version != version }

        var deadCounts: [Int] {
            listed.map { $0.entries.count { isDead($0.key, $0.value.version) } }
        }

        var deadKeys: Set<ReferenceKey> {
            Set(listed.flatMap { $0.entries.filter { isDead($0.key, $0.value.version) }.keys })
        }

        var unwrittenCount: Int {
            live.count { key, entry in
                !listed.contains { $0.entries[key]?.version == entry.version }
            }
        }
    }

    private struct Run {
        var generator: SeededGenerator
        var model = Model()
        var entries = ReferenceEntries()
        let files: [FileID]
        let partitions: [PartitionID]

        init(seed: UInt64, files: Int, partitions: Int) {
            var generator = SeededGenerator(seed: seed)
            self.files = (0..<files).map { _ in FileID(generator.next()) }
            // Names of all lengths, of which some begin as others do.
            self.partitions =
                [PartitionID("")]
                + (1..<partitions).map { number in
                    let name = ByteString("\(generator.next() % 7)/\(number)")
                    return PartitionID(number % 3 == 0 ? name + ByteString("/long-tail") : name)
                }
            self.generator = generator
        }

        mutating func below(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }

        mutating func change(_ count: Int, at version: Version) {
            for _ in 0..<count {
                let key = ReferenceKey(
                    file: files[below(files.count)], partition: partitions[below(partitions.count)])
                if below(3) == 0 {
                    #expect(entries.remove(key, at: version) == (model.live[key] != nil))
                    model.live[key] = nil
                } else if model.live[key]?.version != version {
                    let value = FileReference(
                        file: key.file, partition: key.partition,
                        rowCount: Int64(bitPattern: generator.next()) >> Int64(below(60)),
                        isEstimated: below(2) == 0)
                    entries.put(key, value, at: version)
                    model.live[key] = (value, version)
                }
            }
        }

        mutating func rewrite(_ gone: [Int], entriesPerManifest: Int) {
            let batch = entries.entriesToWrite(rewriting: gone)
            var written: [(range: Range<Int>, manifest: any ManifestIdentity)] = []
            for index in gone.reversed() { model.listed.remove(at: index) }
            var last: (FileID, ByteString)?
            for start in stride(from: 0, to: batch.count, by: entriesPerManifest) {
                let manifest = Manifest()
                let range = start..<min(batch.count, start + entriesPerManifest)
                written.append((range, manifest))
                var rows: [ReferenceKey: (value: FileReference, version: Version)] = [:]
                batch.forEach(in: range) { row in
                    let name = ByteString(Array(row.partition))
                    #expect(last.map { $0 < (row.file, name) } ?? true)
                    last = (row.file, name)
                    let value = FileReference(
                        file: row.file, partition: PartitionID(name), rowCount: row.rowCount,
                        isEstimated: row.isEstimated)
                    rows[ReferenceKey(file: row.file, partition: PartitionID(name))] = (value, row.version)
                }
                model.listed.append((manifest, rows))
            }
            entries = entries.rewritten(without: gone, adding: batch, in: written)
            #expect(model.unwrittenCount == 0)
        }

        /// What a state says, read in another order of manifests.
        func read() -> ReferenceEntries {
            let reading = ReferenceReading(expectedCount: 10)
            for (number, part) in model.listed.enumerated().reversed() {
                var rows = ReferenceManifestRows()
                for (key, entry) in part.entries {
                    key.partition.name.withUnsafeBytes {
                        rows.append(
                            file: Int64(bitPattern: key.file.rawValue), partition: $0,
                            rowCount: entry.value.rowCount, isEstimated: entry.value.isEstimated,
                            version: entry.version.rawValue)
                    }
                }
                reading.add(rows, manifest: number)
            }
            return reading.finish(tombstones: entries.tombstones, manifests: entries.manifests)
        }

        func gathered() -> ReferenceEntries {
            let all = model.listed.flatMap { manifest, entries in
                entries.map {
                    ReferenceEntries.Entry(
                        key: $0, value: $1.value, version: $1.version, manifest: manifest)
                }
            }
            return ReferenceEntries(
                entries: all, tombstones: entries.tombstones, manifests: entries.manifests)
        }

        func expectEqual(_ entries: ReferenceEntries, _ model: Model, _ comment: Comment) {
            let set = ReferenceSet(entries)
            #expect(set.count == model.live.count, comment)
            #expect(set.isEmpty == model.live.isEmpty, comment)
            for file in files {
                let known = model.live.filter { $0.key.file == file }.sorted { $0.key < $1.key }
                #expect(set.count(of: file) == known.count, comment)
                #expect(set.partitions(of: file) == known.map(\.key.partition), comment)
                #expect(set.references(of: file) == known.map(\.value.value), comment)
            }
            for partition in partitions {
                let known = model.live.keys.filter { $0.partition == partition }.map(\.file).sorted()
                #expect(set.files(in: partition) == known, comment)
                for file in files {
                    let reference = model.live[ReferenceKey(file: file, partition: partition)]?.value
                    #expect(set.reference(file, in: partition) == reference, comment)
                    #expect(set.contains(file, in: partition) == (reference != nil), comment)
                }
            }
            var found: [FileID] = []
            set.forEachFile { found.append($0) }
            #expect(found == Set(model.live.keys.map(\.file)).sorted(), comment)
            let live = entries.live
            #expect(live.map(\.key) == model.live.keys.sorted(), comment)
            for entry in live {
                #expect(entry.version == model.live[entry.key]?.version, comment)
                #expect(entry.value == model.live[entry.key]?.value, comment)
            }
            #expect(entries.unwrittenCount == model.unwrittenCount, comment)
            #expect(entries.deadCounts() == model.deadCounts, comment)
            #expect(Set(entries.tombstones.map(\.key)) == model.deadKeys, comment)
            #expect(entries.tombstoneCount == model.deadKeys.count, comment)
        }
    }

    @Test("columns under layers answer as a dictionary does", arguments: [1, 2, 3, 4] as [UInt64])
    func model(seed: UInt64) {
        var run = Run(seed: seed, files: 12, partitions: 9)
        var known: [(ReferenceEntries, Model, Version)] = []
        for number in Int64(1)...80 {
            let version = Version(number)
            run.change(1 + run.below(number % 9 == 0 ? 60 : 8), at: version)
            if run.below(3) > 0 { run.entries.seal() }
            if run.below(4) == 0 {
                let manifests = run.model.listed.indices
                let gone = run.below(5) == 0 ? Array(manifests) : manifests.filter { _ in run.below(4) == 0 }
                run.rewrite(gone, entriesPerManifest: 1 + run.below(40))
                run.expectEqual(run.read(), run.model, "seed \(seed), read at \(version)")
                run.expectEqual(run.gathered(), run.model, "seed \(seed), gathered at \(version)")
                if run.below(4) == 0 { run.entries = run.read() }
            }
            run.expectEqual(run.entries, run.model, "seed \(seed), version \(version)")
            if number % 8 == 0 { known.append((run.entries, run.model, version)) }
        }
        // What was copied stays as it was.
        for (entries, model, version) in known {
            run.expectEqual(entries, model, "seed \(seed), copied at \(version)")
        }
    }

    @Test("a transaction may change more references than are kept outside of layers")
    func large() {
        var run = Run(seed: 9, files: 60, partitions: 120)
        run.change(9_000, at: Version(1))
        run.rewrite([], entriesPerManifest: 1_000)
        run.change(9_000, at: Version(2))
        run.expectEqual(run.entries, run.model, "unsealed")
        run.entries.seal()
        run.rewrite([0, 2], entriesPerManifest: 1_000)
        run.expectEqual(run.entries, run.model, "rewritten")
    }

    @Test("of entries of one reference the newest counts, of the same version the first manifest's")
    func doubleEntries() {
        let key = ReferenceKey(file: FileID(7), partition: PartitionID("a"))
        let manifests = (0..<3).map { _ in Manifest() }
        func entry(_ manifest: Int, rows: Int64, _ version: Int64) -> ReferenceEntries.Entry {
            ReferenceEntries.Entry(
                key: key, value: FileReference(file: key.file, partition: key.partition, rowCount: rows),
                version: Version(version), manifest: manifests[manifest])
        }
        let all = [entry(0, rows: 1, 4), entry(1, rows: 2, 5), entry(2, rows: 3, 5)]
        let entries = ReferenceEntries(entries: all, manifests: manifests)
        #expect(entries[key]?.rowCount == 2 && entries.count == 1)
        #expect(entries.deadCounts() == [1, 0, 1])
        #expect(entries.tombstones == [.init(key: key, version: Version(5))])
        let killed = ReferenceEntries(
            entries: all, tombstones: [.init(key: key, version: Version(6))], manifests: manifests)
        #expect(killed.isEmpty && killed.deadCounts() == [1, 1, 1])
        #expect(killed.tombstones == [.init(key: key, version: Version(6))])
    }
}
