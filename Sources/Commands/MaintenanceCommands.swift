import Bytes
import Metadata
import Tables

/// `firn set`: a property.
enum SetCommand: Command {
    static let syntax = CommandSyntax(
        name: "set", operands: "STORE/TABLE NAME [VALUE]",
        summary: "Set a table's property, or take it back to its default",
        details:
            "The same as writing the file properties/NAME of a mounted table; `ls` there shows all names.")

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard operands.count == 2 || operands.count == 3 else {
            throw UsageError("STORE/TABLE, NAME and perhaps VALUE are expected", command: syntax.name)
        }
        return try TableAddress(operands[0]).withTable(command: "set") { _, table in
            try table.setProperty(operands[1], operands.count == 3 ? operands[2] : nil)
            return 0
        }
    }
}

/// `firn gc`: one round of garbage collection.
enum CollectCommand: Command {
    static let syntax = CommandSyntax(
        name: "gc", operands: "STORE/TABLE",
        summary: "Delete the files that nothing can need any more, or show why they wait",
        options: [
            .init("dry-run", short: "n", help: "only show the plan: each file, why it waits, until when")
        ],
        details: """
            A file is deleted when no kept or pinned version lies in the interval in which it lived, no session has it
            open, and gc.delayMinutes have passed since its last reference went.
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard arguments.operands.count == 1 else {
            throw UsageError("one STORE/TABLE is expected", command: syntax.name)
        }
        return try TableAddress(arguments.operands[0]).withTable(command: "gc") { _, table in
            guard !arguments.has("dry-run") else {
                console.print(bytes: try table.garbageReport().text)
                return 0
            }
            guard let outcome = try table.collectGarbage() else { return 0 }
            console.print(
                "\(outcome.condemned) announced, \(outcome.deletedFiles) deleted "
                    + "(\(ByteCountText.text(outcome.deletedBytes))), \(outcome.deletedStates) states, "
                    + "\(outcome.deletedVersionFiles) version files, \(outcome.deletedManifests) manifests")
            return 0
        }
    }
}
