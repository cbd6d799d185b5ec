import Metadata
import Planning
import Platform
import Storage

/// Lets a background round delete at a ``DeletionPace``, for a limited time, and only while nobody else wants to.
///
/// For one thread. Nothing is locked while it waits.
final class DeletionPacer {
    /// A round takes no longer; what is left is for the next, so that other tables have their turn.
    static let roundNanoseconds: UInt64 = 20_000_000_000
    /// Files that one commit announces are about so many seconds' worth.
    private static let portionSeconds = 5.0

    private let clock: any Clock
    /// Waits, and tells whether to go on.
    private let wait: (_ nanoseconds: UInt64) -> Bool
    private let end: UInt64
    private var pace = DeletionPace(DeletionPace.Picture())
    /// When the next file may go.
    private var due: UInt64
    /// True once files were left that might have gone.
    private(set) var hasStopped = false
    /// True where that is because somebody waits for the round to end.
    private(set) var givesWay = false

    init(clock: any Clock, wait: @escaping (_ nanoseconds: UInt64) -> Bool) {
        self.clock = clock
        self.wait = wait
        due = clock.monotonicNanoseconds()
        end = due + Self.roundNanoseconds
    }

    /// Looks at what is left and at how much room there is.
    func adjust(waiting: ArraySlice<GarbageEntry>, live: TableState, storage: any ObjectStorage) {
        var picture = DeletionPace.Picture()
        picture.waitingFiles = waiting.count
        picture.waitingBytes = waiting.reduce(0) { $0 + $1.sizeBytes }
        picture.liveFiles = live.fileCount
        picture.liveBytes = live.totalBytes
        picture.room = (try? storage.space()).flatMap { $0 }.map {
            DeletionPace.Room(
                capacityBytes: Int64(clamping: $0.capacityBytes),
                availableBytes: Int64(clamping: $0.availableBytes))
        }
        pace = DeletionPace(picture)
    }

    /// How many of these, at least one, are worth one commit.
    func portion(of entries: ArraySlice<GarbageEntry>, atMost limit: Int) -> Int {
        var count = 0
        var time: UInt64 = 0
        for entry in entries.prefix(limit) {
            time += pace.nanoseconds(forBytes: entry.sizeBytes)
            count += 1
            if Double(time) >= Self.portionSeconds * 1e9 { break }
        }
        return count
    }

    /// Waits until a file of this size may go; false where the round has to end.
    func admit(bytes: Int64) -> Bool {
        let now = clock.monotonicNanoseconds()
        if now < end { givesWay = !wait(due > now ? due - now : 0) }
        guard now < end, !givesWay else {
            hasStopped = true
            return false
        }
        due = max(due, clock.monotonicNanoseconds()) + pace.nanoseconds(forBytes: bytes)
        return true
    }
}
