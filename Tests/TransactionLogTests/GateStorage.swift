import Bytes
import Platform
import Storage
import TestKit

/// A storage whose puts wait while its gate is closed.
final class GateStorage: ObjectStorage {
    private struct Gate {
        var isClosed = false
        var blockedCount = 0
    }

    private let inner: MemoryStorage
    private let monitor = Monitor(Gate())

    init(_ inner: MemoryStorage) { self.inner = inner }

    func close() { monitor.update { $0.isClosed = true } }
    func open() { monitor.update { $0.isClosed = false } }
    func waitUntilBlocked() { _ = monitor.wait { $0.blockedCount > 0 ? true : nil } }

    private func pass() {
        monitor.update { $0.blockedCount += 1 }
        _ = monitor.wait { $0.isClosed ? nil : true }
        monitor.update { $0.blockedCount -= 1 }
    }

    var identity: ByteString { inner.identity }

    func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        try inner.get(key, range: range)
    }

    func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? { try inner.metadata(of: key) }

    func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        try inner.list(directory, after: name, withMetadata: withMetadata)
    }

    func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        pass()
        try inner.putIfAbsent(key, bytes)
    }

    func putIfAbsent(
        _ key: ByteString, fromLocal path: ByteString, sharing: Bool
    ) throws(StorageError) {
        pass()
        try inner.putIfAbsent(key, fromLocal: path, sharing: sharing)
    }

    func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter { try inner.create(key) }

    func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try inner.overwriteHint(key, bytes)
    }

    func delete(_ key: ByteString) throws(StorageError) { try inner.delete(key) }

    func deleteDirectoryIfEmpty(_ directory: ByteString) throws(StorageError) -> Bool {
        try inner.deleteDirectoryIfEmpty(directory)
    }

    func deleteAbandoned(in directory: ByteString, before milliseconds: Int64) throws(StorageError) {
        try inner.deleteAbandoned(in: directory, before: milliseconds)
    }

    func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject {
        try inner.openForReading(key)
    }

    func localPath(of key: ByteString) -> ByteString? { inner.localPath(of: key) }

    func space() throws(StorageError) -> StorageSpace? { try inner.space() }
}
