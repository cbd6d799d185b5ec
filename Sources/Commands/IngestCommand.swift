import Bytes
import Ingest
import Metadata
import Platform
import Tables

/// `firn ingest`: takes files into a table as a copy into `ingest/` does, without a mount.
enum IngestCommand: Command {
    static let syntax = CommandSyntax(
        name: "ingest", operands: "STORE/TABLE FILE…",
        summary: "Take files into a table, without a mount: each is one commit",
        options: [
            .init("together", help: "one commit of all files: all are taken, or none"),
            .init("name", "PATH", help: "the name of the one FILE below ingest/, as date=2024-01-31/a.csv"),
            .init("json", help: "a JSON object a line in place of text"),
        ],
        details: """
            The same as copying FILE into the table's ingest/: Parquet, CSV, TSV and JSON Lines (.gz, .zst too) are checked
            against the schema, split by partition, sorted and committed; the first file of a table makes its schema.
            FILE itself stays where it is. Works beside a mount, which shows the rows at once.

            A file is known by its name and content: what was taken within ingest.dedupeDays is not taken again, so the
            command can be repeated after any failure. The name is FILE's own, without its directories. Of a directory all
            files below are taken, in the order of their paths; their names are the paths below it, so that directories
            such as date=2024-01-31 give the values that the files lack. What looks unfinished (.x, _x, x.tmp) is left out.

            One line a file says what became of it. A file that cannot be taken is refused with place, reason and remedy on
            standard error, the others are taken all the same, and the exit status is 1.

              firn ingest store/flights flights.csv
              firn ingest store/flights --name month=2013-01/flights.csv january.csv
              firn ingest --together store/flights exports/
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard let first = arguments.operands.first, arguments.operands.count > 1 else {
            throw UsageError("STORE/TABLE and at least one FILE are expected", command: syntax.name)
        }
        let address = try TableAddress(first)
        var sources = IngestSources()
        for operand in arguments.operands.dropFirst() { sources.add(operand) }
        if let name = arguments.value("name") {
            guard sources.rename(to: name) else {
                throw UsageError("--name is for one file, and a path below ingest/", command: syntax.name)
            }
        }
        return try address.withTable(command: "ingest") { _, table in
            let report = IngestReport(console: console, isJSON: arguments.has("json"))
            let isTogether = arguments.has("together")
            for (path, error) in sources.unreadable { report.show(.unreadable(error), of: path) }
            if isTogether, !sources.unreadable.isEmpty { return 1 }
            let batches = isTogether ? [sources.files] : sources.files.map { [$0] }
            for (index, files) in batches.enumerated() where !files.isEmpty {
                report.begin(files, place: batches.count > 1 ? "[\(index + 1)/\(batches.count)] " : "")
                take(files, table, report)
            }
            return report.end(of: sources.files.count + sources.unreadable.count)
        }
    }

    private static func take(_ files: [StagedFile], _ table: Table, _ report: IngestReport) {
        let name = files.count == 1 ? files[0].relativePath : ByteString("\(files.count) files")
        do throws(IngestRefusal) {
            let outcome = try table.ingest.commit(files) { report.hasRead($0) }
            report.show(.taken(outcome), of: name)
        } catch {
            report.show(.refused(error), of: error.path ?? name)
        }
    }
}

/// The files that a command line names, and the names that they get below `ingest/`.
struct IngestSources {
    private(set) var files: [StagedFile] = []
    private(set) var unreadable: [(path: ByteString, error: Errno)] = []

    /// A file, or all files below a directory.
    mutating func add(_ path: ByteString) {
        do throws(Errno) {
            let status = try FileSystemCalls.status(path)
            if status.kind == .directory {
                try addAll(in: path, below: ByteString())
            } else {
                add(path, as: Self.lastName(of: path), status)
            }
        } catch {
            unreadable.append((path, error))
        }
    }

    /// Gives the only file another name; false where there is not one, or the name is no path below a directory.
    mutating func rename(to name: ByteString) -> Bool {
        let components = name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPath = components.allSatisfy { !$0.isEmpty && ![".", ".."].contains(ByteString($0)) }
        guard files.count == 1, unreadable.isEmpty, isPath else { return false }
        files[0].relativePath = name
        return true
    }

    private mutating func addAll(in directory: ByteString, below prefix: ByteString) throws(Errno) {
        for entry in try FileSystemCalls.list(directory).sorted(by: { $0.name < $1.name })
        where !StagingName.isUnfinished(entry.name) {
            let path = directory + "/" + entry.name
            let name = prefix.isEmpty ? entry.name : prefix + "/" + entry.name
            do throws(Errno) {
                let status = try FileSystemCalls.status(path)
                switch status.kind {
                // A link to a directory may lead to a directory above it.
                case .directory: if entry.kind != .symbolicLink { try addAll(in: path, below: name) }
                case .regular: add(path, as: name, status)
                default: continue
                }
            } catch {
                unreadable.append((path, error))
            }
        }
    }

    private mutating func add(_ path: ByteString, as name: ByteString, _ status: FileStatus) {
        files.append(
            StagedFile(
                relativePath: name, localPath: path, sizeBytes: status.sizeBytes,
                requester: IngestRequester(
                    userID: Processes.effectiveUser, groupID: Processes.effectiveGroup,
                    processID: Processes.currentID)))
    }

    private static func lastName(of path: ByteString) -> ByteString {
        path.bytes.split(separator: UInt8(ascii: "/")).last.map { ByteString($0) } ?? path
    }
}
