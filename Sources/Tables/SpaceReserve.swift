package import Bytes
package import Storage
import Synchronization

/// Room that is kept free by being used: `_reserve`, an object of the store that nobody reads.
///
/// Deleting needs commits, and a commit needs room. On a full disk the reserve is given up for a collection, a
/// purge or the end of a compaction, and taken again when there is room for more than it.
package final class SpaceReserve: Sendable {
    package static let key: ByteString = "_reserve"
    package static let sizeBytes: UInt64 = 64 << 20
    /// Of a small disk not more than this part of it.
    private static let leastShare: UInt64 = 16
    /// What a few commits take.
    private static let commitBytes: UInt64 = 1 << 20

    private let storage: any ObjectStorage
    /// It was given up here, and not taken again yet.
    private let isOwed = Atomic(false)

    package init(storage: any ObjectStorage) { self.storage = storage }

    /// What it holds now.
    package var heldBytes: UInt64 { (try? storage.metadata(of: Self.key))?.map(\.sizeBytes) ?? 0 }

    package var isHeld: Bool { (try? storage.exists(Self.key)) == true }

    /// Takes the room where that leaves at least as much to others; otherwise it is tried again later.
    package func fill() {
        guard let space = try? storage.space() else { return }
        let wanted = min(Self.sizeBytes, space.capacityBytes / Self.leastShare)
        let held = heldBytes
        guard held < wanted, space.availableBytes + held >= 2 * wanted else { return }
        // One that is smaller was made on a smaller disk, or its making was cut short.
        if isHeld { try? storage.delete(Self.key) }
        guard (try? storage.reserve(Self.key, sizeBytes: wanted)) == true else { return }
        isOwed.store(false, ordering: .relaxed)
    }

    /// Takes the room again where this process has given it up.
    package func restore() {
        if isOwed.load(ordering: .relaxed) { fill() }
    }

    /// Gives the room up. False where there was none.
    package func release() -> Bool {
        guard isHeld else { return false }
        do throws(StorageError) {
            try storage.delete(Self.key)
            isOwed.store(true, ordering: .relaxed)
            return true
        } catch {
            return false
        }
    }

    /// Gives the room up where a commit would find none.
    package func releaseIfFull() {
        guard let space = try? storage.space(), space.availableBytes < Self.commitBytes else { return }
        _ = release()
    }
}
