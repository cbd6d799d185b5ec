import Bytes
import Metadata
import Platform
import Tables

/// The files named `ctl`: what is written is one command a line; reading lists the commands.
enum ControlFile {
    /// A command with what it does, and the words that follow its name.
    struct Command: Sendable {
        var name: String
        var summary: String
        var run: @Sendable (_ words: [ByteString]) throws(FileTreeError) -> Void
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
                do throws(StoreError) { _ = try table.collectGarbage() } catch { throw FileTreeError(error) }
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
        ]
    }

    static func file(_ tree: TableTree, _ path: ByteString, _ commands: [Command]) -> GeneratedFile {
        let text = commands.map { "\($0.name)\t\($0.summary)\n" }.joined()
        return GeneratedFile(
            tree, path, permissions: tree.table.isReadOnly ? 0o444 : 0o644, maxAgeNanoseconds: .max,
            writer: { bytes, _ throws(FileTreeError) in
                for line in bytes.bytes.split(separator: UInt8(ascii: "\n")) {
                    try run(ByteString(line), commands, path)
                }
            }
        ) { () throws(FileTreeError) in
            Picture(Array(text.utf8), modified: tree.table.state.definition.createdTime * 1_000_000)
        }
    }

    private static func run(
        _ line: ByteString, _ commands: [Command], _ path: ByteString
    ) throws(FileTreeError) {
        let words = line.bytes.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { ByteString($0) }
        guard let name = words.first else { return }
        guard let command = commands.first(where: { ByteString($0.name) == name }) else {
            let known = commands.map(\.name).joined(separator: ", ")
            throw .unsupported("\(path) has no command \"\(name)\"; it has \(known)")
        }
        try command.run(Array(words.dropFirst()))
    }
}
