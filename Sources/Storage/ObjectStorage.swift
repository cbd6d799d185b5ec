package import Bytes

/// Where a store's objects are: a directory, memory under test, later an object store.
///
/// A key is a relative path of bytes with `/` between its components. There is no rename, no append and no lock:
/// the one way to agree with others is ``putIfAbsent(_:_:)``. Calls block; they may come from any thread.
package protocol ObjectStorage: Sendable {
    /// The same for two values that reach the same objects.
    var identity: ByteString { get }

    /// The bytes of an object, or those of them that lie in `range`. What a range has beyond the end is left
    /// out. Throws `notFound`.
    func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8]

    /// Size and age; nil where there is nothing of that name.
    func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata?

    /// The names in a directory (the empty key is the root), sorted bytewise, those after `name` only where it is
    /// given. An absent directory is empty. Names that begin with `.` are not listed.
    func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo]

    /// Creates an object, durable when it returns. Throws `alreadyExists`, then with nothing changed; of several
    /// that try at once, one succeeds. After `unknownOutcome` the object may be there or not.
    func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError)

    /// The same with the contents of a local file, which must not change any more. With `sharing`, the storage may
    /// take the file itself as its object.
    func putIfAbsent(_ key: ByteString, fromLocal path: ByteString, sharing: Bool) throws(StorageError)

    /// Begins an object under its final name; others may see it grow. Throws `alreadyExists`.
    func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter

    /// Replaces an object at once or not at all, without waiting for the disk: for hints, whose loss harms nothing.
    func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError)

    /// Creates an object that takes as much room without being written; false where the storage cannot do that. Its
    /// contents are nobody's, and it may be smaller after a crash. Throws `alreadyExists`.
    func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool

    /// Deletes an object; an absent one is fine. It may be back after a crash, until ``syncDeletions(in:)``.
    func delete(_ key: ByteString) throws(StorageError)

    /// Makes the deletions in a directory durable; an absent one is fine.
    func syncDeletions(in directory: ByteString) throws(StorageError)

    /// Deletes a directory where it is empty, and tells whether it is gone.
    @discardableResult
    func deleteDirectoryIfEmpty(_ directory: ByteString) throws(StorageError) -> Bool

    /// Deletes what writers that died have left in a directory, where it is older than the time.
    func deleteAbandoned(in directory: ByteString, before milliseconds: Int64) throws(StorageError)

    /// An object for reading here and there. It stays readable when the object is deleted.
    func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject

    /// The object's path on this machine, where it has one.
    func localPath(of key: ByteString) -> ByteString?

    /// How much room there is; nil where the storage knows no limit.
    func space() throws(StorageError) -> StorageSpace?
}

extension ObjectStorage {
    /// What knows no limit has nothing to set aside.
    package func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool { false }

    /// All bytes of an object.
    package func get(_ key: ByteString) throws(StorageError) -> [UInt8] { try get(key, range: nil) }

    /// The size of an object; nil where there is none.
    package func size(of key: ByteString) throws(StorageError) -> UInt64? { try metadata(of: key)?.sizeBytes }

    package func exists(_ key: ByteString) throws(StorageError) -> Bool { try metadata(of: key) != nil }

    package func list(_ directory: ByteString) throws(StorageError) -> [ObjectInfo] {
        try list(directory, after: nil, withMetadata: false)
    }

    package func list(
        _ directory: ByteString, after name: ByteString?
    ) throws(StorageError) -> [ObjectInfo] {
        try list(directory, after: name, withMetadata: false)
    }
}

/// An object being written. Dropping it unfinished aborts it. Not for several threads at once.
package protocol ObjectWriter: AnyObject {
    var key: ByteString { get }
    /// What was given to it so far.
    var bytesWritten: UInt64 { get }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError)

    /// Makes the object durable with its name and its directories. Where that fails, the object is deleted.
    func finish() throws(StorageError)

    /// Deletes the object; after ``finish()`` it does nothing.
    func abort()
}

extension ObjectWriter {
    package func write(_ bytes: [UInt8]) throws(StorageError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, StorageError> in
            do throws(StorageError) { return .success(try write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }
}

/// An object open for reading, from any thread.
package protocol RandomAccessObject: AnyObject, Sendable {
    /// Its size when it was opened; objects do not change.
    var sizeBytes: UInt64 { get }

    /// Fills `buffer` as far as the object goes, and returns how far that was.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int

    /// A descriptor of a local file that holds just these bytes, open as long as the object is.
    var localDescriptor: Int32? { get }
}

extension RandomAccessObject {
    /// `count` bytes, less where the object ends before.
    package func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            do throws(StorageError) {
                used = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
