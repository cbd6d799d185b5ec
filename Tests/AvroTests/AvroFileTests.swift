import Avro
import Bytes
import Testing

let everyAvroCodec: [AvroCodec] = [.null, .deflate(), .snappy, .zstandard()]

@Suite struct AvroFileTests {
    @Test("what is written is read, in one block or many", arguments: everyAvroCodec, [1, 500, 1 << 20])
    func roundTrip(codec: AvroCodec, blockSize: Int) throws {
        let schema = try AvroSchema.parse(everythingSchemaText)
        let values = (0..<20).map { everything($0 % 4) }
        let file = try avroFile(values, schema, codec: codec, blockSize: blockSize)
        try AvroFileReader.reading(file) { (reader) throws(DecodeError) in
            #expect(reader.codec.name == codec.name)
            #expect(reader.schemaText.bytes == schema.jsonText)
            #expect(reader.syncMarker == sampleMarker)
            #expect(try reader.totalCount() == 20)
            #expect(try reader.values() == values)
        }
    }

    @Test("parts that were written apart are one file", arguments: everyAvroCodec)
    func parts(codec: AvroCodec) throws {
        let schema = try AvroSchema.parse("\"long\"")
        var file: [UInt8] = []
        var blockCount = 0
        for part in 0..<3 {
            var writer = AvroFileWriter(
                schema: schema, codec: codec, syncMarker: sampleMarker, isContinued: part > 0, blockSize: 64)
            for number in 0..<50 { writer.append { $0.long(Int64(part * 50 + number)) } }
            writer.closeBlock()
            blockCount += writer.blocks.count
            let recordCount = writer.blocks.reduce(0) { $0 + $1.recordCount }
            #expect(recordCount == 50)
            file += writer.finish()
        }
        try AvroFileReader.reading(file) { (reader) throws(DecodeError) in
            #expect(try reader.values() == (0..<150).map { .long($0) })
            var found = 0
            try reader.forEachBlock { (_, decoder) throws(DecodeError) in
                found += 1
                _ = try decoder.fixed(decoder.remaining)
            }
            #expect(found == blockCount)
        }
    }

    @Test("blocks and encoded records of one file are taken into another", arguments: everyAvroCodec)
    func takenOver(codec: AvroCodec) throws {
        let schema = try AvroSchema.parse("\"long\"")
        var source = AvroFileWriter(schema: schema, codec: codec, syncMarker: sampleMarker, blockSize: 64)
        for number in 0..<100 { source.append { $0.long(Int64(number)) } }
        source.closeBlock()
        let places = source.blocks
        let bytes = source.finish()
        var target = AvroFileWriter(
            schema: schema, codec: codec, syncMarker: Array(repeating: 9, count: 16), blockSize: 64)
        let wasAtEnd = target.isAtBlockEnd
        #expect(wasAtEnd)
        target.append { $0.long(-1) }
        let isAtEnd = target.isAtBlockEnd
        #expect(!isAtEnd)
        [UInt8]([3]).withUnsafeBytes { target.append(encoded: $0) }
        for place in places {
            bytes.withUnsafeBytes { all in
                target.append(
                    stored: UnsafeRawBufferPointer(rebasing: all[place.stored]),
                    recordCount: place.recordCount)
            }
        }
        target.append { $0.long(7) }
        #expect(target.recordCount == 103)
        try AvroFileReader.reading(target.finish()) { (reader) throws(DecodeError) in
            #expect(try reader.values() == [.long(-1), .long(-2)] + (0..<100).map { .long($0) } + [.long(7)])
        }
    }

    @Test("a file without records has a header alone", arguments: everyAvroCodec)
    func empty(codec: AvroCodec) throws {
        let file = try avroFile([], try AvroSchema.parse("\"int\""), codec: codec)
        try AvroFileReader.reading(file) { (reader) throws(DecodeError) in
            #expect(try reader.totalCount() == 0)
            #expect(try reader.values().isEmpty)
        }
    }

    @Test("a header is the magic, the metadata, and the marker")
    func golden() throws {
        var writer = AvroFileWriter(
            schema: try AvroSchema.parse("\"int\""), codec: .null, metadata: [("k", "v")],
            syncMarker: sampleMarker)
        writer.append { $0.int(1) }
        writer.append { $0.int(-1) }
        #expect(writer.recordCount == 2)
        var expected: [UInt8] = Array("Obj".utf8) + [1, 6]
        expected += [22] + Array("avro.schema".utf8) + [10] + Array("\"int\"".utf8)
        expected += [20] + Array("avro.codec".utf8) + [8] + Array("null".utf8)
        expected += [2] + Array("k".utf8) + [2] + Array("v".utf8) + [0]
        expected += sampleMarker + [4, 4, 2, 1] + sampleMarker
        #expect(writer.finish() == expected)
    }

    @Test("a drained file has the same bytes, and a record that fails leaves nothing")
    func draining() throws {
        struct Refusal: Error {}
        let schema = try AvroSchema.parse("\"string\"")
        var writer = AvroFileWriter(schema: schema, codec: .null, syncMarker: sampleMarker, blockSize: 40)
        var pieces: [UInt8] = []
        for index in 0..<30 {
            writer.append { $0.string("record \(index)") }
            #expect(throws: Refusal.self) {
                try writer.append { (encoder) throws(Refusal) in
                    encoder.string("half")
                    throw Refusal()
                }
            }
            writer.drain { pieces += $0 }
            #expect(writer.writtenBytes == pieces.count)
        }
        pieces += writer.finish()
        let values = (0..<30).map { AvroValue.string(ByteString("record \($0)")) }
        #expect(pieces == (try avroFile(values, schema, codec: .null, blockSize: 40)))
    }

    @Test("a file cut anywhere but between blocks is an error", arguments: everyAvroCodec)
    func truncation(codec: AvroCodec) throws {
        let schema = try AvroSchema.parse(#"["null","string"]"#)
        let values = (0..<6).map { AvroValue.union(1, .string(ByteString("number \($0)"))) }
        let file = try avroFile(values, schema, codec: codec, blockSize: 20)
        var boundaries: [Int: Int] = [:]
        try AvroFileReader.reading(file) { (reader) throws(DecodeError) in
            var seen = 0
            try reader.forEachBlock { (block, decoder) throws(DecodeError) in
                boundaries[block.offset] = seen
                seen += block.count
                _ = try decoder.fixed(decoder.remaining)
            }
        }
        #expect(boundaries.count == 3)
        for length in 0..<file.count {
            let result = Result {
                try AvroFileReader.reading(Array(file[..<length])) { (r) throws(DecodeError) in try r.values()
                }
            }
            switch result {
            case .success(let read): #expect(read.count == boundaries[length], "cut at \(length)")
            case .failure: #expect(boundaries[length] == nil, "cut at \(length)")
            }
        }
    }

    @Test("a flipped byte gives an error or a value, never a trap", arguments: everyAvroCodec)
    func damage(codec: AvroCodec) throws {
        let schema = try AvroSchema.parse(everythingSchemaText)
        let values = [everything(1), everything(0)]
        let file = try avroFile(values, schema, codec: codec)
        var refused = 0
        for index in file.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = file
                damaged[index] ^= mask
                do {
                    _ = try AvroFileReader.reading(damaged) { (reader) throws(DecodeError) in
                        _ = try reader.totalCount()
                        return try reader.values(as: schema)
                    }
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 0)
    }

    @Test(
        "damage inside a block with a checksum is always seen", arguments: [AvroCodec.snappy, .zstandard()])
    func checksummed(codec: AvroCodec) throws {
        let schema = try AvroSchema.parse("\"string\"")
        let values = [AvroValue.string(ByteString([UInt8](repeating: 65, count: 40) + Array("tail".utf8)))]
        let file = try avroFile(values, schema, codec: codec)
        var start = 0
        try AvroFileReader.reading(file) { (reader) throws(DecodeError) in
            try reader.forEachBlock { (block, decoder) throws(DecodeError) in
                start = block.offset
                _ = try decoder.string()
            }
        }
        for index in (start + 2)..<file.count {
            var damaged = file
            damaged[index] ^= 0x10
            let read = try? AvroFileReader.reading(damaged) { (r) throws(DecodeError) in try r.values() }
            // zstd's header has a bit or two that mean nothing.
            #expect(read == nil || read == values, "byte \(index)")
        }
    }

    @Test("negative and huge counts, sizes and contents are refused at the offset of their block")
    func blocks() throws {
        let header = try avroFile([], try AvroSchema.parse("\"int\""), codec: .null)
        let nothing = try avroFile(
            [], try AvroSchema.parse(#"{"type":"record","name":"R","fields":[]}"#), codec: .null)
        let huge: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
        let cases: [(file: [UInt8], block: [UInt8])] = [
            (header, [1, 2, 0] + sampleMarker), (header, huge + [2, 0] + sampleMarker),
            (header, [2] + huge + [0]), (header, [2, 1] + sampleMarker),
            (header, [4, 2, 0] + sampleMarker), (header, [2, 4, 0, 0] + sampleMarker),
            (header, [2, 2, 0] + sampleMarker.reversed()), (nothing, huge + [0] + sampleMarker),
        ]
        for (file, block) in cases {
            let error = #expect(throws: DecodeError.self, "\(block)") {
                try AvroFileReader.reading(file + block) { (reader) throws(DecodeError) in
                    try reader.values()
                }
            }
            #expect((error?.offset ?? 0) >= file.count)
        }
    }

    @Test("unknown codecs, absent schemas and other magic are refused")
    func headers() throws {
        func file(_ key: String, _ value: String) -> [UInt8] {
            var encoder = AvroEncoder()
            encoder.fixed([0x4F, 0x62, 0x6A, 1])
            encoder.map([("avro.schema", "\"int\""), (ByteString(key), ByteString(value))])
            encoder.fixed(sampleMarker)
            return encoder.bytes
        }
        func kind(_ bytes: [UInt8]) -> DecodeError.Kind? {
            do {
                try AvroFileReader.reading(bytes) { (_) throws(DecodeError) in }
                return nil
            } catch {
                return error.kind
            }
        }
        #expect(kind(file("other", "x")) == nil)
        #expect(kind(file("avro.codec", "xz")) == .unsupported)
        #expect(kind(file("avro.schema", "{")) != nil)
        #expect(kind([]) == .truncated)
        #expect(kind(Array("PAR1PAR1".utf8)) == .malformed)
    }

    @Test(
        "a block larger than the limit is refused", arguments: [AvroCodec.deflate(), .snappy, .zstandard()])
    func limit(codec: AvroCodec) throws {
        let schema = try AvroSchema.parse("\"string\"")
        let values = [AvroValue.string(ByteString([UInt8](repeating: 32, count: 5000)))]
        let file = try avroFile(values, schema, codec: codec)
        let error = #expect(throws: DecodeError.self) {
            try AvroFileReader.reading(file, blockSizeLimit: 4999) { (reader) throws(DecodeError) in
                try reader.values()
            }
        }
        #expect(error?.kind == .limitExceeded)
    }
}
