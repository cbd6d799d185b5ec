import Metadata
import Synchronization

/// The blocks of manifests that were asked for last, decompressed: neighbouring files are mostly asked for
/// together. One for all manifests of a log, so that its size does not follow theirs.
final class RecordBlockCache: Sendable {
    private struct Item {
        /// Not held: what is forgotten with its manifest is found by nobody, and pushed out in its turn.
        weak var owner: ManifestRecords?
        var number: Int
        var block: FileRecordBlock
    }

    /// Asked for last at the end.
    private let items = Mutex<[Item]>([])
    private let capacity: Int

    /// - Parameter capacity: the number of blocks kept, of 128 KiB each in manifests of ours.
    init(capacity: Int = 32) { self.capacity = capacity }

    /// The block, from the cache or from `read`.
    func block(
        _ number: Int, of owner: ManifestRecords, _ read: () -> FileRecordBlock
    ) -> FileRecordBlock {
        if let known = find(number, of: owner) { return known }
        // Outside the lock: others find theirs meanwhile. Two that miss the same block both read it.
        let made = read()
        items.withLock { items in
            if items.count >= capacity { items.removeFirst() }
            items.append(Item(owner: owner, number: number, block: made))
        }
        return made
    }

    private func find(_ number: Int, of owner: ManifestRecords) -> FileRecordBlock? {
        items.withLock { items in
            guard let index = items.lastIndex(where: { $0.number == number && $0.owner === owner }) else {
                return nil
            }
            let item = items.remove(at: index)
            items.append(item)
            return item.block
        }
    }
}
