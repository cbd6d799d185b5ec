package import Bytes
package import Platform
import Synchronization

/// Room on a local disk for what does not fit in memory. Its files have no names: they vanish with the process.
package final class Scratch: Sendable {
    package let directory: ByteString
    package let limitBytes: UInt64
    private let entropy: any Entropy
    private let used = Mutex<UInt64>(0)

    /// - Parameter directory: an existing directory on a local file system.
    package init(directory: ByteString, limitBytes: UInt64, entropy: any Entropy) {
        self.directory = directory
        self.limitBytes = limitBytes
        self.entropy = entropy
    }

    package var usedBytes: UInt64 { used.withLock { $0 } }

    /// An empty file.
    package func makeFile() throws(StorageError) -> ScratchFile {
        let path = directory + ByteString("/.firn-scratch-\(Hex.string(entropy.uint64()))")
        do throws(Errno) {
            let file = try FileDescriptor.open(path, [.readWrite, .create, .exclusive], permissions: 0o600)
            try FileSystemCalls.unlink(path)
            return ScratchFile(scratch: self, file: file)
        } catch {
            throw StorageError(error, .create, path)
        }
    }

    fileprivate func reserve(_ count: Int) throws(StorageError) {
        let fits = used.withLock { used in
            guard UInt64(count) <= limitBytes - min(used, limitBytes) else { return false }
            used += UInt64(count)
            return true
        }
        if !fits {
            throw StorageError(
                .noSpace, .write, directory, detail: "scratch is limited to \(limitBytes) bytes")
        }
    }

    fileprivate func release(_ count: UInt64) { used.withLock { $0 -= count } }
}

/// A file of a ``Scratch``, gone with its last reference. Appending is for one thread, reading for any.
package final class ScratchFile: RandomAccessObject {
    private let scratch: Scratch
    private let file: FileDescriptor
    private let size = Atomic<UInt64>(0)

    fileprivate init(scratch: Scratch, file: consuming FileDescriptor) {
        self.scratch = scratch
        self.file = file
    }

    deinit { scratch.release(sizeBytes) }

    package var sizeBytes: UInt64 { size.load(ordering: .acquiring) }
    package var localDescriptor: Int32? { file.rawValue }

    /// Appends, and returns where the bytes begin. Throws `noSpace` beyond the scratch's limit.
    @discardableResult
    package func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) -> UInt64 {
        try scratch.reserve(bytes.count)
        let start = sizeBytes
        do throws(Errno) {
            try file.write(bytes, at: Int64(start))
        } catch {
            scratch.release(UInt64(bytes.count))
            throw StorageError(error, .write, scratch.directory)
        }
        size.store(start + UInt64(bytes.count), ordering: .releasing)
        return start
    }

    package func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageError) -> Int {
        guard let position = Int64(exactly: offset), offset < sizeBytes else { return 0 }
        do throws(Errno) {
            return try file.readFully(into: buffer, at: position)
        } catch {
            throw StorageError(error, .read, scratch.directory)
        }
    }
}
