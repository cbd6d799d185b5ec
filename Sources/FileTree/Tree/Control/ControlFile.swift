import Bytes
import Metadata
import Platform
import Tables

/// The files named `ctl`: what is written is one command a line; reading lists the commands.
enum ControlFile {
    /// A command with what it does.
    struct Command: Sendable {
        var name: String
        var summary: String
        var run: @Sendable (_ line: Line) throws(FileTreeError) -> Void

        /// What follows the name, and who wrote it.
        struct Line {
            var text: ByteString
            var user: UInt32

            var words: [ByteString] {
                text.bytes.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { ByteString($0) }
            }
        }

        /// A command that needs no more than its words.
        init(
            name: String, summary: String,
            run: @escaping @Sendable (_ words: [ByteString]) throws(FileTreeError) -> Void
        ) {
            self.name = name
            self.summary = summary
            self.run = { line throws(FileTreeError) in try run(line.words) }
        }

        /// A tag, a restored version, files that leave: as on the command line.
        init(verb: String, summary: String, of table: Table) {
            name = verb
            self.summary = summary
            run = { line throws(FileTreeError) in
                do throws(StoreError) {
                    let request = try VerbLine(verb: ByteString(verb), line: line.text)
                    let outcome = try table.perform(
                        request.request, user: line.user, dryRun: request.isDryRun)
                    if request.isDryRun { table.record(dryRun: outcome) }
                } catch {
                    throw FileTreeError(error)
                }
            }
        }
    }

    static func ofTable(_ tree: TableTree) -> GeneratedFile {
        file(tree, "ctl", commands(of: tree))
    }

    private static func commands(of tree: TableTree) -> [Command] {
        let table = tree.table
        let desk = tree.compaction
        return [
            Command(name: "checkpoint", summary: "write a state of the current version now") {
                _ throws(FileTreeError) in
                do throws(StoreError) { try table.checkpoint() } catch { throw FileTreeError(error) }
            },
            Command(name: "gc", summary: "delete what nothing needs any more") { _ throws(FileTreeError) in
                do throws(StoreError) { try table.collectGarbageOnRequest() } catch {
                    throw FileTreeError(error)
                }
            },
            Command(
                name: "purge",
                summary:
                    "delete what nothing has needed for 7d, or another age; `dry-run`, `force`: see firn purge"
            ) { words throws(FileTreeError) in
                do throws(StoreError) { try table.purge(words: words) } catch { throw FileTreeError(error) }
            },
            Command(name: "compact", summary: "compact a partition (date=2024-01-01), or all of them") {
                words throws(FileTreeError) in
                try desk.request(partitions: words)
            },
            Command(name: "pause", summary: "hold the compactions that this mount runs of the table") {
                _ throws(FileTreeError) in
                try desk.setPaused(true)
            },
            Command(name: "resume", summary: "let them go on") { _ throws(FileTreeError) in
                try desk.setPaused(false)
            },
        ] + VerbLine.verbs.map { Command(verb: $0.name, summary: $0.summary, of: table) }
    }

    static func file(_ tree: TableTree, _ path: ByteString, _ commands: [Command]) -> GeneratedFile {
        let text = commands.map { "\($0.name)\t\($0.summary)\n" }.joined()
        return GeneratedFile(
            tree, path, permissions: tree.table.isReadOnly ? 0o444 : 0o644, maxAgeNanoseconds: .max,
            writer: { bytes, context throws(FileTreeError) in
                for line in bytes.bytes.split(separator: UInt8(ascii: "\n")) {
                    try run(Command.Line(text: ByteString(line), user: context.user), commands, path)
                }
            }
        ) { () throws(FileTreeError) in
            Picture(Array(text.utf8), modified: tree.table.state.definition.createdTime * 1_000_000)
        }
    }

    private static func run(
        _ line: Command.Line, _ commands: [Command], _ path: ByteString
    ) throws(FileTreeError) {
        guard let name = line.words.first else { return }
        guard let command = commands.first(where: { ByteString($0.name) == name }) else {
            let known = commands.map(\.name).joined(separator: ", ")
            throw .unsupported("\(path) has no command \"\(name)\"; it has \(known)")
        }
        let start = line.text.bytes.firstIndex { $0 == name.bytes[0] } ?? 0
        var rest = line
        rest.text = ByteString(line.text.bytes[(start + name.count)...])
        try command.run(rest)
    }
}
