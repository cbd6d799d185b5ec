import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Storage
import TestKit
import Testing

@Suite("What an entry says of its file")
struct EntryFactsTests {
    /// A table of one text column, its key.
    private struct TextTable {
        let storage = MemoryStorage()
        let entropy = SeededEntropy()
        let schema = TableSchema(
            columns: [TableSchema.Column(id: 1, name: "text", type: .string)], rowKey: ["text"],
            partitionColumns: [])

        var context: DataFileContext {
            DataFileContext(
                tableID: "t", kind: .append, schema: schema, schemaID: "s",
                partitionValues: PartitionTuple([]), storage: storage, directory: "texts",
                clock: ManualClock(), entropy: entropy)
        }

        func batch(_ texts: [ByteString]) -> ColumnBatch {
            var column = ByteColumn()
            for text in texts { column.append(text) }
            return ColumnBatch(
                schema: schema.columns, columns: [ColumnVector(values: .bytes(column))],
                rowCount: texts.count)
        }

        func written(_ texts: [ByteString]) throws -> FileEntry {
            let writer = DataFileWriter(context)
            try writer.append(batch(texts))
            return try #require(try writer.finish().first)
        }

        /// The entry of a file that another program wrote: the same rows, no statistics of ours.
        func adopted(_ texts: [ByteString]) throws -> (entry: FileEntry, original: FileEntry) {
            let original = try written(texts)
            let source = try context.open(original)
            let file = try ParquetFile(source)
            var adopted = try #require(AdoptedFile(file, context))
            let isSorted = adopted.add(batch(texts))
            #expect(isSorted)
            return (adopted.entry(sizeBytes: Int64(source.sizeBytes), source: nil), original)
        }
    }

    struct Cut: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var min: String
        /// nil where nothing short is above it.
        var max: String?
        var testDescription: String { name }
    }

    private static let a127 = String(repeating: "a", count: 127)

    @Test(
        "long strings are cut between characters, and the maximum is raised above all that begin so",
        arguments: [
            Cut(name: "128 bytes are kept", text: a127 + "b", min: a127 + "b", max: a127 + "b"),
            Cut(name: "129 are cut", text: a127 + "bc", min: a127 + "b", max: a127 + "c"),
            Cut(name: "never inside a character", text: a127 + "éé", min: a127, max: a127.dropLast() + "b"),
            Cut(
                name: "over the surrogates", text: a127.dropLast(2) + "\u{D7FF}z",
                min: a127.dropLast(2) + "\u{D7FF}", max: a127.dropLast(2) + "\u{E000}"),
            Cut(
                name: "the last character of all is dropped, the one before raised",
                text: a127.dropLast(3) + "\u{10FFFF}z", min: a127.dropLast(3) + "\u{10FFFF}",
                max: a127.dropLast(4) + "b"),
            Cut(
                name: "no maximum where nothing is above", text: String(repeating: "\u{10FFFF}", count: 33),
                min: String(repeating: "\u{10FFFF}", count: 32), max: nil),
            Cut(
                name: "a decomposed letter is two characters", text: a127 + "e\u{301}",
                min: a127 + "e", max: a127 + "f"),
        ])
    func cutBounds(cut: Cut) throws {
        let table = TextTable()
        let text = ByteString(cut.text)
        for entry in [try table.written([text]), try table.adopted([text]).entry] {
            let low = try #require(entry.minValues?.first?.text)
            #expect(low == ByteString(cut.min))
            #expect(!(text < low) && low.isUTF8)
            #expect(entry.maxValues?.first?.text == cut.max.map { ByteString($0) })
            if let high = entry.maxValues?.first?.text { #expect(!(high < text) && high.isUTF8) }
        }
    }

    @Test("bounds that are no UTF-8 are left out, as text cannot say them")
    func notText() throws {
        let table = TextTable()
        let bytes = ByteString([0xFF, 0xFE])
        let adopted = try table.adopted(["a", bytes]).entry
        #expect(adopted.minValues?.first?.text == "a")
        #expect(adopted.maxValues?.isEmpty == true)
    }

    @Test("footer offsets are where the footer lies, in files written, merged and taken over")
    func footerOffsets() throws {
        let table = TextTable()
        let first = try table.written(["a", "b", "c"])
        let second = try table.written(["b", "d"])
        let merged = try MergeRun(
            [MergeInput(first), MergeInput(second)], table.context,
            files: DataFileOptions(mergeOperationCount: 1)
        ).run().outputs
        #expect(merged.map(\.mergeOperationCount) == [1])
        for entry in [first, second] + merged {
            let bytes = try table.storage.get(ObjectKey.child(entry.path, of: "texts"))
            try Self.expectFooter(entry, in: bytes)
        }
        // The entry has a name of its own; the bytes are those of the file that was looked at.
        let (adopted, original) = try table.adopted(["x", "y"])
        try Self.expectFooter(
            adopted, in: table.storage.get(ObjectKey.child(original.path, of: "texts")))
    }

    private static func expectFooter(_ entry: FileEntry, in bytes: [UInt8]) throws {
        let start = Int(try #require(entry.footerStartOffset))
        let end = Int(try #require(entry.footerEndOffset))
        #expect(end == bytes.count && entry.sizeBytes == Int64(end))
        #expect(bytes[(end - 4)...].elementsEqual("PAR1".utf8))
        let length = bytes[(end - 8)..<(end - 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length == end - 8 - start)
        // A Thrift struct whose first field is the version, an i32.
        #expect(bytes[start] == 0x15)
        #expect((entry.uncompressedSizeBytes ?? 0) > 0)
    }
}
