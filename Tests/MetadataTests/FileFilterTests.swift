import Bytes
import Metadata
import TestKit
import Testing

@Suite("The filter of a file set")
struct FileFilterTests {
    private func segment(_ ids: some Sequence<UInt64>) -> FileSegment {
        var builder = FileSegment.Builder(partitionColumns: [])
        for id in ids { builder.append(fileEntry(id)) }
        return builder.finish()
    }

    @Test("it knows what it was told and errs about once in a thousand, at any size and for ids in turn")
    func errors() {
        for count in [1, 100, 5_000, 20_000] as [UInt64] {
            let filter = FileFilter()
            let segments = [segment(1...count)]
            #expect((1...count).allSatisfy { filter.mayContain($0, among: { segments }) })
            let wrong = ((count + 1)...(count + 20_000)).count { filter.mayContain($0, among: { segments }) }
            #expect(wrong < 100, "\(count) files, \(wrong) errors in 20,000 questions")
        }
    }

    @Test("where it is full a set takes a new one, and finds all that it had")
    func growth() {
        var set = FileSet(partitionColumns: [])
        for batch in 0..<60 as Range<UInt64> {
            set.add((0..<100).map { fileEntry(batch * 100 + $0 + 1) })
        }
        #expect((1...6_000).allSatisfy { set.contains(FileID($0)) })
        #expect(!set.contains(FileID(6_001)))
    }

    @Test("after a state was written, the set and those before it find the same files, old and new")
    func afterWriting() {
        var set = FileSet(partitionColumns: [])
        set.add((1...50).map { fileEntry($0) })
        var written = set.rewritten(keeping: { _ in true }, adding: [(set.unwritten(), TestManifest("a"))])
        // What was committed meanwhile comes to both.
        set.add((51...60).map { fileEntry($0) })
        #expect(!written.contains(FileID(51)))
        written.add((51...60).map { fileEntry($0) })
        for set in [set, written] {
            #expect((1...60).allSatisfy { set.contains(FileID($0)) } && !set.contains(FileID(61)))
        }
        let again = written.rewritten(
            keeping: { _ in true }, adding: [(written.unwritten(), TestManifest("b"))])
        #expect((1...60).allSatisfy { again.contains(FileID($0)) })
    }

    @Test("sets that came out of one another find their own files, in whatever order they are asked")
    func branches() {
        let base = {
            var set = FileSet(partitionColumns: [])
            set.add((1...10).map { fileEntry($0) })
            return FileSet(
                partitionColumns: [], manifests: set.slots.map { ($0.segment, nil) }, tombstones: [])
        }()
        var left = base
        left.add([fileEntry(11)])
        var right = base
        right.add([fileEntry(12)])
        let removed = right.remove(FileID(3))
        #expect(removed != nil)
        #expect(!base.contains(FileID(11)) && base.contains(FileID(3)))
        #expect(left.contains(FileID(11)) && !left.contains(FileID(12)) && left.contains(FileID(3)))
        #expect(!right.contains(FileID(11)) && right.contains(FileID(12)) && !right.contains(FileID(3)))
        right.add([fileEntry(3)])
        #expect(right.contains(FileID(3)))
    }
}
