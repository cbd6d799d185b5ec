import Avro
import Bytes
import Metadata
import Platform
import Storage
import TransactionLog

/// From manifests to segments, and the building of segments alone.
enum ManifestBenchmark {
    /// Reads and checks the manifests of the newest state on one thread; the time of one.
    static func read(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        var options = LogOptions()
        options.readParallelism = 1
        let outline = try TransactionLog.outline(
            storage: storage, table: arguments.text(), options: options)
        let time = Measurement()
        let read = try outline.files { _ in true }
        report(time, manifests: outline.manifests.count, rows: read.files.count)
    }

    /// Only decompresses the blocks of the same manifests, in one context and into one buffer.
    static func floor(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let table = arguments.text()
        let outline = try TransactionLog.outline(storage: storage, table: table)
        let decompressor = AvroBlockDecompressor()
        let manifests = try outline.manifests.map {
            try storage.get(LogPath(table: table).directory + $0.path)
        }
        var rows = 0
        let time = Measurement()
        for bytes in manifests {
            try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
                try file.forEachBlock(using: decompressor) { (block, decoder) throws(DecodeError) in
                    rows += block.count
                    _ = try decoder.fixed(decoder.remaining)
                }
            }
        }
        report(time, manifests: manifests.count, rows: rows)
    }

    private static func report(_ time: Measurement, manifests: Int, rows: Int) {
        let (wall, user, system) = time.elapsed
        let count = Double(max(1, manifests))
        Output.report([
            ("wall", wall / count), ("user", user / count), ("system", system / count),
            ("rows", Double(rows)),
        ])
    }

    /// Builds segments of 50,000 rows from entries, one after the other.
    static func build(_ arguments: inout Arguments) throws {
        let entries = (0..<50_000).map { TableMaking.entry($0) }
        let rounds = arguments.number()
        var rows = 0
        var bytes = 0
        let time = Measurement()
        var builder = FileSegment.Builder(partitionColumns: ["date"], capacity: entries.count)
        for _ in 0..<rounds {
            builder.append(contentsOf: entries)
            let segment = builder.finish()
            rows += segment.count
            bytes = segment.byteCount
        }
        let (wall, user, system) = time.elapsed
        Output.report([
            ("wall", wall), ("user", user), ("system", system), ("rows", Double(rows)),
            ("rowsPerSecond", Double(rows) / (user + system)),
            ("bytesPerRow", Double(bytes) / Double(entries.count)),
        ])
    }
}
