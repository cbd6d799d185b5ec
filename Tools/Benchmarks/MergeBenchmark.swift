import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Storage
import TransactionLog

/// Sorted Parquet files into one, as compaction does it.
enum MergeBenchmark {
    static func run(_ arguments: inout Arguments) throws {
        try run(&arguments, rangeCount: 1) { out, _ in out }
    }

    /// In several ranges of keys at once, each into a file of its own.
    static func ranges(_ arguments: inout Arguments) throws {
        let count = arguments.number()
        try run(&arguments, rangeCount: count) { out, number in ByteString("\(out).\(number)") }
    }

    private static func run(
        _ arguments: inout Arguments, rangeCount: Int, name: (ByteString, Int) -> ByteString
    ) throws {
        let root = arguments.text()
        let key = arguments.text()
        let isUpsert = arguments.text() == "upsert"
        let target = arguments.text()
        let storage = try TableMaking.storage(root)
        var entries: [FileEntry] = []
        var columns: [TableSchema.Column] = []
        while !arguments.isEmpty {
            var entry = FileEntry(
                path: arguments.text(), id: FileID(UInt64(entries.count + 1)),
                partitionValues: PartitionTuple([]), sizeBytes: 0, modificationTime: 0)
            entry.sizeBytes = Int64(try storage.size(of: entry.path) ?? 0)
            entry.addedAtVersion = Version(Int64(entries.count + 1))
            let source = try DataFileContext.open(entry, storage: storage, directory: "")
            if columns.isEmpty { columns = try ParquetFile(source).columns }
            entries.append(entry)
        }
        let context = DataFileContext(
            tableID: "bench", kind: isUpsert ? .upsert : .append,
            schema: TableSchema(columns: columns, rowKey: [key]), schemaID: "bench",
            partitionValues: PartitionTuple([]), storage: storage, directory: "", clock: SystemClock(),
            entropy: SystemEntropy())
        // One file, as the others write one.
        let options = DataFileOptions(targetFileSizeBytes: 1 << 40, dataChange: false)
        let result = try MergeRun(
            entries.map { MergeInput($0) }, context, files: options,
            options: MergeRun.Options(dropsDeletes: isUpsert, rangeCount: rangeCount)
        ).run()
        Output.report([("rows", Double(result.rowsOut)), ("outputs", Double(result.outputs.count))])
        for (number, output) in result.outputs.enumerated() {
            try FileSystemCalls.rename(root + "/" + output.path, to: name(target, number))
        }
    }
}
