package import Bytes
import Platform

extension DirectoryStorage {
    package func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        try ObjectKey.check(key, .get)
        do throws(Errno) {
            let file = try openFile(key)
            guard let range else { return try file.readBytes() }
            guard let offset = Int64(exactly: range.lowerBound) else { return [] }
            return try file.readBytes(at: offset, limit: Int(clamping: range.upperBound - range.lowerBound))
        } catch {
            throw StorageError(error, .get, key)
        }
    }

    /// Opens a regular file; anything else is EISDIR or EINVAL. It does not wait where the name is a pipe.
    func openFile(_ key: ByteString) throws(Errno) -> FileDescriptor {
        let file = try open(key, [.readOnly, .nonBlocking])
        let status = try file.status()
        guard status.isRegular else { throw status.isDirectory ? .eisdir : .einval }
        return file
    }

    package func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? {
        try ObjectKey.check(key, .metadata)
        do throws(Errno) {
            let status = try open(key, .path).status()
            guard status.kind != .symbolicLink else { throw .eloop }
            return ObjectMetadata(status)
        } catch .enoent {
            return nil
        } catch .enotdir {
            return nil
        } catch {
            throw StorageError(error, .metadata, key)
        }
    }

    package func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        try ObjectKey.checkDirectory(directory, .list)
        do throws(Errno) {
            let handle = try open(directory, .directory)
            var result: [ObjectInfo] = []
            for entry in try FileSystemCalls.list(try handle.duplicateForListing()) {
                guard entry.name.bytes.first != UInt8(ascii: "."), name.map({ entry.name > $0 }) ?? true,
                    let info = try info(entry, in: handle.rawValue, withMetadata: withMetadata)
                else { continue }
                result.append(info)
            }
            result.sort { $0.name < $1.name }
            return result
        } catch .enoent {
            return []
        } catch {
            throw StorageError(error, .list, directory)
        }
    }

    /// nil for what is neither file nor directory, and for what was deleted meanwhile.
    private func info(
        _ entry: DirectoryEntry, in directory: Int32, withMetadata: Bool
    ) throws(Errno) -> ObjectInfo? {
        var kind = entry.kind
        var metadata: ObjectMetadata?
        if withMetadata || kind == .unknown {
            do throws(Errno) {
                let status = try FileSystemCalls.status(entry.name, at: directory, followLinks: false)
                kind = status.kind
                if withMetadata { metadata = ObjectMetadata(status) }
            } catch .enoent {
                return nil
            }
        }
        guard kind == .regular || kind == .directory else { return nil }
        return ObjectInfo(name: entry.name, isDirectory: kind == .directory, metadata: metadata)
    }

    package func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject {
        try ObjectKey.check(key, .open)
        do throws(Errno) {
            return try LocalObject(key: key, file: try openFile(key))
        } catch {
            throw StorageError(error, .open, key)
        }
    }
}

extension ObjectMetadata {
    init(_ status: FileStatus) {
        self.init(
            isDirectory: status.isDirectory, sizeBytes: UInt64(max(0, status.sizeBytes)),
            modificationMilliseconds: status.modificationMilliseconds)
    }
}

extension FileDescriptor {
    /// A descriptor of the same directory with a read position of its own.
    borrowing func duplicateForListing() throws(Errno) -> FileDescriptor { try openAt(".", .directory) }
}

/// A local file open for reading.
final class LocalObject: RandomAccessObject {
    let sizeBytes: UInt64
    private let key: ByteString
    private let file: FileDescriptor

    init(key: ByteString, file: consuming FileDescriptor) throws(Errno) {
        self.key = key
        sizeBytes = UInt64(max(0, try file.status().sizeBytes))
        self.file = file
    }

    var localDescriptor: Int32? { file.rawValue }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        guard let position = Int64(exactly: offset) else { return 0 }
        do throws(Errno) {
            return try file.readFully(into: buffer, at: position)
        } catch {
            throw StorageError(error, .read, key)
        }
    }
}
