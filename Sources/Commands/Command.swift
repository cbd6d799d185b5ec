import Glibc
package import Bytes
import Platform
import Tables
import Telemetry

/// One subcommand.
protocol Command: Sendable {
    static var syntax: CommandSyntax { get }
    /// Runs it and gives the exit status.
    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32
}

/// A failure that has been put in words; `status` is the exit status.
struct CommandFailure: Error, CustomStringConvertible {
    var message: String
    var status: Int32

    init(_ message: String, status: Int32 = 1) {
        self.message = message
        self.status = status
    }

    var description: String { message }
}

/// Where a command prints.
struct Console: Sendable {
    /// Results.
    func print(_ text: String) { write(Array((text + "\n").utf8), to: 1) }
    func print(bytes: [UInt8]) { write(bytes, to: 1) }
    /// The same, where it matters that nobody reads it any more.
    func printChecked(bytes: [UInt8]) throws(Errno) {
        let file = FileDescriptor(owning: 1)
        do throws(Errno) {
            try file.write(bytes)
            _ = file.release()
        } catch {
            // The descriptor stays open: it is the process's own.
            _ = file.release()
            throw error
        }
    }

    /// What is not a result: progress, warnings, errors.
    func note(_ text: String) { write(Array((text + "\n").utf8), to: 2) }
    /// The same without a new line.
    func noteInPlace(_ text: String) { write(Array(text.utf8), to: 2) }

    private func write(_ bytes: [UInt8], to descriptor: Int32) {
        let file = FileDescriptor(owning: descriptor)
        try? file.write(bytes)
        _ = file.release()
    }
}

/// The command line: finds the subcommand, runs it, and puts failures in words.
package enum CommandLineTool {
    static let commands: [any Command.Type] = [
        MountCommand.self, UnmountCommand.self, CreateCommand.self, IngestCommand.self, TablesCommand.self,
        DescribeCommand.self, FilesCommand.self, SetCommand.self, CheckpointCommand.self, CollectCommand.self,
        PurgeCommand.self,
        CompactCommand.self, ChangesCommand.self, TagCommand.self, RestoreCommand.self, RemoveCommand.self,
        DropPartitionCommand.self, PartitionsCommand.self, SplitCommand.self, JobsCommand.self,
        ReportCommand.self,
        ReinitialiseCommand.self,
    ]

    package static let version = "0.1.0"

    /// - Parameter arguments: the words of the command line, the program's name first.
    /// - Returns: The exit status.
    package static func run(_ arguments: [ByteString]) -> Int32 {
        let console = Console()
        let program = arguments.first ?? "firn"
        if program.hasSuffix("mount.firn") { return MountHelper.run(Array(arguments.dropFirst()), console) }
        if arguments.count > 1, arguments[1] == "mount.firn" {
            return MountHelper.run(Array(arguments.dropFirst(2)), console)
        }
        guard let name = arguments.dropFirst().first, name != "help", name != "--help", name != "-h" else {
            console.print(overview)
            return arguments.count > 1 ? 0 : 2
        }
        if name == "--version" {
            console.print("firn \(version)")
            return 0
        }
        guard let command = commands.first(where: { ByteString($0.syntax.name) == name }) else {
            console.note("firn: there is no command \"\(name)\"\nTry: firn --help")
            return 2
        }
        return run(command, Array(arguments.dropFirst(2)), console)
    }

    static func run(_ command: any Command.Type, _ words: [ByteString], _ console: Console) -> Int32 {
        do {
            let arguments = try ParsedArguments(words, syntax: command.syntax)
            if arguments.wantsHelp {
                console.print(command.syntax.help)
                return 0
            }
            return try command.run(arguments, console)
        } catch let error as UsageError {
            console.note("firn: \(error)")
            return 2
        } catch let error as CommandFailure {
            console.note("firn: \(error)")
            return error.status
        } catch {
            console.note("firn: \(error)")
            return 1
        }
    }

    private static var overview: String {
        let width = commands.map { $0.syntax.name.count }.max() ?? 0
        let lines = commands.map { command in
            let padding = String(repeating: " ", count: width - command.syntax.name.count + 2)
            return "  \(command.syntax.name)\(padding)\(command.syntax.summary.split(separator: "\n")[0])"
        }
        return """
            usage: firn COMMAND [ARGUMENT…]

            Firn mounts log-structured tables as a filesystem: a file copied into a table's ingest/ is a commit.

            commands:
            \(lines.joined(separator: "\n"))

            firn COMMAND --help says more. To begin:
              mkdir store mnt && firn mount store mnt && mkdir mnt/flights && cp flights.csv mnt/flights/ingest/
            """
    }
}

extension CommandLineTool {
    /// Runs the command line of a C `main`: its words are bytes, which need not be UTF-8.
    package static func run(words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, count: Int) -> Int32 {
        run(
            (0..<count).compactMap { words[$0] }.map { word in
                ByteString(UnsafeRawBufferPointer(start: word, count: strlen(word)))
            })
    }
}
