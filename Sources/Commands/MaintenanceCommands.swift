import Bytes
import Metadata
import Tables

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
        let address = try TableAddress(of: arguments, command: syntax)
        return try address.withTable(command: "gc") { _, table in
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
