import Metadata
import Testing

@Suite("Manifest sets")
struct ManifestSetTests {
    private final class Manifest: ManifestIdentity {}
    private typealias Numbers = ManifestSet<FileID, Int>

    /// Everything that manifests list, and what lives.
    private struct Model {
        var live: [FileID: (value: Int, version: Version)] = [:]
        var listed: [(manifest: Manifest, entries: [FileID: Version])] = []

        /// How many entries of each manifest are not what lives.
        var deadCounts: [Int] {
            listed.map { $0.entries.count { live[$0.key]?.version != $0.value } }
        }

        var deadKeys: Set<FileID> {
            Set(listed.flatMap { $0.entries.filter { live[$0.key]?.version != $0.value }.keys })
        }
    }

    @Test(
        "counts of dead entries are kept along with every change and every rewriting",
        arguments: [1, 2, 3] as [UInt64])
    func deadCounts(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var model = Model()
        var set = Numbers()
        for version in 1...200 {
            for _ in 0..<(1 + generator.next() % 10) {
                let key = FileID(generator.next() % 60)
                if generator.next() % 3 == 0 {
                    #expect(set.remove(key, at: Version(Int64(version))) == (model.live[key] != nil))
                    model.live[key] = nil
                } else if model.live[key]?.version != Version(Int64(version)) {
                    set.put(key, version, at: Version(Int64(version)))
                    model.live[key] = (version, Version(Int64(version)))
                }
            }
            expectEqual(set, model, "seed \(seed), version \(version)")
            guard generator.next() % 4 == 0 else { continue }
            let gone = set.manifests.indices.filter { _ in generator.next() % 4 == 0 }
            let before = set
            set = rewrite(set, &model, without: gone)
            expectEqual(set, model, "seed \(seed), rewritten at \(version)")
            #expect(before.live.count == set.live.count)
            let read = Numbers(entries: entries(model), tombstones: set.tombstones, manifests: set.manifests)
            expectEqual(read, model, "seed \(seed), read at \(version)")
        }
    }

    private func rewrite(_ set: Numbers, _ model: inout Model, without gone: [Int]) -> Numbers {
        let entries = set.entriesToWrite(rewriting: gone)
        let manifests = entries.isEmpty ? [] : [Manifest()]
        for index in gone.reversed() { model.listed.remove(at: index) }
        for manifest in manifests {
            model.listed.append(
                (manifest, Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.version) })))
        }
        return set.rewritten(without: gone, adding: manifests.map { (entries: entries[...], manifest: $0) })
    }

    private func entries(_ model: Model) -> [Numbers.Entry] {
        model.listed.flatMap { manifest, entries in
            entries.map { Numbers.Entry(key: $0, value: Int($1.rawValue), version: $1, manifest: manifest) }
        }
    }

    private func expectEqual(_ set: Numbers, _ model: Model, _ comment: Comment) {
        #expect(set.count == model.live.count, comment)
        for (key, entry) in model.live { #expect(set[key] == entry.value, comment) }
        #expect(set.deadCounts() == model.deadCounts, comment)
        #expect(Set(set.tombstones.map(\.key)) == model.deadKeys, comment)
        #expect(set.tombstoneCount == model.deadKeys.count, comment)
    }
}
