import Avro

/// The schemas of IndexTables' newest dialect, in which its tables are written anew: no field of ours, so that
/// its own programs read them.
enum ForeignSchemas {
    static let fileEntry =
        #"{"type":"record","name":"FileEntry","namespace":"io.indextables.state","fields":["#
        + fields + "]}"

    /// With one field more, for what the format has none for; readers by name pass over it.
    static let fileEntryWithOthers =
        #"{"type":"record","name":"FileEntry","namespace":"io.indextables.state","fields":["# + fields
        + #",{"name":"otherFields","type":["null","string"],"default":null,"field-id":209}]}"#

    private static let fields = """
        {"name":"path","type":"string","field-id":100},\
        {"name":"partitionValues","type":{"type":"map","values":"string"},"field-id":101},\
        {"name":"size","type":"long","field-id":102},\
        {"name":"modificationTime","type":"long","field-id":103},\
        {"name":"dataChange","type":"boolean","field-id":104},\
        {"name":"stats","type":["null","string"],"default":null,"field-id":110},\
        {"name":"minValues","type":["null",{"type":"map","values":"string"}],"default":null,"field-id":111},\
        {"name":"maxValues","type":["null",{"type":"map","values":"string"}],"default":null,"field-id":112},\
        {"name":"numRecords","type":["null","long"],"default":null,"field-id":113},\
        {"name":"footerStartOffset","type":["null","long"],"default":null,"field-id":120},\
        {"name":"footerEndOffset","type":["null","long"],"default":null,"field-id":121},\
        {"name":"hasFooterOffsets","type":"boolean","default":false,"field-id":124},\
        {"name":"deleteOpstamp","type":["null","long"],"default":null,"field-id":123},\
        {"name":"splitTags","type":["null",{"type":"array","items":"string"}],"default":null,"field-id":132},\
        {"name":"numMergeOps","type":["null","int"],"default":null,"field-id":134},\
        {"name":"docMappingJson","type":["null","string"],"default":null,"field-id":133},\
        {"name":"docMappingRef","type":["null","string"],"default":null,"field-id":135},\
        {"name":"uncompressedSizeBytes","type":["null","long"],"default":null,"field-id":136},\
        {"name":"timeRangeStart","type":["null","string"],"default":null,"field-id":137},\
        {"name":"timeRangeEnd","type":["null","string"],"default":null,"field-id":138},\
        {"name":"addedAtVersion","type":"long","default":0,"field-id":140},\
        {"name":"addedAtTimestamp","type":"long","default":0,"field-id":141},\
        {"name":"companionSourceFiles","type":["null",{"type":"array","items":"string"}],"default":null,\
        "field-id":150},\
        {"name":"companionDeltaVersion","type":["null","long"],"default":null,"field-id":151},\
        {"name":"companionFastFieldMode","type":["null","string"],"default":null,"field-id":152}
        """

    static let stateManifest = """
        {"type":"record","name":"StateManifest","namespace":"io.indextables.state","fields":[\
        {"name":"formatVersion","type":"int","field-id":1},\
        {"name":"stateVersion","type":"long","field-id":2},\
        {"name":"createdAt","type":"long","field-id":3},\
        {"name":"numFiles","type":"long","field-id":4},\
        {"name":"totalBytes","type":"long","field-id":5},\
        {"name":"manifests","field-id":6,"type":{"type":"array","items":\
        {"type":"record","name":"ManifestInfoItem","fields":[\
        {"name":"path","type":"string","field-id":20},\
        {"name":"numEntries","type":"long","field-id":21},\
        {"name":"minAddedAtVersion","type":"long","field-id":22},\
        {"name":"maxAddedAtVersion","type":"long","field-id":23},\
        {"name":"partitionBounds","field-id":24,"default":null,"type":["null",{"type":"map","values":\
        {"type":"record","name":"PartitionBoundsItem","fields":[\
        {"name":"min","type":["null","string"],"default":null,"field-id":30},\
        {"name":"max","type":["null","string"],"default":null,"field-id":31}]}}]},\
        {"name":"tombstoneCount","type":"long","default":0,"field-id":25},\
        {"name":"liveEntryCount","type":"long","default":-1,"field-id":26}]}}},\
        {"name":"tombstones","type":{"type":"array","items":"string"},"default":[],"field-id":7},\
        {"name":"schemaRegistry","type":{"type":"map","values":"string"},"default":{},"field-id":8},\
        {"name":"protocolVersion","type":"int","default":4,"field-id":9},\
        {"name":"metadata","type":["null","string"],"default":null,"field-id":10}]}
        """
}

enum ParsedForeignSchemas {
    static let fileEntry = parse(ForeignSchemas.fileEntry)
    static let fileEntryWithOthers = parse(ForeignSchemas.fileEntryWithOthers)
    static let stateManifest = parse(ForeignSchemas.stateManifest)

    private static func parse(_ text: String) -> AvroSchema {
        do { return try AvroSchema.parse(text) } catch { preconditionFailure("a schema of ours: \(error)") }
    }
}
