package import Bytes
import Merge
package import Metadata
package import Platform
package import Storage
import Synchronization

/// One process that works on a store: its heartbeat carries what it pins, its jobs end with it.
///
/// The heartbeat is written every few seconds, and at once where someone is about to rely on a pin: whoever
/// deletes reads all heartbeats after announcing what it will delete, so a pin counts from its publication.
package final class Session: Sendable {
    /// Between two beats; others wait twelve times as long before they give a session up.
    package static let beatNanoseconds: UInt64 = 5_000_000_000
    /// A version that was looked at stays pinned this long.
    package static let versionPinMilliseconds: Int64 = 15 * 60_000

    private struct State {
        var counter: UInt64 = 0
        /// Until when each version is pinned by having been looked at, epoch milliseconds.
        var versionPins: [VersionPin: Int64] = [:]
        /// How many open handles hold each file.
        var filePins: [FilePin: Int] = [:]
        /// Monotonic time of the last beat that reached storage.
        var publishedAtNanoseconds: UInt64
        var isEnded = false
    }

    private struct VersionPin: Hashable {
        var table: ByteString
        var version: Version
    }

    private struct FilePin: Hashable {
        var table: ByteString
        var file: FileID
    }

    package let id: SessionID
    /// The data files that this process has begun and not yet committed.
    let openWrites = OpenWrites()
    private let template: Heartbeat
    private let directory: SessionDirectory
    private let clock: any Clock
    private let state: Mutex<State>
    /// Held while a heartbeat is written, so that an older one never overwrites a newer one.
    private let writing = Mutex<Void>(())

    /// Starts a session: its first heartbeat is in storage when this returns.
    ///
    /// - Parameter isSilent: nothing is written, because the store may not be changed; pins are then only hopes.
    package init(
        directory: SessionDirectory, command: ByteString, clock: any Clock, entropy: any Entropy,
        isSilent: Bool = false
    ) throws(StorageError) {
        id = SessionID(entropy.identifier())
        self.directory = directory
        self.clock = clock
        let process = Processes.currentID
        template = Heartbeat(
            id: id, counter: 0, host: Processes.hostName(), boot: (try? Processes.bootID()) ?? "",
            processID: process, processStart: (try? Processes.status(of: process).startTicks) ?? 0,
            command: command, startedAtMilliseconds: clock.nowMilliseconds())
        state = Mutex(State(publishedAtNanoseconds: clock.monotonicNanoseconds(), isEnded: isSilent))
        try beat()
    }

    /// Writes a heartbeat with everything that is pinned now.
    package func beat() throws(StorageError) {
        let outcome = writing.withLock { _ -> Result<Void, StorageError> in
            let now = clock.nowMilliseconds()
            let heartbeat: Heartbeat? = state.withLock { state in
                guard !state.isEnded else { return nil }
                state.counter += 1
                state.versionPins = state.versionPins.filter { $0.value > now }
                var heartbeat = template
                heartbeat.counter = state.counter
                heartbeat.writesSinceMilliseconds = openWrites.oldest ?? now
                for pin in state.versionPins.keys {
                    heartbeat.pins[pin.table, default: .init()].versions.insert(pin.version)
                }
                for pin in state.filePins.keys {
                    heartbeat.pins[pin.table, default: .init()].files.insert(pin.file)
                }
                return heartbeat
            }
            guard let heartbeat else { return .success(()) }
            let published = clock.monotonicNanoseconds()
            do throws(StorageError) {
                try directory.publish(heartbeat)
            } catch {
                return .failure(error)
            }
            state.withLock { $0.publishedAtNanoseconds = published }
            return .success(())
        }
        try outcome.get()
    }

    /// False where the last beat is so old that others may think the session dead: nothing that only a pin
    /// keeps may be served then.
    package var isTrusted: Bool {
        let published = state.withLock { $0.publishedAtNanoseconds }
        return clock.monotonicNanoseconds() - published < SessionObserver.patienceNanoseconds / 2
    }

    /// True where the version is pinned for so long yet that nothing need be published for another look.
    package func isPinned(_ version: Version, of table: ByteString) -> Bool {
        let until = state.withLock { $0.versionPins[VersionPin(table: table, version: version)] }
        return until.map { $0 > clock.nowMilliseconds() + Self.versionPinMilliseconds / 2 } ?? false
    }

    /// Pins a version for another quarter of an hour; in storage when this returns.
    package func pin(_ version: Version, of table: ByteString) throws(StorageError) {
        let until = clock.nowMilliseconds() + Self.versionPinMilliseconds
        state.withLock { $0.versionPins[VersionPin(table: table, version: version)] = until }
        try beat()
    }

    /// The versions of a table pinned by this session, with the time until which each is.
    package func pinnedVersions(of table: ByteString) -> [(version: Version, untilMilliseconds: Int64)] {
        let now = clock.nowMilliseconds()
        return state.withLock { state in
            state.versionPins.filter { $0.key.table == table && $0.value > now }
                .map { (version: $0.key.version, untilMilliseconds: $0.value) }
        }.sorted { $0.version < $1.version }
    }

    /// Pins a file while the token lives; published with the next beat, or at once where `publishes`.
    ///
    /// A live file needs no publication before it is served: it becomes garbage at the earliest now, and
    /// garbage waits longer than the time between two beats.
    package func pin(_ file: FileID, of table: ByteString, publishes: Bool) throws(StorageError)
        -> FilePinToken
    {
        state.withLock { $0.filePins[FilePin(table: table, file: file), default: 0] += 1 }
        let token = FilePinToken { [weak self] in self?.unpin(FilePin(table: table, file: file)) }
        if publishes { try beat() }
        return token
    }

    private func unpin(_ pin: FilePin) {
        state.withLock { state in
            guard let count = state.filePins[pin] else { return }
            state.filePins[pin] = count > 1 ? count - 1 : nil
        }
    }

    /// Removes the heartbeat: nothing is pinned and no job is held any more.
    package func end() {
        writing.withLock { _ in
            state.withLock { $0.isEnded = true }
            try? directory.remove(id)
        }
    }
}

/// Holds a file against deletion; letting go of the token lets go of the file.
package final class FilePinToken: Sendable {
    private let letGo: @Sendable () -> Void
    init(_ letGo: @escaping @Sendable () -> Void) { self.letGo = letGo }
    deinit { letGo() }
}
