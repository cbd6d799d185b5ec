import Platform
import Synchronization

/// Reads and merges on a thread of its own, a few pieces ahead of who takes them.
struct MergePipeline {
    /// The blocks are used by the thread alone from its start to its end, and the caller waits for that.
    private struct Handover: @unchecked Sendable {
        let blocks: MergedBlocks
    }

    private let handover: Handover

    init(_ blocks: MergedBlocks) { handover = Handover(blocks: blocks) }

    /// Calls `body` with each piece in order, on the calling thread. The first error of either side ends it.
    func forEach(_ body: (MergedPiece) throws -> Void) throws {
        let queue = BoundedQueue<MergedPiece>(capacity: MergeMemory.queuedBatches)
        let failure = FirstError()
        let thread = Thread.spawn(name: "firn-merge") { [handover] in
            do {
                while let piece = try handover.blocks.next() {
                    if !queue.push(piece) { break }
                }
            } catch {
                failure.note(error)
            }
            queue.close()
        }
        defer {
            queue.close(discarding: true)
            thread.join()
        }
        while let piece = queue.pop() { try body(piece) }
        thread.join()
        try failure.rethrow()
    }
}

/// The first error of several threads.
final class FirstError: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    func note(_ new: any Error) { error.withLock { $0 = $0 ?? new } }

    func rethrow() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
