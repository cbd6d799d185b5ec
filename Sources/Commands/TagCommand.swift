import Bytes
import JSON
import Metadata
import Tables

/// `firn tag`: names for versions.
enum TagCommand: Command {
    static let syntax = CommandSyntax(
        name: "tag", operands: "STORE/TABLE [VERSION NAME]",
        summary: "Name a version, so that it is kept past retention; or list the tags",
        options: [
            .init("delete", short: "d", "NAME", help: "let a tag go; its version then expires like others"),
            .init("move", help: "let a tag that names another version name this one"),
        ] + VerbRun.options,
        details: """
            VERSION is a number, a time at which it was current (2024-01-31T12:34), or another tag. A tagged version keeps
            its files and stays in states/ of a mount. Where only version files have it, its state is written first.
            Without VERSION and NAME the tags are listed, with their versions.

            examples:
              firn tag store/flights 42 before-import
              firn tag store/flights --delete before-import
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        let deleted = arguments.value("delete")
        switch (operands.count, deleted) {
        case (1, nil): return try list(TableAddress(operands[0]), arguments, console)
        case (1, .some(let name)):
            return try VerbRun.run(
                .deleteTag(name: name), on: TableAddress(operands[0]), arguments, console, command: "tag")
        case (3, nil):
            let request = VerbRequest.tag(
                version: operands[1], name: operands[2], moving: arguments.has("move"))
            return try VerbRun.run(
                request, on: TableAddress(operands[0]), arguments, console, command: "tag")
        default:
            throw UsageError("STORE/TABLE and perhaps VERSION and NAME are expected", command: syntax.name)
        }
    }

    private static func list(
        _ address: TableAddress, _ arguments: ParsedArguments, _ console: Console
    ) throws -> Int32 {
        try address.withTable(command: "tag", readOnly: true) { _, table in
            let tags = table.state.tags.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            for (name, version) in tags {
                if arguments.has("json") {
                    let object: JSONObject = ["name": .string(name), "version": .integer(version.rawValue)]
                    console.print(bytes: JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")])
                } else {
                    console.print("\(name)  \(version)")
                }
            }
            return 0
        }
    }
}
