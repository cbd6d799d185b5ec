import Bytes
import Commands
import JSON
import Metadata
import Platform
import TestKit
import Testing

@Suite("The command line")
struct CommandLineTests {
    private func firn(_ words: ByteString...) throws -> (status: Int32, output: String, errors: String) {
        try firn(words)
    }

    private func firn(_ words: [ByteString]) throws -> (status: Int32, output: String, errors: String) {
        try FirnCommand.run(words)
    }

    private func store() throws -> TemporaryDirectory { try TemporaryDirectory("commands") }

    @Test("a mistake in the call is exit status 2, names the mistake and points to the help")
    func mistakes() throws {
        let calls: [([ByteString], String)] = [
            (["dance"], "there is no command \"dance\""),
            (["mount"], "STORE and MOUNTPOINT are expected"),
            (["mount", "--sideways", "a", "b"], "has no option --sideways"),
            (["mount", "-o", "sideways", "a", "b"], "there is no mount option \"sideways\""),
            (["mount", "--jobs"], "--jobs needs a value"),
            (["create", "a/b", "--kind", "odd"], "--kind is append or upsert"),
            (["ingest", "a/b"], "STORE/TABLE and at least one FILE are expected"),
            (["ingest", "a/b", "/dev/null", "/dev/zero", "--name", "c"], "--name is for one file"),
            (["ingest", "a/b", "/dev/null", "--name", "../c"], "--name is for one file"),
            (["describe", "a/.hidden"], "does not name a table"),
        ]
        for (words, message) in calls {
            let result = try firn(words)
            #expect(result.status == 2, "\(words)")
            #expect(result.errors.contains(message), "\(words): \(result.errors)")
            #expect(result.errors.contains("--help"), "\(words)")
        }
    }

    @Test("each command explains itself")
    func help() throws {
        let overview = try firn("--help")
        #expect(overview.status == 0)
        for name in [
            "mount", "unmount", "create", "describe", "files", "set", "checkpoint", "gc", "purge", "compact",
            "tables", "changes", "tag", "restore", "remove", "drop-partition", "ingest",
        ] {
            #expect(overview.output.contains("\n  \(name) "), "\(name) is not in the overview")
            let one = try firn(ByteString(name), "--help")
            #expect(one.status == 0)
            #expect(one.output.hasPrefix("usage: firn \(name) "), "\(one.output)")
        }
    }

    @Test("a table is created, set, described and listed without a mount")
    func withoutMount() throws {
        let store = try store()
        let schema = #"{"columns": [{"name": "id", "type": "int64"}, {"name": "day", "type": "date"}]}"#
        try store.write("schema.json", Array(schema.utf8))
        let address = store.path + "/users"
        let created = try firn(
            "create", address, "--kind", "upsert", "--key", "id", "--partition-by=day", "--schema",
            store.file("schema.json"), "--set", "compaction.fanIn=3")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try firn("tables", store.path).output == "users\n")
        #expect(try firn("set", address, "compaction.sizeRatio", "5").status == 0)
        let described = try firn("describe", "--json", address)
        #expect(described.output.contains(#""kind":"upsert""#), "\(described)")
        #expect(described.output.contains(#""version":1"#), "\(described)")
        #expect(try firn("checkpoint", address).status == 0)
        #expect(try firn("gc", "--dry-run", address).output.contains("0 files"))
    }

    @Test(
        "a checkpoint's format is one of two, and mistakes are exit status 2",
        arguments: [
            (["checkpoint"], "one STORE/TABLE is expected"),
            (["checkpoint", "a/b", "c/d"], "one STORE/TABLE is expected"),
            (["checkpoint", "a/b", "--format", "parquet"], "--format is avro or json, not \"parquet\""),
            (["checkpoint", "a/b", "--format"], "--format needs a value"),
            (["checkpoint", "a/b", "--fast"], "has no option --fast"),
        ] as [([ByteString], String)])
    func testCheckpointSqlParsing(words: [ByteString], message: String) throws {
        let result = try firn(words)
        #expect(result.status == 2 && result.errors.contains(message), "\(words): \(result.errors)")
        #expect(try firn("checkpoint", "--help").output.contains("--format avro|json"))
    }

    @Test("a checkpoint converts a table of IndexTables, and back, and says what it did")
    func testCheckpointSqlExecution() throws {
        let store = try store()
        let log: ByteString = "old/_transaction_log/"
        let lines = """
            {"protocol":{"minReaderVersion":2,"minWriterVersion":2}}
            {"metaData":{"id":"a-b","format":{"provider":"indextables","options":{}},\
            "schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"n\\",\\"type\\":\\"long\\"}]}",\
            "partitionColumns":[],"configuration":{}}}
            {"add":{"path":"a.split","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}
            {"add":{"path":"b.split","partitionValues":{},"size":2,"modificationTime":1,"dataChange":true}}

            """
        try store.write(log + "00000000000000000007.checkpoint.json", Array(lines.utf8))
        let address = store.path + "/old"
        let described = try firn("describe", address)
        #expect(described.status == 0 && described.output.contains("numFiles:"), "\(described)")
        #expect(described.errors.contains("`firn checkpoint TABLE`"), "\(described.errors)")
        let legacy = try JSONValue.parse(Array(try firn("describe", "--json", address).output.utf8))
        #expect(legacy["format"] == "json" && legacy["version"] == 7 && legacy["protocolVersion"] == 2)
        #expect(legacy["numFiles"] == 2 && legacy["totalBytes"] == 3 && legacy["numManifests"] == 0)
        #expect(legacy["createdAt"]?.stringValue?.hasPrefix("20") == true)
        let converted = try firn("checkpoint", address)
        #expect(converted.status == 0, "\(converted.errors)")
        let expected = [
            "tablePath:      \(address.display)", "status:         SUCCESS", "previousFormat: json",
            "newFormat:      avro-state", "version:        7", "numFiles:       2",
        ]
        #expect(converted.output.split(separator: "\n").map(String.init) == expected)
        #expect(try firn("describe", address).errors.isEmpty)
        let again = try firn("checkpoint", "--json", "--format=avro", address)
        #expect(
            again.output
                == #"{"tablePath":"\#(address.display)","status":"UNCHANGED","previousFormat":"avro-state","#
                + #""newFormat":"avro-state","version":7,"numFiles":2}"# + "\n")
        let own = store.path + "/own"
        #expect(try firn("create", own).status == 0)
        let json = try firn("checkpoint", "--format", "json", own)
        #expect(json.output.contains("previousFormat: none\nnewFormat:      json\n"), "\(json)")
        #expect(try firn("set", own, "state.format", "json").status == 0)
        #expect(try firn("checkpoint", own).output.contains("previousFormat: json\nnewFormat:      json\n"))
        #expect(try firn("describe", own).errors.isEmpty, "what the table asks for is no reason to warn")
    }

    @Test(
        "a purge tells its plan with and without carrying it out, and refuses an age that it is not sure of")
    func purge() throws {
        let store = try store()
        let address = store.path + "/t"
        #expect(try firn("create", address).status == 0)
        let before = try described(address)
        for words in [["purge", address, "--dry-run"], ["purge", address, "--older-than", "36h"]]
            as [[ByteString]]
        {
            let result = try firn(words)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("# kept\nversion file  1"), "\(result.output)")
        }
        let json = try firn("purge", address, "--json", "--older-than", "0h", "--force", "--dry-run")
        #expect(json.output.hasPrefix(#"{"version":0,"dryRun":true,"olderThan":"0h","#), "\(json)")
        for age in ["1h", "2200-01-01", "soon"] as [ByteString] {
            let refused = try firn("purge", address, "--older-than", age)
            #expect(refused.status == 1 && refused.errors.contains(age.display), "\(refused)")
        }
        #expect(try described(address) == before)
    }

    /// What `describe` says, without the disk's free bytes, which others change.
    private func described(_ address: ByteString) throws -> JSONObject {
        let output = try firn("describe", "--json", address).output
        var report = try #require(try JSONValue.parse(Array(output.utf8)).objectValue)
        report["freeBytes"] = nil
        return report
    }

    @Test("what cannot be done is exit status 1 with the reason, and changes nothing")
    func refusals() throws {
        let store = try store()
        #expect(try firn("create", store.path + "/t").status == 0)
        let again = try firn("create", store.path + "/t")
        #expect(again.status == 1)
        #expect(again.errors.contains("exists already"))
        let nameless = try firn("create", store.path)
        #expect(nameless.status == 2 && nameless.errors.contains("is a store"), "\(nameless.errors)")
        #expect((try? FileSystemCalls.status(store.path + "/_transaction_log")) == nil)
        let bad = try firn("set", store.path + "/t", "compaction.fanIn", "many")
        #expect(bad.status == 1)
        #expect(bad.errors.contains("compaction.fanIn"), "\(bad.errors)")
        let missing = try firn("describe", store.path + "/nothing")
        #expect(missing.status == 1)
        #expect(missing.errors.contains("there is no table"), "\(missing.errors)")
        let keyless = try firn("create", store.path + "/u", "--kind", "upsert")
        #expect(keyless.errors.contains("needs a row key"), "\(keyless.errors)")
        #expect(try firn("tables", store.path).output == "t\n")
        let mount = try firn("mount", store.path, store.path + "/no-such-directory")
        #expect(mount.status != 0)
        #expect(mount.errors.contains("does not exist"), "\(mount.errors)")
    }

    @Test("firn describe prints the properties of the state, as lines and as JSON")
    func testDescribeStateCommand() throws {
        let store = try store()
        let address = store.path + "/t"
        #expect(try firn("create", address).status == 0)
        #expect(try firn("set", address, "state.compression", "snappy").status == 0)
        func described(_ address: ByteString) throws -> JSONValue {
            let result = try firn("describe", "--json", address)
            #expect(result.status == 0, "\(result.errors)")
            return try JSONValue.parse(Array(result.output.utf8))
        }
        let before = try described(address)
        #expect(before["format"] == "none" && before["createdAt"] == .null)
        #expect(try firn("checkpoint", address).status == 0)
        let state = try described(address)
        #expect(state["format"] == "avro-state" && state["version"] == 1)
        for key in ["numFiles", "totalBytes", "numManifests", "numTombstones", "tombstoneRatio"]
            as [ByteString]
        {
            #expect(state[key]?.doubleValue == 0, "\(key)")
        }
        #expect(
            state["protocolVersion"] == 5 && state["properties"] == .array(["state.compression = snappy"]))
        #expect(state["createdAt"]?.stringValue?.hasPrefix("20") == true)
        let text = try firn("describe", address).output
        let names = Set(
            text.split(separator: "\n").compactMap { $0.split(separator: ":").first.map(String.init) })
        let keys: Set = [
            "format", "version", "numFiles", "totalBytes", "numManifests", "numTombstones", "tombstoneRatio",
            "createdAt", "protocolVersion",
        ]
        #expect(names.isSuperset(of: keys), "\(text)")
    }

    private static let fixtures = Processes.environment("FIRN_FIXTURES").map { $0 + "/indextables" }

    @Test(
        "firn describe tells of a table of IndexTables what its files say",
        .enabled(if: fixtures != nil, "needs the tables of FIRN_FIXTURES"))
    func describeForeign() throws {
        let store = try store()
        let table = try #require(Self.fixtures) + "/05_many_transactions"
        #expect(try ProcessRunner.run(["/bin/cp", "-r", table, store.path + "/old"]).succeeded)
        let result = try firn("describe", "--json", store.path + "/old")
        #expect(result.status == 0, "\(result.errors)")
        let state = try JSONValue.parse(Array(result.output.utf8))
        #expect(state["format"] == "avro-state" && state["provider"] == "indextables")
        #expect(state["version"] == 15 && state["protocolVersion"] == 4)
        #expect(state["numFiles"] == 30 && state["totalBytes"] == 152_283)
        #expect(state["numManifests"] == 15 && state["numTombstones"] == 0)
        #expect(state["createdAt"] == "2026-04-01T01:33:32.460Z")
    }

    @Test("firn set lists every property with its value, its default and what is allowed")
    func properties() throws {
        let store = try store()
        let address = store.path + "/t"
        #expect(try firn("create", address, "--set", "state.compressionLevel=22").status == 0)
        let listed = try firn("set", address)
        #expect(listed.status == 0)
        #expect(listed.output.contains("state.compressionLevel = 22 (set)\n"))
        #expect(listed.output.contains("state.retention.hours = 168\n"))
        #expect(listed.output.contains("Allowed: an integer from 1 to 22. Default: 3."))
        let all = try JSONValue.parse(Array(try firn("set", "--json", address).output.utf8))
        #expect(all.objectValue?.members.count == TableProperties.declarations.count)
        #expect(all["state.compressionLevel"]?["value"] == "22")
        #expect(all["state.compressionLevel"]?["isSet"] == .bool(true))
        let refused = try firn("set", address, "state.compressionLevel", "23")
        #expect(
            refused.status == 1 && refused.errors.contains("an integer from 1 to 22"), "\(refused.errors)")
    }
}
