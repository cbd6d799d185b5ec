import Bytes
import Testing

@testable import Parquet

struct EncodingTests {
    private func hybrid(_ values: [UInt32], _ width: Int) -> [UInt8] {
        var out = ByteWriter()
        values.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            HybridEncoder.encode(base, count: values.count, bitWidth: width, into: &out)
        }
        return out.bytes
    }

    private func decoded(_ bytes: [UInt8], _ count: Int, _ width: Int) -> [UInt32]? {
        let padded = bytes + [UInt8](repeating: 0, count: HybridDecoder.padding)
        var decoder = HybridDecoder(bitWidth: width, offset: 0, end: bytes.count)
        var fits = false
        let values = [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
            padded.withUnsafeBytes {
                fits = decoder.decode(count, from: $0.baseAddress!, into: buffer.baseAddress!)
            }
            if fits { initialized = count }
        }
        return fits ? values : nil
    }

    @Test("runs have the bytes of the format's description")
    func golden() {
        // The example of the specification: 0 to 7 in three bits.
        #expect(hybrid([0, 1, 2, 3, 4, 5, 6, 7], 3) == [0x03, 0x88, 0xC6, 0xFA])
        #expect(hybrid(Array(repeating: 4, count: 100), 3) == [0xC8, 0x01, 0x04])
        #expect(hybrid(Array(repeating: 300, count: 8), 9) == [0x10, 0x2C, 0x01])
        // Ten ones: a run; three values more fill a group with zeros.
        #expect(hybrid(Array(repeating: 1, count: 10) + [0, 1, 1], 1) == [0x14, 0x01, 0x03, 0x06])
    }

    @Test("values of every width come back", arguments: 1...32)
    func everyWidth(width: Int) {
        var random = SeededGenerator(UInt64(width))
        for count in [1, 7, 8, 9, 31, 100, 1000] {
            let mask = width == 32 ? UInt32.max : (1 << UInt32(width)) - 1
            var values: [UInt32] = []
            while values.count < count {
                let run = random.next() % 3 == 0 ? Int(random.next() % 40) + 1 : 1
                values += Array(repeating: UInt32(truncatingIfNeeded: random.next()) & mask, count: run)
            }
            values.removeLast(values.count - count)
            #expect(decoded(hybrid(values, width), count, width) == values)
        }
    }

    @Test(
        "runs that end early or state nothing are refused",
        arguments: [
            [], [0x80], [0x00, 0x01], [0x01], [0x10], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ])
    func malformedRuns(bytes: [UInt8]) {
        #expect(decoded(bytes, 8, 3) == nil)
    }

    @Test("deltas have the bytes of the format's examples")
    func deltas() throws {
        // 1 to 5, then 7 5 3 1 2 3 4 5: the two examples of the specification, blocks of 128 by 4.
        let first: [UInt8] = [0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0]
        let second: [UInt8] = [0x80, 0x01, 0x04, 0x08, 0x0E, 0x03, 2, 0, 0, 0, 0xC0, 0x3F]
        for (bytes, expected) in [(first, [1, 2, 3, 4, 5]), (second, [7, 5, 3, 1, 2, 3, 4, 5] as [Int64])] {
            let padded = bytes + [UInt8](repeating: 0, count: HybridDecoder.padding)
            let values = try padded.withByteReader { (reader) throws(DecodeError) in
                try DeltaDecoder.decode(&reader, atMost: 100)
            }
            #expect(values == expected)
        }
    }

    @Test("thrift structures have the bytes of the compact protocol")
    func thrift() throws {
        var writer = CompactWriter()
        writer.element { writer in
            writer.int32(1, -1)
            writer.binary(4, "ab")
            writer.boolean(5, true)
            writer.list(25, of: .int32, [1, 2]) { $0.element($1) }
            writer.structure(26) { $0.int64(1, 300) }
        }
        let bytes = writer.out.bytes
        #expect(
            bytes == [
                0x15, 0x01, 0x38, 0x02, 0x61, 0x62, 0x11, 0x09, 0x32, 0x25, 0x02, 0x04, 0x1C, 0x16, 0xD8,
                0x04,
                0x00, 0x00,
            ])
        try bytes.withByteReader { (reader) throws(DecodeError) in
            var compact = CompactReader(reader)
            var seen: [Int] = []
            try compact.structure { (reader, field) throws(DecodeError) in
                seen.append(field.id)
                try reader.skip(field)
            }
            #expect(seen == [1, 4, 5, 25, 26])
            #expect(compact.bytes.isAtEnd)
        }
    }

    @Test("endless nesting and lists longer than the data are refused")
    func hostileThrift() {
        let nested = [UInt8](repeating: 0x1C, count: 1000)
        let list: [UInt8] = [0x19, 0xF5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00]
        for bytes in [nested, list] {
            #expect(throws: DecodeError.self) {
                try bytes.withByteReader { (reader) throws(DecodeError) in
                    var compact = CompactReader(reader)
                    try compact.structure { (reader, field) throws(DecodeError) in try reader.skip(field) }
                }
            }
        }
    }
}
