import Bytes

/// Random access to the bytes of one Parquet file.
package protocol ParquetSource: AnyObject, Sendable {
    /// The size of the whole file.
    var sizeBytes: Int { get }

    /// Fills all of `buffer` with the bytes from `offset` on, or throws.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws
}

extension ParquetSource {
    /// The `count` bytes from `offset` on.
    package func read(at offset: Int, count: Int) throws -> [UInt8] {
        var failure: (any Error)?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do {
                try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads within the file only, with the source's error wrapped.
    func checkedRead(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ParquetError) {
        guard offset >= 0, buffer.count <= sizeBytes, offset <= sizeBytes - buffer.count else {
            throw ParquetError(
                .malformed,
                "\(buffer.count) bytes at \(offset) are outside the \(sizeBytes) bytes of the file")
        }
        if buffer.isEmpty { return }
        do {
            try read(at: offset, into: buffer)
        } catch {
            throw ParquetError(.storage, "the file cannot be read: \(error)", underlying: error)
        }
    }

    func checkedRead(at offset: Int, count: Int) throws(ParquetError) -> [UInt8] {
        guard count >= 0, offset >= 0, count <= sizeBytes, offset <= sizeBytes - count else {
            throw ParquetError(
                .malformed, "\(count) bytes at \(offset) are outside the \(sizeBytes) bytes of the file")
        }
        do {
            return try read(at: offset, count: count)
        } catch {
            throw ParquetError(.storage, "the file cannot be read: \(error)", underlying: error)
        }
    }
}

/// A Parquet file that is held in memory.
package final class MemoryParquetSource: ParquetSource {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var sizeBytes: Int { bytes.count }

    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= bytes.count, buffer.count <= bytes.count - offset else {
            throw ParquetError(.malformed, "a read is outside the file")
        }
        bytes.withUnsafeBytes { all in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[offset..<offset + buffer.count]))
        }
    }
}
