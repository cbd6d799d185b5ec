package import Bytes
package import Storage

/// A storage over another one: it passes on whatever it does not answer itself, so that a test's gate, fault or
/// meeting point says only what it changes.
package protocol StorageLayer: ObjectStorage {
    associatedtype Inner: ObjectStorage
    var inner: Inner { get }
}

extension StorageLayer {
    package var identity: ByteString { inner.identity }

    package func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        try inner.get(key, range: range)
    }

    package func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? {
        try inner.metadata(of: key)
    }

    package func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        try inner.list(directory, after: name, withMetadata: withMetadata)
    }

    package func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try inner.putIfAbsent(key, bytes)
    }

    package func putIfAbsent(
        _ key: ByteString, fromLocal path: ByteString, sharing: Bool
    ) throws(StorageError) {
        try inner.putIfAbsent(key, fromLocal: path, sharing: sharing)
    }

    package func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter { try inner.create(key) }

    package func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try inner.overwriteHint(key, bytes)
    }

    package func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool {
        try inner.reserve(key, sizeBytes: sizeBytes)
    }

    package func delete(_ key: ByteString) throws(StorageError) { try inner.delete(key) }

    package func syncDeletions(in directory: ByteString) throws(StorageError) {
        try inner.syncDeletions(in: directory)
    }

    package func deleteDirectoryIfEmpty(_ directory: ByteString) throws(StorageError) -> Bool {
        try inner.deleteDirectoryIfEmpty(directory)
    }

    package func deleteAbandoned(
        in directory: ByteString, before milliseconds: Int64
    ) throws(StorageError) {
        try inner.deleteAbandoned(in: directory, before: milliseconds)
    }

    package func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject {
        try inner.openForReading(key)
    }

    package func localPath(of key: ByteString) -> ByteString? { inner.localPath(of: key) }

    package func space() throws(StorageError) -> StorageSpace? { try inner.space() }
}
