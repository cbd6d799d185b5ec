import Bytes
import Metadata
import Platform
import Records
import Tables

/// `firn split`: partitions are split, without a row being moved.
enum SplitCommand: Command {
    static let syntax = CommandSyntax(
        name: "split", operands: "STORE/TABLE [PARTITION]",
        summary: "Split a partition by its row keys: in two, into many, or at the keys of a file",
        options: [
            .init(
                "at", "KEY",
                help: "the first key of the right half; without it half of the rows go to each side"),
            .init("into", "N", help: "into N leaves, as even as the rows, or a sample, allow"),
            .init(
                "from", "FILE",
                help: "at the keys of a file of split points, as `firn partitions --export` writes it"),
            .init("sample", "FILE", help: "with --into: by the keys of this CSV, JSON Lines or Parquet file"),
        ] + VerbRun.options,
        details: """
            A split is a commit of metadata: no data file is read whole or written. A file with rows on both sides is
            referenced in both halves from then on, with its rows counted by a look at a few of its pages; the next
            compaction of a half writes its rows to files of their own. Files that a job holds stay referenced above until
            it ends. Reading, copying in and compacting go on meanwhile.

            PARTITION is a path below partitions/ of a mount, such as date=2024-01-01/id-to-500, or an id. A table without
            partition columns needs none. A root partition that has no rows yet may be split before they come, at keys
            that are given: its directory is made then. With --at it may be any partition that holds the key. A KEY is the values of the
            key columns joined by commas, or the first of them; in a value a comma is %2C and a percent sign %25.

            By itself a leaf is split above partition.splitThresholdRows or partition.splitThresholdBytes.

            examples:
              firn split store/flights                      the one partition, in the middle
              firn split store/flights --at 500
              firn split store/flights month=1 --into 16 --dry-run
              firn partitions store/flights --export > points && firn split other/flights --from points
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard operands.count == 1 || operands.count == 2 else {
            throw UsageError("STORE/TABLE and perhaps PARTITION are expected", command: syntax.name)
        }
        let ways = ["at", "into", "from"].filter { arguments.value($0) != nil }
        guard ways.count <= 1, arguments.value("sample") == nil || ways == ["into"] else {
            throw UsageError(
                "--at, --into and --from are three ways to split, and --sample goes with --into",
                command: syntax.name)
        }
        let partition = operands.count == 2 ? operands[1] : nil
        return try VerbRun.run(on: TableAddress(operands[0]), arguments, console, command: syntax.name) {
            table in
            if let file = arguments.value("from") {
                let keys = try SplitPointFile.keys(file, KeyText(table.state.definition))
                return .splitAtAll(partition: partition, keys: keys)
            }
            guard let text = arguments.value("into") else {
                return .split(partition: partition, at: arguments.value("at"))
            }
            let count = try SplitPointFile.leafCount(text, command: syntax.name)
            guard let sample = arguments.value("sample") else {
                return .spread(partition: partition, leafCount: count)
            }
            guard let schema = table.state.definition.schema else {
                throw CommandFailure("the table has no columns yet, of which the sample could be")
            }
            let keys = try SplitPointFile.keys(ofSample: sample, schema: schema, leafCount: count)
            return .splitAtAll(partition: partition, keys: keys)
        }
    }
}

/// Where the keys of a split come from.
enum SplitPointFile {
    /// Of a file of one key a line.
    static func keys(_ file: ByteString, _ text: KeyText) throws -> [ByteString] {
        do {
            return try SplitPoints.parse(FileDescriptor.open(file, [.readOnly]).readToEnd(), text)
        } catch let error as StoreError {
            throw CommandFailure("\(file): \(error)", status: 2)
        } catch let error as Errno {
            throw CommandFailure("\(file): \(error.message)")
        }
    }

    /// That part the rows of a sample into so many.
    static func keys(
        ofSample file: ByteString, schema: TableSchema, leafCount: Int
    ) throws -> [ByteString] {
        do {
            return try SplitPoints.keys(
                ofSample: file, schema: schema, leafCount: leafCount, entropy: SystemEntropy())
        } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }

    static func leafCount(_ text: ByteString, command: String) throws(UsageError) -> Int {
        guard let count = text.utf8Text.flatMap({ Int($0) }), (2...100_000).contains(count) else {
            throw UsageError(
                "--into is a number of leaves from 2 to 100000, not \"\(text)\"", command: command)
        }
        return count
    }
}
