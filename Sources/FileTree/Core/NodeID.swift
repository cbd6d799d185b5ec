/// What the kernel calls a file by, from the lookup that names it to the last forget.
///
/// Not what `stat` shows: a generated file gets a new node id for every picture of its content, so that
/// size, pages and reads of one picture stay together, while its `InodeNumber` stays the same.
@frozen
@usableFromInline
package struct NodeID: Hashable, Sendable, RawRepresentable {
    @usableFromInline package var rawValue: UInt64

    @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The root of the mount; the kernel knows it without a lookup and never forgets it.
    package static let root = NodeID(1)
}

extension NodeID: CustomStringConvertible {
    @usableFromInline package var description: String { "node \(rawValue)" }
}

/// `st_ino`: one number per path (or per data file), the same in every picture, never used again.
@frozen
@usableFromInline
package struct InodeNumber: Hashable, Sendable, RawRepresentable {
    @usableFromInline package var rawValue: UInt64

    @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue }

    package static let root = InodeNumber(1)
}

extension InodeNumber: CustomStringConvertible {
    @usableFromInline package var description: String { "inode \(rawValue)" }
}

/// What `open` and `opendir` hand to the kernel and get back in each request on that open file.
@frozen
@usableFromInline
package struct FileHandleID: Hashable, Sendable, RawRepresentable {
    @usableFromInline package var rawValue: UInt64

    @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
