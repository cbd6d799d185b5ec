import Bytes
import JSON
import Metadata
import Platform
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

/// Tables of IndexTables as a store shows them.
@Suite("Tables of IndexTables in a store")
struct ForeignStoreTests {
    static let directory: ByteString = {
        if let named = Processes.environment("FIRN_FIXTURES") { return named + "/indextables" }
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return ByteString("/" + here + "/../shared/fixtures/indextables")
    }()

    static let requirement = "needs the tables of FIRN_FIXTURES (../shared/fixtures), which are not there"
    static var isAvailable: Bool { ((try? FileSystemCalls.status(directory))?.isDirectory) ?? false }

    @Test(
        "every version of every table can be had with its changes, and what nobody knows is said",
        .enabled(if: isAvailable, Comment(rawValue: requirement)))
    func fixtures() throws {
        let storage = try DirectoryStorage(root: Self.directory, entropy: SeededEntropy())
        // The clock stands years later: nothing here is past any retention, as nobody here deletes.
        let clock = ManualClock()
        let store = try Store.open(
            storage: storage, root: Self.directory,
            options: StoreOptions(clock: clock, entropy: SeededEntropy(), isReadOnly: true, command: "test"))
        defer { store.close() }
        let names = try store.tableNames()
        #expect(names.count == 9)
        for name in names {
            let table = try store.table(name)
            let versions = try table.availableVersions()
            #expect(versions.map(\.rawValue) == Array(0...table.state.version.rawValue), "\(name)")
            var live: Set<ByteString> = []
            for version in versions {
                #expect(try table.pin(version).version == version)
                for line in try table.changesText(at: version).split(separator: 0x0A) {
                    let change = try JSONValue.parse(Array(line))
                    let path = try #require(change["path"]?.stringValue)
                    #expect(change["after"]?.int64Value == version.rawValue - 1)
                    if change["change"]?.stringValue == "add" {
                        #expect(live.insert(path).inserted)
                    } else {
                        #expect(live.remove(path) != nil)
                    }
                }
                #expect(try live.count == table.state(at: version).fileCount, "\(name) \(version)")
                let manifests = try table.manifestObjects(at: version)
                #expect(manifests.isEmpty == (version == Version(0)), "\(name) \(version)")
            }
            let report = table.statusReport()
            let unknown = report.lines.first { $0.name == "unknown" }
            #expect(unknown?.text.contains("addedAtVersion (every file says 0") == true, "\(name)")
            let late = report.lines.first { $0.name == "statesNotBuiltOn" }
            #expect((late?.text.contains("state 0") == true) == (name == "17_truncated_log"), "\(name)")
        }
    }

    @Test("a table with a JSON checkpoint alone is described, converted and described again")
    func checkpointOnly() throws {
        let storage = MemoryStorage()
        let lines = """
            {"protocol":{"minReaderVersion":4,"minWriterVersion":4}}
            {"metaData":{"id":"a-b","format":{"provider":"indextables","options":{}},\
            "schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"s\\",\\"type\\":{\\"type\\":\\"map\\"}}]}",\
            "partitionColumns":[],"configuration":{}}}
            {"add":{"path":"a.split","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}

            """
        try storage.putIfAbsent(
            LogPath(table: "t").directory + "00000000000000000007.checkpoint.json", Array(lines.utf8))
        let options = StoreOptions(clock: ManualClock(), entropy: SeededEntropy(), command: "test")
        let store = try Store.open(storage: storage, root: "/nowhere", options: options)
        defer { store.close() }
        let table = try store.table("t")
        func line(_ name: String, of table: Table) -> String? {
            table.statusReport().lines.first { $0.name == name }?.text
        }
        #expect(line("format", of: table) == "json" && line("stateVersion", of: table) == "7")
        #expect(line("unknown", of: table)?.contains("nested or not known here: s") == true)
        #expect(try table.availableVersions() == [Version(7)])
        #expect(table.isReadOnly)
        let report = try table.checkpointReport(.avro)
        #expect(report.lines.map(\.text) == ["/nowhere/t", "SUCCESS", "json", "avro-state", "7", "1"])
        #expect(throws: StoreError.self) { try table.setProperty("compaction.fanIn", "5") }
        let again = try Store.open(storage: storage, root: "/nowhere", options: options)
        defer { again.close() }
        #expect(line("stateVersion", of: try again.table("t")) == "7")
    }
}
