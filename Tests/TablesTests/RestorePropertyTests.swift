import Bytes
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("Restoring, at random")
struct RestorePropertyTests {
    @Test(
        "whatever was added, removed, restored and compacted before, a restored version has exactly its files"
    )
    func restore() throws {
        let seed = Seed.fresh()
        let comment: Comment = "FIRN_SEED=\(seed) repeats it"
        var random = SeededGenerator(seed: seed)
        let fixture = try VerbTable(partitioned: true)
        var live: Set<ByteString> = []
        var history: [Set<ByteString>] = [live]
        var next: UInt64 = 1
        for _ in 0..<60 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let file = fixture.file(next, day: Int.random(in: 1...3, using: &random))
                    next += 1
                    try fixture.add(file)
                    live.insert(file.path)
                    history.append(live)
                }
            case 3:
                let paths = live.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.sorted()
                guard !paths.isEmpty else { continue }
                _ = try fixture.table.perform(.remove(paths: paths), user: 0)
                live.subtract(paths)
            case 4:
                let day = ByteString("day=\(Int.random(in: 1...3, using: &random))")
                let inside = live.filter { $0.hasPrefix("data/" + day + "/") }
                guard !inside.isEmpty else { continue }
                _ = try fixture.table.perform(.dropPartition(day), user: 0)
                live.subtract(inside)
            case 5: _ = try fixture.table.checkpoint()
            default:
                let version = Int.random(in: 0..<history.count, using: &random)
                let outcome = try fixture.perform(.restore(version: ByteString(String(version))))
                #expect(outcome.hasNothingToDo == (live == history[version]), comment)
                live = history[version]
            }
            // A compaction of the state may commit a version of its own, as each of the others does.
            while history.count <= Int(fixture.table.state.version.rawValue) { history.append(live) }
            #expect(try fixture.paths() == live, comment)
            let recount = fixture.table.state.files.rootPartitions().reduce(0) { $0 + $1.fileCount }
            #expect(recount == live.count && fixture.table.state.fileCount == live.count, comment)
        }
    }
}
