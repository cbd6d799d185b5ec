import Avro
import Bytes
import JSON

/// The state manifest's entry, as IndexTables declares it.
let fileEntrySchemaText = """
    {"type":"record","name":"FileEntry","namespace":"io.indextables.state","doc":"A file entry","fields":[
    {"name":"path","type":"string","field-id":100,"doc":"Relative path"},
    {"name":"partitionValues","type":{"type":"map","values":"string"},"field-id":101},
    {"name":"size","type":"long","field-id":102},
    {"name":"modificationTime","type":"long","field-id":103},
    {"name":"dataChange","type":"boolean","field-id":104},
    {"name":"stats","type":["null","string"],"default":null,"field-id":110},
    {"name":"minValues","type":["null",{"type":"map","values":"string"}],"default":null,"field-id":111},
    {"name":"maxValues","type":["null",{"type":"map","values":"string"}],"default":null,"field-id":112},
    {"name":"numRecords","type":["null","long"],"default":null,"field-id":113},
    {"name":"footerStartOffset","type":["null","long"],"default":null,"field-id":120},
    {"name":"footerEndOffset","type":["null","long"],"default":null,"field-id":121},
    {"name":"hasFooterOffsets","type":"boolean","default":false,"field-id":124},
    {"name":"splitTags","type":["null",{"type":"array","items":"string"}],"default":null,"field-id":132},
    {"name":"numMergeOps","type":["null","int"],"default":null,"field-id":134},
    {"name":"docMappingRef","type":["null","string"],"default":null,"field-id":135},
    {"name":"uncompressedSizeBytes","type":["null","long"],"default":null,"field-id":136},
    {"name":"addedAtVersion","type":"long","field-id":140},
    {"name":"addedAtTimestamp","type":"long","field-id":141}]}
    """

/// Every type once, with names, namespaces, recursion and attributes.
let everythingSchemaText = """
    {"type":"record","name":"Everything","namespace":"org.firn","fields":[
    {"name":"nothing","type":"null"},{"name":"flag","type":"boolean"},{"name":"small","type":"int"},
    {"name":"large","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"single","type":"float"},{"name":"precise","type":"double"},{"name":"raw","type":"bytes"},
    {"name":"text","type":"string"},
    {"name":"suit","type":{"type":"enum","name":"Suit","symbols":["HEARTS","SPADES"]}},
    {"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
    {"name":"list","type":{"type":"array","items":"int"}},
    {"name":"pairs","type":{"type":"map","values":["null","Suit"]}},
    {"name":"either","type":["null","string",{"type":"array","items":"Hash"},"org.firn.Everything"]}]}
    """

func everything(_ depth: Int) -> AvroValue {
    .record([
        .null, .boolean(true), .int(-7), .long(.min), .float(1.5), .double(-.infinity),
        .bytes(ByteString([0, 255])), .string("snö"), .enumeration(1), .fixed(ByteString([1, 2, 3, 4])),
        .array([.int(1), .int(2), .int(.max)]),
        .map([.init("a", .union(0, .null)), .init("b", .union(1, .enumeration(0)))]),
        depth > 0
            ? .union(3, everything(depth - 1)) : .union(2, .array([.fixed(ByteString([9, 8, 7, 6]))])),
    ])
}

let sampleMarker: [UInt8] = Array(0..<16)

/// A container file of the values.
func avroFile(
    _ values: [AvroValue], _ schema: AvroSchema, codec: AvroCodec, blockSize: Int = 64 << 10
) throws -> [UInt8] {
    var writer = AvroFileWriter(schema: schema, codec: codec, syncMarker: sampleMarker, blockSize: blockSize)
    for value in values {
        try writer.append { (encoder) throws(AvroMismatch) in try encoder.encode(value, schema) }
    }
    return writer.finish()
}

/// The bytes of one datum.
func encoded(_ value: AvroValue, _ schema: AvroSchema) throws -> [UInt8] {
    var encoder = AvroEncoder()
    try encoder.encode(value, schema)
    return encoder.bytes
}

/// One datum read through a plan; all of the bytes must be read.
func decoded(_ bytes: [UInt8], _ writer: AvroSchema, as reader: AvroSchema? = nil) throws -> AvroValue {
    let plan = try AvroPlan(writer: writer, reader: reader ?? writer)
    return try bytes.withUnsafeBytes { buffer in
        var decoder = AvroDecoder(buffer)
        let value = try plan.value(&decoder)
        guard decoder.isAtEnd else { throw DecodeError(.malformed, at: decoder.offset, "bytes are left") }
        return value
    }
}
