package import Bytes

/// Size and age of an object.
package struct ObjectMetadata: Equatable, Sendable {
    package var isDirectory: Bool
    package var sizeBytes: UInt64
    /// Milliseconds since 1970-01-01 UTC.
    package var modificationMilliseconds: Int64

    package init(isDirectory: Bool, sizeBytes: UInt64, modificationMilliseconds: Int64) {
        self.isDirectory = isDirectory
        self.sizeBytes = sizeBytes
        self.modificationMilliseconds = modificationMilliseconds
    }
}

/// One name of a listing.
package struct ObjectInfo: Equatable, Sendable {
    /// The last component of its key.
    package var name: ByteString
    package var isDirectory: Bool
    /// Where it was asked for.
    package var metadata: ObjectMetadata?

    package init(name: ByteString, isDirectory: Bool, metadata: ObjectMetadata? = nil) {
        self.name = name
        self.isDirectory = isDirectory
        self.metadata = metadata
    }
}

/// How large a storage is, and how much of it is left for us.
package struct StorageSpace: Equatable, Sendable {
    package var capacityBytes: UInt64
    package var availableBytes: UInt64

    package init(capacityBytes: UInt64, availableBytes: UInt64) {
        self.capacityBytes = capacityBytes
        self.availableBytes = availableBytes
    }
}
