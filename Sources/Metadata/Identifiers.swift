package import Bytes

/// The number of a commit, dense from 0 (which creates the table).
@frozen
@usableFromInline
package struct Version: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    @usableFromInline package var rawValue: Int64
    @inlinable package init(rawValue: Int64) { self.rawValue = rawValue }
    @inlinable package init(_ rawValue: Int64) { self.rawValue = rawValue }
    @inlinable package var next: Version { Version(rawValue + 1) }
    @usableFromInline package static func < (left: Version, right: Version) -> Bool {
        left.rawValue < right.rawValue
    }
    @usableFromInline package var description: String { String(rawValue) }
}

/// The 63-bit number of a data file: the 16 hex digits of its name, its inode number everywhere.
///
/// A file whose name has no such digits (a foreign table's) gets the hash of its path.
@frozen
@usableFromInline
package struct FileID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    @usableFromInline package var rawValue: UInt64
    @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @usableFromInline package static func < (left: FileID, right: FileID) -> Bool {
        left.rawValue < right.rawValue
    }
    @usableFromInline package var description: String { Hex.string(rawValue) }
}

/// The permanent name of a partition.
///
/// A root partition is named by its escaped path (`date=2024-01-01/region=eu`, empty for the one root
/// partition of an unpartitioned table), so that two writers that meet a tuple first agree on it without
/// a word. A child of a split has 16 random hex digits.
package struct PartitionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var name: ByteString
    package init(_ name: ByteString) { self.name = name }
    package static func < (left: PartitionID, right: PartitionID) -> Bool { left.name < right.name }
    package var description: String { name.display }
}

/// The name of a compaction job: 16 hex digits.
package struct JobID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { Hex.string(rawValue) }
}

/// The name of one process that works on a store: 16 hex digits.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package var description: String { Hex.string(rawValue) }
}

/// The name of one transaction, looked for in the log when its outcome is unknown: 32 hex digits.
package struct CommitID: Hashable, Sendable, CustomStringConvertible {
    package var high: UInt64
    package var low: UInt64
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
    package var description: String { Hex.string(high) + Hex.string(low) }
}
