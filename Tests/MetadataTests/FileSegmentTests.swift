import Bytes
import Metadata
import Testing

@Suite("File segments")
struct FileSegmentTests {
    private func fullEntry() -> FileEntry {
        var entry = fileEntry(0x00c0_ffee, date: "2024-01-01", keys: ("a", "m"))
        entry.partition = PartitionID("00000000000000aa")
        entry.dataChange = false
        entry.minValues = [.init(column: "key", text: "a"), .init(column: "x", text: "")]
        entry.maxValues = [.init(column: "key", text: "m"), .init(column: "x", text: "9")]
        entry.stats = "{}"
        entry.footerStartOffset = 900
        entry.footerEndOffset = 1000
        entry.mergeOperationCount = 3
        entry.schemaID = "0011223344556677"
        entry.uncompressedSizeBytes = 5_000_000_000
        entry.tags = ["cold", ""]
        entry.addedAtVersion = Version(41)
        entry.addedAtTimestamp = 1_700_000_000_123
        entry.ordinal = 5
        entry.minSequence = 1 << 20
        entry.maxSequence = -1
        entry.deletedRowCount = 2
        entry.job = JobID(UInt64.max)
        entry.source = "in%20put.csv"
        return entry
    }

    private func foreignEntry() -> FileEntry {
        let path: ByteString = "splits/part-0000.split"
        return FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple([nil]), sizeBytes: 0,
            modificationTime: -1)
    }

    @Test("every field of an entry comes back, beside entries that lack it")
    func roundTrip() {
        let empty = fileEntry(2, date: "2024-01-02", rows: nil)
        var maps = fileEntry(3, date: "")
        maps.minValues = []
        maps.tags = []
        let entries = [fullEntry(), empty, maps, foreignEntry()]
        var builder = FileSegment.Builder(partitionColumns: ["date"])
        for entry in entries { builder.append(entry) }
        let segment = builder.finish()
        #expect(segment.count == 4)
        for (row, entry) in entries.enumerated() {
            #expect(segment[row].entry == entry)
            #expect(segment.row(of: entry.id) == row)
        }
        #expect(segment.row(of: FileID(99)) == nil)
        #expect(segment[0].partition == PartitionID("00000000000000aa"))
        #expect(segment[1].partition == PartitionID("date=2024-01-02"))
        #expect(segment[3].root == PartitionID("date=__HIVE_DEFAULT_PARTITION__"))
        #expect(segment[0].job == JobID(UInt64.max))
        #expect(!segment[0].dataChange && segment[1].dataChange)
    }

    @Test(
        "an id is the digits of the name, or the hash of the path",
        arguments: [
            ("data/20240101T000000Z-00c0ffee00c0ffee.parquet", 0x00c0_ffee_00c0_ffee),
            ("-0000000000000001.parquet", 1),
        ] as [(String, UInt64)])
    func idsOfNames(path: String, id: UInt64) {
        #expect(FileID(path: ByteString(path)) == FileID(id))
    }

    @Test(
        "what is not quite a name of ours is hashed into 63 bits",
        arguments: [
            "data/x-00C0FFEE00c0ffee.parquet", "data/x-80c0ffee00c0ffee.parquet",
            "data/x-0ffee00c0ffee.parquet",
            "data/x-0000000000000000.parquet", "data/x_00c0ffee00c0ffee.parquet", "a", "",
        ])
    func idsOfOtherNames(path: String) {
        let id = FileID(path: ByteString(path)).rawValue
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        #expect(id == hash & (1 << 63 - 1))
    }

    @Test("names of ours give back their ids, and any other byte among the digits makes another name")
    func digits() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let id = FileID(max(1, generator.next() >> 1))
            let path = "data/20240101T000000Z-" + Hex.string(id.rawValue) + ".parquet"
            #expect(FileID(path: ByteString(path)) == id)
            var builder = FileSegment.Builder(partitionColumns: [])
            var entry = fileEntry(1)
            entry.path = ByteString(path)
            builder.append(entry)
            let segment = builder.finish()
            #expect(segment[0].path == ByteString(path) && segment[0].id == id)
        }
        let name = Array("-0123456789abcdef.parquet".utf8)
        for place in 1...16 {
            for byte in UInt8.min...UInt8.max {
                var other = name
                other[place] = byte
                let isDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
                let isOurs = isDigit && (place > 1 || byte < 0x38)
                let id = FileID(path: ByteString(other)).rawValue
                #expect((Hex.string(id) == String(decoding: other[1...16], as: UTF8.self)) == isOurs)
            }
        }
    }

    @Test("a builder begins anew after each segment")
    func reuse() {
        var builder = FileSegment.Builder(partitionColumns: ["date"])
        for round in 0..<3 {
            var entries = (1...5).map { fileEntry(UInt64(round * 10 + $0), date: "d\($0 % 2 + round)") }
            entries[round] = fullEntry()
            for entry in entries { builder.append(entry) }
            let segment = builder.finish()
            #expect((0..<segment.count).map { segment[$0].entry } == entries)
            #expect(segment.totalBytes == entries.reduce(0) { $0 + $1.sizeBytes })
            #expect(builder.count == 0)
        }
        #expect(builder.finish().count == 0)
    }

    @Test("a row takes at most a hundred bytes")
    func memory() {
        var generator = SeededGenerator(seed: 1)
        var builder = FileSegment.Builder(partitionColumns: ["date"], capacity: 20_000)
        for index in 0..<20_000 {
            var entry = fileEntry(generator.next() >> 1, date: "2024-01-\(10 + index / 1000)")
            entry.sizeBytes = Int64(generator.next() % 300_000_000)
            entry.rowCount = Int64(generator.next() % 10_000_000)
            entry.modificationTime += Int64(generator.next() % 4_000_000)
            entry.addedAtVersion = Version(Int64(index / 100))
            entry.addedAtTimestamp = entry.modificationTime
            entry.minValues = [.init(column: "key", text: "00001234"), .init(column: "n", text: "17")]
            entry.maxValues = [.init(column: "key", text: "00005678"), .init(column: "n", text: "99")]
            builder.append(entry)
        }
        let segment = builder.finish()
        #expect(segment.byteCount / segment.count <= 100)
    }

    @Test("details keep their columns when rows of segments with other columns are merged")
    func mergedDetails() throws {
        var set = FileSet(partitionColumns: [])
        for index in 1...20 {
            var entry = fileEntry(UInt64(index))
            entry.minValues = [.init(column: ByteString("c\(index % 3)"), text: ByteString("\(index)"))]
            set.add([entry])
        }
        for index in 1...20 {
            let entry = try #require(set.file(FileID(UInt64(index))))
            #expect(
                entry.minValues
                    == [.init(column: ByteString("c\(index % 3)"), text: ByteString("\(index)"))])
        }
    }
}
