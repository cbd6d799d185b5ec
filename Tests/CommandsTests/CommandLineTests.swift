import Bytes
import Commands
import Platform
import TestKit
import Testing

@Suite("The command line")
struct CommandLineTests {
    /// Runs the command in a process of its own: the tests' executable has no command line of firn.
    private func firn(_ words: ByteString...) throws -> (status: Int32, output: String, errors: String) {
        try firn(words)
    }

    private func firn(_ words: [ByteString]) throws -> (status: Int32, output: String, errors: String) {
        let own = try Processes.executablePath()
        let slash = try #require(own.bytes.lastIndex(of: UInt8(ascii: "/")))
        let binary = Processes.environment("FIRN_BINARY") ?? ByteString(own.bytes[..<slash]) + "/firn"
        let result = try ProcessRunner.run([binary] + words)
        guard case .exited(let status) = result.ending else {
            return (-1, result.outputText, result.errorText)
        }
        return (status, result.outputText, result.errorText)
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
            "tables",
            "changes", "tag", "restore", "remove", "drop-partition",
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
        #expect(described.status == 0 && described.output.contains("files:"), "\(described)")
        #expect(described.errors.contains("`firn checkpoint TABLE`"), "\(described.errors)")
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

    @Test("what cannot be done is exit status 1 with the reason, and changes nothing")
    func refusals() throws {
        let store = try store()
        #expect(try firn("create", store.path + "/t").status == 0)
        let again = try firn("create", store.path + "/t")
        #expect(again.status == 1)
        #expect(again.errors.contains("exists already"))
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
}
