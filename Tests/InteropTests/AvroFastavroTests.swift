import Avro
import Bytes
import JSON
import TestKit
import Testing

/// Both directions between this project's Avro and fastavro and Apache's own package, over every type and codec.
@Suite(.enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
struct AvroFastavroTests {
    private static let schemaText = """
        {"type":"record","name":"Everything","namespace":"org.firn","fields":[
        {"name":"nothing","type":"null"},{"name":"flag","type":"boolean"},{"name":"small","type":"int"},
        {"name":"large","type":"long","field-id":104},{"name":"single","type":"float"},
        {"name":"precise","type":"double"},{"name":"raw","type":"bytes"},{"name":"text","type":"string"},
        {"name":"suit","type":{"type":"enum","name":"Suit","symbols":["HEARTS","SPADES"]}},
        {"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
        {"name":"list","type":{"type":"array","items":"int"}},
        {"name":"pairs","type":{"type":"map","values":["null","Suit"]}},
        {"name":"either","type":["null","string",{"type":"array","items":"Hash"},"org.firn.Everything"]}]}
        """

    private static let script = """
        import sys, io, json, fastavro
        def value(depth, number):
            return {"nothing": None, "flag": True, "small": -7, "large": -2**63 + number, "single": 1.5,
                    "precise": float("-inf"), "raw": b"\\x00\\xff", "text": "sn\\u00f6", "suit": "SPADES",
                    "hash": b"\\1\\2\\3\\4", "list": [1, 2, 2**31 - 1], "pairs": {"a": None, "b": "HEARTS"},
                    "either": value(depth - 1, number) if depth else [b"\\x09\\x08\\x07\\x06"]}
        values = [value(number % 3, number) for number in range(50)]
        mode, codec, text, package = sys.argv[1:5]
        if package == "avro":
            import avro.schema
            from avro.datafile import DataFileReader, DataFileWriter
            from avro.io import DatumReader, DatumWriter
        schema = fastavro.parse_schema(json.loads(text))
        if mode == "write":
            out = io.BytesIO()
            if package == "avro":
                writer = DataFileWriter(out, DatumWriter(), avro.schema.parse(text), codec=codec)
                writer.set_meta("k", b"v")
                for item in values: writer.append(item)
                writer.flush()
            else:
                fastavro.writer(out, schema, values, codec=codec, sync_interval=700, metadata={"k": "v"})
            sys.stdout.buffer.write(out.getvalue())
        elif package == "avro":
            reader = DataFileReader(io.BytesIO(sys.stdin.buffer.read()), DatumReader())
            assert reader.codec == codec, reader.codec
            assert reader.get_meta("k") == b"v"
            assert reader.datum_reader.writers_schema.fields[3].get_prop("field-id") == 104
            assert list(reader) == values
            print("equal")
        else:
            reader = fastavro.reader(sys.stdin.buffer)
            assert reader.codec == codec, reader.codec
            assert reader.metadata["k"] == "v"
            assert reader.writer_schema["fields"][3]["field-id"] == 104
            assert list(reader) == values
            print("equal")
        """

    private static func value(_ depth: Int, _ number: Int64) -> AvroValue {
        .record([
            .null, .boolean(true), .int(-7), .long(.min + number), .float(1.5), .double(-.infinity),
            .bytes(ByteString([0, 255])), .string("sn\u{F6}"), .enumeration(1),
            .fixed(ByteString([1, 2, 3, 4])),
            .array([.int(1), .int(2), .int(.max)]),
            .map([.init("a", .union(0, .null)), .init("b", .union(1, .enumeration(0)))]),
            depth > 0
                ? .union(3, value(depth - 1, number))
                : .union(2, .array([.fixed(ByteString([9, 8, 7, 6]))])),
        ])
    }

    private static let values = (0..<50).map { value($0 % 3, Int64($0)) }
    private static let codecs: [AvroCodec] = [.null, .deflate(), .snappy, .zstandard()]

    private static let packages: [ByteString] = ["fastavro", "avro"]

    private static func run(
        _ mode: String, _ codec: AvroCodec, _ package: ByteString, input: [UInt8] = []
    ) throws -> [UInt8] {
        let result = try Peers.python(
            script, [ByteString(mode), codec.name, ByteString(schemaText), package], input: input)
        #expect(result.succeeded, "\(result.errorText)")
        return result.standardOutput
    }

    @Test("their files are read", arguments: codecs, packages)
    func reading(codec: AvroCodec, package: ByteString) throws {
        let file = try Self.run("write", codec, package)
        try AvroFileReader.reading(file) { (reader) throws(DecodeError) in
            #expect(reader.codec.name == codec.name)
            #expect(reader.metadata.contains { $0.key == "k" && $0.value == "v" })
            #expect(reader.schema.recordFields?[3].attributes["field-id"] == 104)
            #expect(try reader.totalCount() == 50)
            #expect(try reader.values() == Self.values)
            let own = try AvroSchema.parse(Self.schemaText)
            #expect(try reader.values(as: own) == Self.values)
        }
    }

    @Test("they read the files written here", arguments: codecs, packages)
    func writing(codec: AvroCodec, package: ByteString) throws {
        let schema = try AvroSchema.parse(Self.schemaText)
        var writer = AvroFileWriter(
            schema: schema, codec: codec, metadata: [("k", "v")], syncMarker: Array(100..<116), blockSize: 700
        )
        for value in Self.values {
            try writer.append { (encoder) throws(AvroMismatch) in try encoder.encode(value, schema) }
        }
        let answer = try Self.run("read", codec, package, input: writer.finish())
        #expect(String(decoding: answer, as: UTF8.self) == "equal\n")
    }
}
