import Synchronization

/// The content of a generated file at one moment; never changes, so size and reads always agree.
package final class Picture: Sendable {
    package let bytes: [UInt8]
    /// `st_mtime`, nanoseconds since 1970.
    package let modified: Int64

    package init(_ bytes: [UInt8], modified: Int64) {
        self.bytes = bytes
        self.modified = modified
    }

    package var sizeBytes: UInt64 { UInt64(bytes.count) }

    /// What a read of `count` bytes at `offset` gives; empty from the end on.
    package func slice(offset: Int64, count: Int) -> ArraySlice<UInt8> {
        guard offset >= 0, offset < Int64(bytes.count), count > 0 else { return [] }
        let start = Int(offset)
        return bytes[start..<(start + min(count, bytes.count - start))]
    }
}

/// The newest picture of every generated file, each under a node id of its own.
///
/// A file whose content did not change keeps its picture and node id; one that changed gets a new id, and who still has
/// the old one open goes on reading the old picture (the tree's node table holds it until the kernel forgets it).
package final class PictureCache: Sendable {
    package struct Current: Sendable {
        package let node: NodeID
        package let picture: Picture
        /// When it was looked at last, in nanoseconds of the caller's monotonic clock.
        package let checked: UInt64
    }

    private let newest = Mutex<[InodeNumber: Current]>([:])
    private let nextNode: Atomic<UInt64>

    /// Node ids are handed out upwards from `firstNode`; they must meet no other id of the tree.
    package init(firstNode: UInt64 = 1 << 63) { nextNode = Atomic(firstNode) }

    /// The picture of a file: the newest one if it was checked less than `maxAge` nanoseconds ago, else what `render`
    /// gives. `render` runs without a lock; of two that render at once the later one is kept.
    package func current(
        _ file: InodeNumber, now: UInt64, maxAge: UInt64, render: () throws -> Picture
    ) rethrows -> Current {
        if let known = newest.withLock({ $0[file] }), now &- known.checked < maxAge { return known }
        let rendered = try render()
        return newest.withLock { newest in
            let current: Current
            if let known = newest[file], known.picture.bytes == rendered.bytes {
                current = Current(node: known.node, picture: known.picture, checked: now)
            } else {
                let id = nextNode.wrappingAdd(1, ordering: .relaxed).oldValue
                current = Current(node: NodeID(id), picture: rendered, checked: now)
            }
            newest[file] = current
            return current
        }
    }

    /// The content of a file is known to have changed: the next look renders.
    package func expire(_ file: InodeNumber) {
        newest.withLock { newest in
            guard let known = newest[file] else { return }
            newest[file] = Current(node: known.node, picture: known.picture, checked: 0)
        }
    }

    /// The file is gone.
    package func remove(_ file: InodeNumber) { newest.withLock { _ = $0.removeValue(forKey: file) } }
}
