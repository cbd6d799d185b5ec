import Bytes
import Platform

/// What became of a writer's files, one record each in their order: when the copy began, how long it took, what
/// it came to, and how many bytes it had.
///
/// ```
/// 8 B  nanoseconds of the monotonic clock     8 B  nanoseconds     4 B  errno, 0 = acknowledged     4 B  bytes
/// ```
struct ServiceJournal: ~Copyable {
    private static let recordBytes = 24

    private let file: FileDescriptor
    private var waiting = ByteWriter(capacity: 64 * recordBytes)

    init(_ path: ByteString) throws {
        file = try FileDescriptor.open(path, [.writeOnly, .create, .truncate])
    }

    mutating func append(start: UInt64, duration: UInt64, error: Errno?, sizeBytes: Int) throws {
        waiting.integer(start)
        waiting.integer(duration)
        waiting.integer(error?.rawValue ?? 0)
        waiting.integer(UInt32(sizeBytes))
        if waiting.count >= 64 * Self.recordBytes { try flush() }
    }

    mutating func flush() throws {
        try file.write(waiting.bytes)
        waiting.removeAll()
    }

    /// The numbers of the files that were acknowledged.
    static func acknowledged(_ path: ByteString) throws -> [Int] {
        let bytes = try FileDescriptor.open(path).readToEnd()
        return (0..<bytes.count / recordBytes).filter { number in
            bytes[number * recordBytes + 16..<number * recordBytes + 20].allSatisfy { $0 == 0 }
        }
    }
}
