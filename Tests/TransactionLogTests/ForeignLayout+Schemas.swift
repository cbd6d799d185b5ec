// The schemas of IndexTables' files, field by field as its dialects have them.
extension ForeignLayout {
    struct Field {
        var name: String
        var type: String
        var rest: String
    }

    static func fields(_ dialect: Dialect) -> [Field] {
        let names: [String]
        switch dialect {
        case .document: names = document
        case .scala: names = document + companion
        case .rust: names = rust + companion
        case .later: names = rust + companion + ["laterText", "laterMap"]
        }
        return names.map { name in
            let (type, id) = types[name] ?? (#"["null","string"]"#, 0)
            let hasDefault = type.hasPrefix(#"["null""#)
            let version = name.hasPrefix("addedAt") && dialect.rawValue >= 25 ? #","default":0"# : ""
            let fallback = name == "hasFooterOffsets" ? #","default":false"# : version
            return Field(
                name: name, type: type,
                rest: (hasDefault ? #","default":null"# : fallback) + #","field-id":\#(id)"#)
        }
    }

    static func entrySchema(_ dialect: Dialect) -> String {
        let fields = fields(dialect).map { #"{"name":"\#($0.name)","type":\#($0.type)\#($0.rest)}"# }
        return #"{"type":"record","name":"FileEntry","namespace":"io.indextables.state","fields":["#
            + fields.joined(separator: ",") + "]}"
    }

    private static let document = [
        "path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "minValues",
        "maxValues", "numRecords", "footerStartOffset", "footerEndOffset", "hasFooterOffsets", "splitTags",
        "numMergeOps", "docMappingRef", "uncompressedSizeBytes", "addedAtVersion", "addedAtTimestamp",
    ]
    private static let companion = [
        "companionSourceFiles", "companionDeltaVersion", "companionFastFieldMode",
    ]
    private static let rust = [
        "path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "minValues",
        "maxValues", "numRecords", "footerStartOffset", "footerEndOffset", "hasFooterOffsets",
        "deleteOpstamp", "splitTags", "numMergeOps", "docMappingJson", "docMappingRef",
        "uncompressedSizeBytes", "timeRangeStart", "timeRangeEnd", "addedAtVersion", "addedAtTimestamp",
    ]

    private static let map = #"{"type":"map","values":"string"}"#
    private static let strings = #"["null",{"type":"array","items":"string"}]"#
    private static let types: [String: (String, Int)] = [
        "path": (#""string""#, 100), "partitionValues": (map, 101), "size": (#""long""#, 102),
        "modificationTime": (#""long""#, 103), "dataChange": (#""boolean""#, 104),
        "stats": (#"["null","string"]"#, 110), "minValues": (#"["null",\#(map)]"#, 111),
        "maxValues": (#"["null",\#(map)]"#, 112), "numRecords": (#"["null","long"]"#, 113),
        "footerStartOffset": (#"["null","long"]"#, 120), "footerEndOffset": (#"["null","long"]"#, 121),
        "deleteOpstamp": (#"["null","long"]"#, 123), "hasFooterOffsets": (#""boolean""#, 124),
        "splitTags": (strings, 132), "docMappingJson": (#"["null","string"]"#, 133),
        "numMergeOps": (#"["null","int"]"#, 134), "docMappingRef": (#"["null","string"]"#, 135),
        "uncompressedSizeBytes": (#"["null","long"]"#, 136), "timeRangeStart": (#"["null","string"]"#, 137),
        "timeRangeEnd": (#"["null","string"]"#, 138), "addedAtVersion": (#""long""#, 140),
        "addedAtTimestamp": (#""long""#, 141), "companionSourceFiles": (strings, 150),
        "companionDeltaVersion": (#"["null","long"]"#, 151),
        "companionFastFieldMode": (#"["null","string"]"#, 152), "laterText": (#""string""#, 990),
        "laterMap": (#"{"type":"map","values":{"type":"array","items":"double"}}"#, 991),
    ]

    static let stateSchema = """
        {"type":"record","name":"StateManifest","namespace":"io.indextables.state","fields":[\
        {"name":"formatVersion","type":"int"},{"name":"stateVersion","type":"long"},\
        {"name":"createdAt","type":"long"},{"name":"numFiles","type":"long"},\
        {"name":"totalBytes","type":"long"},{"name":"manifests","type":{"type":"array","items":\
        {"type":"record","name":"ManifestInfoItem","fields":[{"name":"path","type":"string"},\
        {"name":"numEntries","type":"long"},{"name":"minAddedAtVersion","type":"long"},\
        {"name":"maxAddedAtVersion","type":"long"},{"name":"partitionBounds","default":null,"type":\
        ["null",{"type":"map","values":{"type":"record","name":"PartitionBoundsItem","fields":[\
        {"name":"min","type":["null","string"],"default":null},\
        {"name":"max","type":["null","string"],"default":null}]}}]},\
        {"name":"tombstoneCount","type":"long","default":0},\
        {"name":"liveEntryCount","type":"long","default":-1}]}}},\
        {"name":"tombstones","type":{"type":"array","items":"string"},"default":[]},\
        {"name":"schemaRegistry","type":{"type":"map","values":"string"},"default":{}},\
        {"name":"protocolVersion","type":"int","default":4},\
        {"name":"metadata","type":["null","string"],"default":null}]}
        """
}
