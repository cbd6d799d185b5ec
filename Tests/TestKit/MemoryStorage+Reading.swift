package import Bytes
package import Storage
import Synchronization

extension MemoryStorage {
    package func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        try ObjectKey.check(key, .get)
        let bytes = try state.withLock { (state) throws(StorageError) in try state.read(key, .get) }
        guard let range else { return bytes }
        let count = UInt64(bytes.count)
        return Array(bytes[Int(min(range.lowerBound, count))..<Int(min(range.upperBound, count))])
    }

    package func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? {
        try ObjectKey.check(key, .metadata)
        return try state.withLock { (state) throws(StorageError) in
            if try state.step(.metadata, key) { throw StorageError(.unavailable, .metadata, key) }
            return state.metadata(of: key)
        }
    }

    package func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        try ObjectKey.checkDirectory(directory, .list)
        return try state.withLock { (state) throws(StorageError) in
            if try state.step(.list, directory) { throw StorageError(.unavailable, .list, directory) }
            if state.current[directory] != nil { throw StorageError(.notFound, .list, directory) }
            let keys = Set(state.current.keys).union(state.directories)
            return keys.filter { ObjectKey.parent(of: $0) == directory }.sorted().compactMap { key in
                let last = ObjectKey.name(of: key)
                if let name, last <= name { return nil }
                return ObjectInfo(
                    name: last, isDirectory: state.current[key] == nil,
                    metadata: withMetadata ? state.metadata(of: key) : nil)
            }
        }
    }

    package func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject {
        try ObjectKey.check(key, .open)
        return MemoryObject(try state.withLock { (state) throws(StorageError) in try state.read(key, .open) })
    }
}

extension MemoryStorage.State {
    func metadata(of key: ByteString) -> ObjectMetadata? {
        if let file = current[key] {
            return ObjectMetadata(
                isDirectory: false, sizeBytes: file.sizeBytes,
                modificationMilliseconds: file.modified)
        }
        guard directories.contains(key) else { return nil }
        return ObjectMetadata(isDirectory: true, sizeBytes: 0, modificationMilliseconds: 0)
    }

    mutating func read(_ key: ByteString, _ operation: StorageError.Operation) throws(StorageError) -> [UInt8]
    {
        if try step(operation, key) { throw StorageError(.unavailable, operation, key) }
        guard let file = current[key] else {
            throw StorageError(directories.contains(key) ? .invalid : .notFound, operation, key)
        }
        return file.bytes
    }
}

/// The bytes that an object had when it was opened.
final class MemoryObject: RandomAccessObject {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var sizeBytes: UInt64 { UInt64(bytes.count) }
    var localDescriptor: Int32? { nil }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        let start = Int(min(offset, sizeBytes))
        let count = min(buffer.count, bytes.count - start)
        buffer.copyBytes(from: bytes[start..<(start + count)])
        return count
    }
}
