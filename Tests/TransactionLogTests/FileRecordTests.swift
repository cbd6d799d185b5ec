import Avro
import Bytes
import Metadata
import TestKit
import Testing

@testable import TransactionLog

@Suite("Records of manifests")
struct FileRecordTests {
    /// A record with everything, or with what a coin leaves of it; sized blocks are what other writers make.
    private static func record(
        _ random: inout SeededGenerator, sized: Bool = false, mostBounds: Int = 70
    ) -> [UInt8] {
        var encoder = AvroEncoder()
        func text(_ limit: Int) -> ByteString {
            ByteString(
                (0..<Int.random(in: 0...limit, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                })
        }
        func number() -> Int64 {
            Int64(bitPattern: random.next() >> UInt64.random(in: 0...63, using: &random))
        }
        func strings(_ count: Int, perItem: Int) {
            var items = AvroEncoder()
            for _ in 0..<(count * perItem) { items.string(text(20)) }
            if count > 0 {
                encoder.long(Int64(sized ? -count : count))
                if sized { encoder.long(Int64(items.count)) }
                encoder.fixed(items.bytes)
            }
            // Sometimes in two blocks.
            if count > 1, Bool.random(using: &random) {
                encoder.long(Int64(count))
                encoder.fixed(items.bytes)
            }
            encoder.endBlocks()
        }
        func optional(_ body: () -> Void) {
            if Bool.random(using: &random) { return encoder.null() }
            encoder.index(1)
            body()
        }
        encoder.string(text(90))
        strings(Int.random(in: 0...3, using: &random), perItem: 2)
        encoder.long(number())
        encoder.long(number())
        encoder.boolean(Bool.random(using: &random))
        optional { encoder.string(text(200)) }
        for _ in 0..<2 { optional { strings(Int.random(in: 0...mostBounds, using: &random), perItem: 2) } }
        for _ in 0..<3 { optional { encoder.long(number()) } }
        encoder.boolean(Bool.random(using: &random))
        optional { strings(Int.random(in: 0...3, using: &random), perItem: 1) }
        optional { encoder.int(Int32(truncatingIfNeeded: number())) }
        optional { encoder.string(text(16)) }
        optional { encoder.long(number()) }
        encoder.long(number())
        encoder.long(number())
        for _ in 0..<3 { optional { encoder.string(text(30)) } }
        encoder.int(Int32(truncatingIfNeeded: number()))
        for _ in 0..<2 { optional { encoder.long(number()) } }
        encoder.long(number())
        optional { encoder.long(number()) }
        optional { encoder.string(text(40)) }
        return encoder.bytes
    }

    private static let plan = Result {
        try AvroPlan(writer: ParsedSchemas.fileEntry, reader: ParsedSchemas.fileEntry)
    }

    /// What the plan of the schema reads: the fields, and where the record ends.
    private static func planned(_ bytes: [UInt8]) -> (fields: [AvroValue], end: Int)? {
        try? bytes.withByteReader { (reader) throws(DecodeError) in
            guard case .success(let plan) = plan else { return ([], 0) }
            var decoder = AvroDecoder(try reader.slice(reader.count))
            guard case .record(let fields) = try plan.value(&decoder) else { return ([], 0) }
            return (fields, decoder.offset)
        }
    }

    private struct Summary: Equatable {
        var end: Int
        var texts: [ByteString?]
        var numbers: [Int64?]
        var details: [String]
    }

    private static func read(_ bytes: [UInt8]) throws(DecodeError) -> Summary {
        try bytes.withByteReader { (reader) throws(DecodeError) in
            var cursor = RecordCursor(try reader.slice(reader.count))
            let record = try FileRecord(&cursor)
            var details: [String] = []
            try record.forEachDetail { field in
                details.append("\(field.tag) \(field.integer) \(Array(field.column)) \(Array(field.bytes))")
                return true
            }
            func text(_ bytes: UnsafeRawBufferPointer?) -> ByteString? { bytes.map { ByteString(Array($0)) } }
            return Summary(
                end: cursor.offset,
                texts: [
                    text(record.path), text(record.stats), text(record.schemaID), text(record.partition),
                    text(record.minKey), text(record.maxKey), text(record.source),
                ],
                numbers: [
                    record.sizeBytes, record.modificationTime, record.dataChange ? 1 : 0, record.rowCount,
                    record.footerStartOffset, record.footerEndOffset,
                    record.mergeOperationCount.map { Int64($0) }, record.uncompressedSizeBytes,
                    record.addedAtVersion, record.addedAtTimestamp, Int64(record.ordinal),
                    record.minSequence, record.maxSequence, record.deletedRowCount, record.job,
                ], details: details)
        }
    }

    @Test("a record is read as the schema's plan reads it, at the end of a block and before others")
    func equalsPlan() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let bytes = Self.record(&random, sized: round % 3 == 0)
            let (fields, end) = try #require(Self.planned(bytes), "seed \(seed)")
            let found = try Self.read(bytes)
            #expect(found.end == end && end == bytes.count, "seed \(seed)")
            #expect(found.texts == [0, 5, 14, 18, 19, 20, 26].map { fields[$0].bytesValue }, "seed \(seed)")
            let dataChange: Int64 = fields[4] == .boolean(true) ? 1 : 0
            #expect(
                found.numbers
                    == [2, 3].map { fields[$0].integerValue } + [dataChange]
                    + [8, 9, 10, 13, 15, 16, 17, 21, 22, 23, 24, 25].map { fields[$0].integerValue },
                "seed \(seed)")
            var bounds = 0
            for case .map(let entries) in [fields[6].unwrapped, fields[7].unwrapped] {
                bounds += entries.count
            }
            #expect(found.details.filter { $0.contains("Value ") }.count == bounds, "seed \(seed)")
            let more = try Self.read(bytes + [0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            #expect(more == found, "seed \(seed)")
        }
    }

    @Test("a record that is cut anywhere, or has any byte changed, is an error or reads as the plan reads it")
    func damage() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4 {
            let bytes = Self.record(&random, mostBounds: 3)
            for length in 0..<bytes.count {
                #expect(throws: DecodeError.self) { _ = try Self.read(Array(bytes[..<length])) }
            }
            for place in bytes.indices {
                for change: UInt8 in [0x01, 0x02, 0x80, 0xFF] {
                    var other = bytes
                    other[place] ^= change
                    let planned = Self.planned(other)
                    let found = try? Self.read(other)
                    // The plan does not hold the size of a block against its items.
                    if planned == nil { #expect(found == nil, "seed \(seed)") }
                    if let found { #expect(found.end == planned?.end, "seed \(seed)") }
                }
            }
            let sized = Self.record(&random, sized: true, mostBounds: 3)
            for place in sized.indices {
                var other = sized
                other[place] ^= 0x02
                if let found = try? Self.read(other) {
                    #expect(found.end == Self.planned(other)?.end, "seed \(seed)")
                }
            }
        }
    }
}
