import Bytes
import Parquet
import Platform

/// Reads all files of tables again and again while they change: `service-read SECONDS DIRECTORY…`.
///
/// A name that was listed must open, a file must have the size that it says, begin and end like a Parquet file and
/// have a footer that fits; and in a directory below `live/` there are never fewer rows than before.
struct ServiceReader {
    private var scans = 0
    private var files = 0
    private var bytes = 0
    private var failures = 0
    private var slowestFile: UInt64 = 0
    private var slowestListing: UInt64 = 0
    /// Rows of a directory as they were seen last.
    private var rows: [ByteString: Int] = [:]
    private let clock = SystemClock()

    static func run(_ arguments: inout Arguments) throws {
        let seconds = Double(arguments.number())
        var directories: [ByteString] = []
        while !arguments.isEmpty { directories.append(arguments.text()) }
        var reader = ServiceReader()
        let time = Measurement()
        while time.elapsed.wall < seconds {
            for directory in directories {
                reader.scan(directory)
                reader.scans += 1
            }
        }
        reader.report(time)
    }

    private func report(_ time: Measurement) {
        let (wall, user, system) = time.elapsed
        Output.report([
            ("wall", wall), ("user", user), ("system", system), ("scans", Double(scans)),
            ("files", Double(files)), ("bytes", Double(bytes)), ("failures", Double(failures)),
            ("slowestFile", Double(slowestFile) / 1e9), ("slowestListing", Double(slowestListing) / 1e9),
        ])
    }

    private mutating func scan(_ directory: ByteString) {
        let start = clock.monotonicNanoseconds()
        let entries: [DirectoryEntry]
        do { entries = try FileSystemCalls.list(directory) } catch { return fail(directory, "\(error)") }
        slowestListing = max(slowestListing, clock.monotonicNanoseconds() - start)
        var count = 0
        for entry in entries {
            let path = directory + "/" + entry.name
            if entry.kind == .directory { scan(path) } else { count += read(path) }
        }
        // An upsert table loses the older rows of a key.
        if directory.display.contains("/live"), count < rows[directory] ?? 0 {
            fail(directory, "\(count) rows after \(rows[directory] ?? 0)")
        }
        rows[directory] = count
    }

    /// How many rows the file has.
    private mutating func read(_ path: ByteString) -> Int {
        let start = clock.monotonicNanoseconds()
        do {
            let file = try FileDescriptor.open(path)
            let size = try file.status().sizeBytes
            let contents = try file.readToEnd()
            slowestFile = max(slowestFile, clock.monotonicNanoseconds() - start)
            files += 1
            bytes += contents.count
            guard contents.count == size, contents.starts(with: Array("PAR1".utf8)) else {
                fail(path, "\(contents.count) bytes of \(size), or no Parquet file")
                return 0
            }
            return try ParquetFile(MemoryParquetSource(contents)).rowCount
        } catch {
            fail(path, "\(error)")
            return 0
        }
    }

    private mutating func fail(_ path: ByteString, _ message: String) {
        failures += 1
        if failures <= 10 { Output.note("\(path): \(message)") }
    }
}
