package import Bytes

/// A storage that is asked again where it does not answer.
///
/// Only `unavailable` is transient: it says nothing about the object, and a put or a deletion that ends with it
/// has not happened. Everything else is an answer. `failedSync` above all is never tried again here: a page that
/// the disk did not take may look as if it were there, and only what wrote it knows what has to be written anew.
/// After `unknownOutcome` a caller looks before it tries. A full disk and a missing permission need a person.
///
/// Writers of ``create(_:)`` are not repeated: what they have written so far is theirs.
package struct RetryingStorage: ObjectStorage {
    /// How often, and with which pauses.
    package struct Policy: Sendable {
        /// The first included.
        package var maxAttempts = 4
        package var firstPauseNanoseconds: UInt64 = 5_000_000
        /// Each pause is this many times the one before.
        package var pauseFactor: UInt64 = 5
        package var sleep: @Sendable (_ nanoseconds: UInt64) -> Void
        /// Told of each failure that is not the last.
        package var warn: @Sendable (StorageError) -> Void

        package init(
            sleep: @escaping @Sendable (_ nanoseconds: UInt64) -> Void,
            warn: @escaping @Sendable (StorageError) -> Void = { _ in }
        ) {
            self.sleep = sleep
            self.warn = warn
        }
    }

    private let inner: any ObjectStorage
    private let policy: Policy

    package init(_ inner: any ObjectStorage, _ policy: Policy) {
        self.inner = inner
        self.policy = policy
    }

    private func retrying<R>(_ body: () throws(StorageError) -> R) throws(StorageError) -> R {
        var pause = policy.firstPauseNanoseconds
        var attempt = 1
        while true {
            do throws(StorageError) { return try body() } catch {
                guard error.kind == .unavailable, attempt < policy.maxAttempts else { throw error }
                policy.warn(error)
            }
            policy.sleep(pause)
            pause *= policy.pauseFactor
            attempt += 1
        }
    }

    package var identity: ByteString { inner.identity }

    package func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        try retrying { () throws(StorageError) in try inner.get(key, range: range) }
    }

    package func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? {
        try retrying { () throws(StorageError) in try inner.metadata(of: key) }
    }

    package func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        try retrying { () throws(StorageError) in
            try inner.list(directory, after: name, withMetadata: withMetadata)
        }
    }

    package func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try retrying { () throws(StorageError) in try inner.putIfAbsent(key, bytes) }
    }

    package func putIfAbsent(
        _ key: ByteString, fromLocal path: ByteString, sharing: Bool
    ) throws(StorageError) {
        try retrying { () throws(StorageError) in
            try inner.putIfAbsent(key, fromLocal: path, sharing: sharing)
        }
    }

    package func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter { try inner.create(key) }

    package func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try retrying { () throws(StorageError) in try inner.overwriteHint(key, bytes) }
    }

    package func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool {
        try retrying { () throws(StorageError) in try inner.reserve(key, sizeBytes: sizeBytes) }
    }

    package func delete(_ key: ByteString) throws(StorageError) {
        try retrying { () throws(StorageError) in try inner.delete(key) }
    }

    /// Not again where it failed: what the disk did not take is then no longer known to be missing.
    package func syncDeletions(in directory: ByteString) throws(StorageError) {
        try inner.syncDeletions(in: directory)
    }

    @discardableResult
    package func deleteDirectoryIfEmpty(_ directory: ByteString) throws(StorageError) -> Bool {
        try retrying { () throws(StorageError) in try inner.deleteDirectoryIfEmpty(directory) }
    }

    package func deleteAbandoned(
        in directory: ByteString, before milliseconds: Int64
    ) throws(StorageError) {
        try retrying { () throws(StorageError) in
            try inner.deleteAbandoned(in: directory, before: milliseconds)
        }
    }

    package func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject {
        try retrying { () throws(StorageError) in try inner.openForReading(key) }
    }

    package func localPath(of key: ByteString) -> ByteString? { inner.localPath(of: key) }

    package func space() throws(StorageError) -> StorageSpace? { try inner.space() }
}
