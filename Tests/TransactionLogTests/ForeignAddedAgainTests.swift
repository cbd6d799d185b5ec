import Avro
import Bytes
import Metadata
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("A path that another program added again")
struct ForeignAddedAgainTests {
    static let schema = """
        {"type":"record","name":"StateManifest","namespace":"io.indextables.state","fields":[\
        {"name":"formatVersion","type":"int"},{"name":"stateVersion","type":"long"},\
        {"name":"createdAt","type":"long"},{"name":"numFiles","type":"long"},{"name":"totalBytes","type":"long"},\
        {"name":"manifests","type":{"type":"array","items":{"type":"record","name":"ManifestInfo","fields":[\
        {"name":"path","type":"string"},{"name":"numEntries","type":"long"},\
        {"name":"minAddedAtVersion","type":"long"},{"name":"maxAddedAtVersion","type":"long"}]}}},\
        {"name":"tombstones","type":{"type":"array","items":"string"}},\
        {"name":"schemaRegistry","type":{"type":"map","values":"string"}},\
        {"name":"protocolVersion","type":"int"}]}
        """

    /// The bytes of a manifest of one file, added at this version.
    private static func manifest(_ entry: FileEntry, at version: Int) throws -> [UInt8] {
        let table = try TestTable()
        for number in 1..<version {
            _ = try table.log.commit(
                table.transaction([TestTable.property("gc.delayMinutes", ByteString("\(number)"))]))
        }
        _ = try table.log.commit(table.transaction([.add(entry)]))
        return try table.storage.get(table.log.path.directory + table.write().files.manifests[0].path)
    }

    private static func state(_ manifests: [ByteString], tombstones: [ByteString]) throws -> [UInt8] {
        let schema = try AvroSchema.parse(schema)
        var file = AvroFileWriter(
            schema: schema, codec: .null, syncMarker: Array(repeating: 7, count: 16))
        let infos = manifests.map { AvroValue.record([.string($0), .long(1), .long(0), .long(0)]) }
        let record = AvroValue.record([
            .int(1), .long(3), .long(5), .long(9), .long(9), .array(infos),
            .array(tombstones.map { .string($0) }), .map([]), .int(4),
        ])
        try file.append { (encoder) throws(AvroMismatch) in try encoder.encode(record, schema) }
        return file.finish()
    }

    private static func open(_ entries: [(FileEntry, Int)], tombstones: [ByteString]) throws -> TableState {
        let storage = try ForeignVersionFileTests.put([ForeignVersionFileTests.first]) { $0 }
        var names: [ByteString] = []
        for (number, (entry, version)) in entries.enumerated() {
            names.append(ByteString("manifests/manifest-\(number).avro"))
            try storage.putIfAbsent(
                SampleLog.path.directory + names[number], try manifest(entry, at: version))
        }
        try storage.putIfAbsent(
            SampleLog.path.stateManifest(Version(3)), try state(names, tombstones: tombstones))
        return try ForeignVersionFileTests.open(storage).current
    }

    /// The same path twice, of two sizes, and another file.
    private static func entries() throws -> (old: FileEntry, new: FileEntry, other: FileEntry) {
        let table = try TestTable()
        var entries = (old: table.file(), new: table.file(), other: table.file())
        entries.new.path = entries.old.path
        entries.new.id = entries.old.id
        entries.new.sizeBytes = 77_777
        return entries
    }

    @Test(
        "a state that lists a path twice has the newer entry, in whichever manifest",
        arguments: [true, false])
    func listedTwice(isNewerLast: Bool) throws {
        let (old, new, other) = try Self.entries()
        let pair = isNewerLast ? [(old, 1), (new, 3)] : [(new, 3), (old, 1)]
        let state = try Self.open(pair + [(other, 2)], tombstones: [])
        #expect(state.fileCount == 2)
        #expect(state.files.file(path: old.path)?.sizeBytes == 77_777)
        #expect(state.totalBytes == 77_777 + other.sizeBytes)
        // Of the same version the later manifest counts.
        let same = try Self.open([(old, 2), (new, 2)], tombstones: [])
        #expect(same.fileCount == 1 && same.totalBytes == 77_777)
    }

    @Test("a tombstone hides every entry of its path, as it does for the program that wrote it")
    func tombstone() throws {
        let (old, new, other) = try Self.entries()
        let state = try Self.open([(old, 1), (new, 3), (other, 2)], tombstones: [old.path])
        #expect(state.filePaths == [other.path] && state.totalBytes == other.sizeBytes)
    }

    @Test("version files: an addition replaces what is live under its path, a removal may come twice")
    func versionFiles() throws {
        let again = """
            {"remove":{"path":"part-2.split"}}
            {"add":{"path":"part-2.split","partitionValues":{"r":"us"},"size":99,"modificationTime":98}}

            """
        let replaced = """
            {"add":{"path":"part-2.split","partitionValues":{"r":"us"},"size":100,"modificationTime":98}}
            {"remove":{"path":"r=eu/d=2024-01-01/part-1.split"}}
            {"remove":{"path":"r=eu/d=2024-01-01/part-1.split"}}

            """
        let texts = [ForeignVersionFileTests.first, ForeignVersionFileTests.second]
        let first = try ForeignVersionFileTests.open(ForeignVersionFileTests.put(texts + [again]) { $0 })
        #expect(first.current.fileCount == 2 && first.current.totalBytes == 109)
        let second = try ForeignVersionFileTests.open(
            ForeignVersionFileTests.put(texts + [again, replaced]) { $0 })
        #expect(second.current.fileCount == 1 && second.current.totalBytes == 100)
    }
}
