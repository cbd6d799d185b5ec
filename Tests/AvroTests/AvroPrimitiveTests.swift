import Avro
import Bytes
import Testing

@Suite struct AvroPrimitiveTests {
    private static func type(_ json: String) throws -> AvroSchema { try AvroSchema.parse(json) }

    // The bytes are those of the specification's examples, and what follows from its rules.
    @Test(
        "each primitive has the bytes of the specification",
        arguments: [
            ("\"null\"", AvroValue.null, []),
            ("\"boolean\"", .boolean(false), [0]),
            ("\"boolean\"", .boolean(true), [1]),
            ("\"int\"", .int(0), [0x00]),
            ("\"int\"", .int(-1), [0x01]),
            ("\"int\"", .int(1), [0x02]),
            ("\"int\"", .int(-64), [0x7F]),
            ("\"int\"", .int(64), [0x80, 0x01]),
            ("\"long\"", .long(-65), [0x81, 0x01]),
            ("\"long\"", .long(.max), [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            ("\"long\"", .long(.min), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            ("\"float\"", .float(1), [0, 0, 0x80, 0x3F]),
            ("\"double\"", .double(-2), [0, 0, 0, 0, 0, 0, 0, 0xC0]),
            ("\"string\"", .string("foo"), [0x06, 0x66, 0x6F, 0x6F]),
            ("\"bytes\"", .bytes(ByteString([0xFF])), [0x02, 0xFF]),
            (#"{"type":"array","items":"long"}"#, .array([.long(3), .long(27)]), [0x04, 0x06, 0x36, 0x00]),
            (#"{"type":"array","items":"long"}"#, .array([]), [0x00]),
            (
                #"{"type":"map","values":"int"}"#, .map([.init("a", .int(5))]),
                [0x02, 0x02, 0x61, 0x0A, 0x00]
            ),
            (#"["null","string"]"#, .union(0, .null), [0x00]),
            (#"["null","string"]"#, .union(1, .string("a")), [0x02, 0x02, 0x61]),
            (#"{"type":"enum","name":"F","symbols":["A","B","C","D"]}"#, .enumeration(3), [0x06]),
            (#"{"type":"fixed","name":"X","size":2}"#, .fixed(ByteString([7, 8])), [7, 8]),
            (
                #"{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}"#,
                .record([.long(27), .string("foo")]), [0x36, 0x06, 0x66, 0x6F, 0x6F]
            ),
        ] as [(String, AvroValue, [UInt8])])
    func golden(schema: String, value: AvroValue, bytes: [UInt8]) throws {
        let schema = try Self.type(schema)
        #expect(try encoded(value, schema) == bytes)
        #expect(try decoded(bytes, schema) == value)
        for length in 0..<bytes.count {
            #expect(throws: DecodeError.self) { try decoded(Array(bytes[..<length]), schema) }
        }
    }

    @Test("blocks with a negative count carry their size, and may be skipped by it")
    func negativeCounts() throws {
        let array = try Self.type(#"{"type":"array","items":"long"}"#)
        // A block of -2 with 2 bytes, then a block of 1, then the end.
        let bytes: [UInt8] = [0x03, 0x04, 0x06, 0x36, 0x02, 0x08, 0x00]
        #expect(try decoded(bytes, array) == .array([.long(3), .long(27), .long(4)]))
        let map = try Self.type(#"{"type":"map","values":"string"}"#)
        #expect(
            try decoded([0x01, 0x08, 0x02, 0x6B, 0x02, 0x76, 0x00], map) == .map([.init("k", .string("v"))]))

        let plan = try AvroPlan(writer: array, reader: array)
        try bytes.withUnsafeBytes { buffer in
            var decoder = AvroDecoder(buffer)
            try plan.skip(plan.root, &decoder)
            #expect(decoder.isAtEnd)
        }
    }

    @Test(
        "impossible lengths, counts and indices are refused",
        arguments: [
            ("\"string\"", [0x01], .malformed),  // a length of -1
            ("\"string\"", [0x08, 0x61], .truncated),
            ("\"bytes\"", [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated),
            ("\"boolean\"", [0x02], .malformed),
            ("\"int\"", [0x80, 0x80, 0x80, 0x80, 0x10], .malformed),  // 2^31
            ("\"long\"", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .malformed),
            (#"["null","int"]"#, [0x04], .malformed),
            (#"["null","int"]"#, [0x01], .malformed),
            (#"{"type":"enum","name":"E","symbols":["A"]}"#, [0x02], .malformed),
            (#"{"type":"array","items":"int"}"#, [0x7E, 0x00], .malformed),  // 63 items in 1 byte
            (#"{"type":"array","items":"int"}"#, [0x01, 0x80, 0x01], .truncated),  // a size of 64
            (
                #"{"type":"array","items":"int"}"#,
                [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .malformed
            ),
            (#"{"type":"array","items":"null"}"#, [0xFE, 0xFF, 0xFF, 0xFF, 0x0F], .limitExceeded),
        ] as [(String, [UInt8], DecodeError.Kind)])
    func refused(schema: String, bytes: [UInt8], kind: DecodeError.Kind) throws {
        let schema = try Self.type(schema)
        let error = #expect(throws: DecodeError.self) { try decoded(bytes, schema) }
        #expect(error?.kind == kind)
    }

    @Test("data nested beyond the limit are refused, both when read and when skipped")
    func depth() throws {
        let schema = try Self.type(
            #"{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}]}"#)
        let shallow = [UInt8](repeating: 2, count: 50) + [0]
        #expect(throws: Never.self) { try decoded(shallow, schema) }
        let deep = [UInt8](repeating: 2, count: 100_000) + [0]
        let error = #expect(throws: DecodeError.self) { try decoded(deep, schema) }
        #expect(error?.kind == .limitExceeded)
        let plan = try AvroPlan(writer: schema, reader: schema)
        deep.withUnsafeBytes { buffer in
            var decoder = AvroDecoder(buffer)
            #expect(throws: DecodeError.self) { try plan.skip(plan.root, &decoder) }
        }
    }

    @Test("a value that does not fit the schema is not written")
    func mismatch() throws {
        let schema = try Self.type("\"int\"")
        #expect(throws: AvroMismatch.self) { try encoded(.string("x"), schema) }
        #expect(throws: AvroMismatch.self) {
            try encoded(.union(2, .null), Self.type(#"["null","int"]"#))
        }
    }
}
