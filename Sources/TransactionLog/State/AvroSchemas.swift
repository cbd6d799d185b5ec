/// The schemas of the files that a state consists of, as they stand in the files' headers.
///
/// Fields below 200 are those of the format's document, with its names, ids, order and defaults; ours follow.
enum AvroSchemas {
    static let fileEntry = """
        {"type":"record","name":"FileEntry","namespace":"io.indextables.state",\
        "doc":"A data file of the table","fields":[\
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
        {"name":"splitTags","type":["null",{"type":"array","items":"string"}],"default":null,"field-id":132},\
        {"name":"numMergeOps","type":["null","int"],"default":null,"field-id":134},\
        {"name":"docMappingRef","type":["null","string"],"default":null,"field-id":135},\
        {"name":"uncompressedSizeBytes","type":["null","long"],"default":null,"field-id":136},\
        {"name":"addedAtVersion","type":"long","field-id":140},\
        {"name":"addedAtTimestamp","type":"long","field-id":141},\
        {"name":"partition","type":["null","string"],"default":null,"field-id":200},\
        {"name":"minKey","type":["null","bytes"],"default":null,"field-id":201},\
        {"name":"maxKey","type":["null","bytes"],"default":null,"field-id":202},\
        {"name":"ordinal","type":"int","default":0,"field-id":203},\
        {"name":"minSequence","type":["null","long"],"default":null,"field-id":204},\
        {"name":"maxSequence","type":["null","long"],"default":null,"field-id":205},\
        {"name":"deletedRows","type":"long","default":0,"field-id":206},\
        {"name":"job","type":["null","long"],"default":null,"field-id":207},\
        {"name":"source","type":["null","string"],"default":null,"field-id":208}]}
        """

    static let referenceEntry = """
        {"type":"record","name":"ReferenceEntry","namespace":"firn.state","fields":[\
        {"name":"file","type":"long","field-id":220},\
        {"name":"partition","type":"string","field-id":221},\
        {"name":"rows","type":"long","field-id":222},\
        {"name":"estimated","type":"boolean","default":false,"field-id":223},\
        {"name":"writtenAtVersion","type":"long","field-id":224}]}
        """

    static let garbageEntry = """
        {"type":"record","name":"GarbageEntry","namespace":"firn.state","fields":[\
        {"name":"file","type":"long","field-id":230},\
        {"name":"path","type":"string","field-id":231},\
        {"name":"size","type":"long","field-id":232},\
        {"name":"addedAtVersion","type":"long","field-id":233},\
        {"name":"removedAtVersion","type":"long","field-id":234},\
        {"name":"removedAtTimestamp","type":"long","field-id":235},\
        {"name":"job","type":["null","long"],"default":null,"field-id":236},\
        {"name":"condemnedAtVersion","type":["null","long"],"default":null,"field-id":237},\
        {"name":"writtenAtVersion","type":"long","field-id":238}]}
        """

    static let partitionEntry = """
        {"type":"record","name":"PartitionEntry","namespace":"firn.state","fields":[\
        {"name":"id","type":"string","field-id":240},\
        {"name":"root","type":{"type":"array","items":["null","string"]},"field-id":241},\
        {"name":"parent","type":["null","string"],"default":null,"field-id":242},\
        {"name":"children","type":{"type":"array","items":"string"},"field-id":243},\
        {"name":"minKey","type":["null","bytes"],"default":null,"field-id":244},\
        {"name":"maxKey","type":["null","bytes"],"default":null,"field-id":245},\
        {"name":"writtenAtVersion","type":"long","field-id":246}]}
        """

    static let jobEntry = """
        {"type":"record","name":"JobEntry","namespace":"firn.state","fields":[\
        {"name":"id","type":"long","field-id":270},\
        {"name":"job","type":"string","field-id":271},\
        {"name":"writtenAtVersion","type":"long","field-id":272}]}
        """

    static let receiptEntry = """
        {"type":"record","name":"ReceiptEntry","namespace":"firn.state","fields":[\
        {"name":"name","type":"string","field-id":280},\
        {"name":"hash","type":"string","field-id":281},\
        {"name":"rows","type":"long","field-id":282},\
        {"name":"files","type":"long","field-id":283},\
        {"name":"version","type":"long","field-id":284},\
        {"name":"timestamp","type":"long","field-id":285}]}
        """

    static let stateManifest = """
        {"type":"record","name":"StateManifest","namespace":"io.indextables.state","fields":[\
        {"name":"formatVersion","type":"int","field-id":1},\
        {"name":"stateVersion","type":"long","field-id":2},\
        {"name":"createdAt","type":"long","field-id":3},\
        {"name":"numFiles","type":"long","field-id":4},\
        {"name":"totalBytes","type":"long","field-id":5},\
        {"name":"manifests","field-id":6,"type":{"type":"array","items":\(manifestInfo)}},\
        {"name":"tombstones","type":{"type":"array","items":"string"},"default":[],"field-id":7},\
        {"name":"schemaRegistry","type":{"type":"map","values":"string"},"default":{},"field-id":8},\
        {"name":"protocolVersion","type":"int","default":4,"field-id":9},\
        {"name":"metadata","type":["null","string"],"default":null,"field-id":10},\
        {"name":"timestamp","type":"long","default":0,"field-id":260},\
        {"name":"references","field-id":261,"type":["null",\(manifestSet)],"default":null},\
        {"name":"garbage","field-id":262,"type":["null","firn.state.ManifestSet"],"default":null},\
        {"name":"partitions","field-id":263,"type":["null","firn.state.ManifestSet"],"default":null},\
        {"name":"properties","type":{"type":"map","values":"string"},"default":{},"field-id":264},\
        {"name":"tags","type":{"type":"map","values":"long"},"default":{},"field-id":265},\
        {"name":"jobs","type":{"type":"array","items":"string"},"default":[],"field-id":266},\
        {"name":"receipts","type":{"type":"array","items":"string"},"default":[],"field-id":267},\
        {"name":"deadSessions","type":{"type":"array","items":"string"},"default":[],"field-id":268},\
        {"name":"listedJobs","field-id":290,"type":["null","firn.state.ManifestSet"],"default":null},\
        {"name":"receiptManifests","field-id":291,"type":{"type":"array","items":\
        "io.indextables.state.ManifestInfoItem"},"default":[]}]}
        """

    private static let manifestInfo = """
        {"type":"record","name":"ManifestInfoItem","fields":[\
        {"name":"path","type":"string","field-id":20},\
        {"name":"numEntries","type":"long","field-id":21},\
        {"name":"minAddedAtVersion","type":"long","field-id":22},\
        {"name":"maxAddedAtVersion","type":"long","field-id":23},\
        {"name":"partitionBounds","field-id":24,"default":null,"type":["null",{"type":"map","values":\
        {"type":"record","name":"PartitionBoundsItem","fields":[\
        {"name":"min","type":["null","string"],"default":null,"field-id":30},\
        {"name":"max","type":["null","string"],"default":null,"field-id":31},\
        {"name":"hasNull","type":["null","boolean"],"default":null,"field-id":250}]}}]},\
        {"name":"tombstoneCount","type":"long","default":0,"field-id":25},\
        {"name":"liveEntryCount","type":"long","default":-1,"field-id":26},\
        {"name":"length","type":["null","long"],"default":null,"field-id":251},\
        {"name":"crc32","type":["null","long"],"default":null,"field-id":252}]}
        """

    private static let manifestSet = """
        {"type":"record","name":"ManifestSet","namespace":"firn.state","fields":[\
        {"name":"manifests","field-id":253,"type":{"type":"array","items":\
        "io.indextables.state.ManifestInfoItem"}},\
        {"name":"tombstones","field-id":254,"type":{"type":"array","items":\
        {"type":"record","name":"KeyTombstone","fields":[\
        {"name":"key","type":"bytes","field-id":255},\
        {"name":"version","type":"long","field-id":256}]}}}]}
        """
}
