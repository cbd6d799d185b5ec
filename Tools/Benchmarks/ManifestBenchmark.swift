import Avro
import Bytes
import Metadata
import Platform
import Storage
import TransactionLog

/// From manifests to segments: one manifest, one partition of many, and the building alone.
enum ManifestBenchmark {
    /// Reads and checks each manifest of the newest state by itself, on one thread; the median of one.
    static func read(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let outline = try TransactionLog.outline(storage: storage, table: arguments.text())
        var seconds: [Double] = []
        var rows = 0
        let total = Measurement()
        for manifest in outline.manifests {
            let time = Measurement()
            let read = try outline.files { $0.path == manifest.path }
            seconds.append(time.elapsed.wall)
            rows += read.files.count
        }
        report(seconds, total, rows)
    }

    /// Only decompresses the blocks of each manifest, in one context and into one buffer.
    static func floor(_ arguments: inout Arguments) throws {
        let storage = try TableMaking.storage(arguments.text())
        let table = arguments.text()
        let outline = try TransactionLog.outline(storage: storage, table: table)
        let decompressor = AvroBlockDecompressor()
        var seconds: [Double] = []
        var rows = 0
        var measured = Measurement()
        for manifest in outline.manifests {
            let bytes = try storage.get(LogPath(table: table).directory + manifest.path)
            if seconds.isEmpty { measured = Measurement() }
            let time = Measurement()
            try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
                try file.forEachBlock(using: decompressor) { (block, decoder) throws(DecodeError) in
                    rows += block.count
                    _ = try decoder.fixed(decoder.remaining)
                }
            }
            seconds.append(time.elapsed.wall)
        }
        report(seconds, measured, rows)
    }

    private static func report(_ seconds: [Double], _ total: Measurement, _ rows: Int) {
        let (_, user, system) = total.elapsed
        let count = Double(max(1, seconds.count))
        Output.report([
            ("wall", median(seconds)), ("user", user / count), ("system", system / count),
            ("rows", Double(rows)),
        ])
    }

    /// The paths of one partition's files, of which only the manifests that may hold them are read.
    static func partition(_ arguments: inout Arguments) throws {
        let time = Measurement()
        let storage = try TableMaking.storage(arguments.text())
        let outline = try TransactionLog.outline(storage: storage, table: arguments.text())
        let value = arguments.text()
        let known = time.elapsed.wall
        let read = try outline.files { manifest in
            guard let bounds = manifest.partitionBounds?.first, let min = bounds.min, let max = bounds.max
            else {
                return true
            }
            return min <= value && value <= max
        }
        var rows = 0
        var path: [UInt8] = []
        read.files.forEach { file in
            guard file.partitionValues.values.first == value else { return }
            path.removeAll(keepingCapacity: true)
            file.appendPath(to: &path)
            rows += 1
        }
        Output.report([
            ("rows", Double(rows)), ("manifests", Double(read.readManifests.count)), ("outline", known),
            ("inner", time.elapsed.wall),
        ])
    }

    /// Builds segments of 50,000 rows from entries, as a commit does.
    static func build(_ arguments: inout Arguments) throws {
        let entries = (0..<50_000).map { TableMaking.entry($0) }
        let rounds = arguments.number()
        var rows = 0
        var bytes = 0
        let time = Measurement()
        for _ in 0..<rounds {
            var builder = FileSegment.Builder(partitionColumns: ["date"], capacity: entries.count)
            for entry in entries { builder.append(entry) }
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
