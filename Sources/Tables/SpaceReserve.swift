import Bytes
import Storage

/// Room that is kept free by being used: `_reserve`, an object of zeros in the store.
///
/// Deleting needs commits, and a commit needs room. On a full disk the reserve is given up for a round of garbage
/// collection and taken again when there is room.
struct SpaceReserve: Sendable {
    static let key: ByteString = "_reserve"
    static let sizeBytes = 1 << 20

    let storage: any ObjectStorage

    /// Takes the room; without any left it is tried again after the next collection.
    func fill() {
        guard (try? storage.exists(Self.key)) == false else { return }
        try? storage.putIfAbsent(Self.key, [UInt8](repeating: 0, count: Self.sizeBytes))
    }

    /// Gives the room up. False where there was none.
    func release() -> Bool {
        guard (try? storage.exists(Self.key)) == true else { return false }
        do throws(StorageError) {
            try storage.delete(Self.key)
            return true
        } catch {
            return false
        }
    }

    var isFilled: Bool { (try? storage.exists(Self.key)) == true }
}
