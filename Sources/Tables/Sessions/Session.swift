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
        /// The versions that are pinned by having been looked at.
        var versionPins: [VersionPin: PinEnd] = [:]
        /// Those that were found whole after the pin was in storage: nothing of them is deleted until it ends.
        var wholeVersions: Set<VersionPin> = []
        /// How many open handles were opened in each version: it stays pinned while there is one.
        var openVersions: [VersionPin: Int] = [:]
        /// How many open handles hold each file.
        var filePins: [FilePin: Int] = [:]
        /// The version pins that the heartbeat in storage has, with their ends as of then.
        var published: [VersionPin: PinEnd] = [:]
        /// Monotonic time of the last beat that reached storage.
        var publishedAtNanoseconds: UInt64
        /// Monotonic time at which the heartbeat was found to be gone.
        var lostAtNanoseconds: UInt64?
        var isEnded = false
        /// What is compacted of each table, and held back.
        var work: [ByteString: CompactionWork] = [:]

        /// What is pinned at a monotonic time; what has ended before is dropped.
        mutating func currentPins(_ nanoseconds: UInt64) -> [ByteString: Heartbeat.Pins] {
            versionPins = versionPins.filter {
                $0.value.nanoseconds > nanoseconds || openVersions[$0.key] != nil
            }
            wholeVersions = wholeVersions.filter { versionPins[$0] != nil }
            var pins: [ByteString: Heartbeat.Pins] = [:]
            for (pin, end) in versionPins {
                pins[pin.table, default: .init()].versions.insert(pin.version)
                if openVersions[pin] == nil { pins[pin.table]?.until[pin.version] = end.milliseconds }
            }
            for pin in filePins.keys { pins[pin.table, default: .init()].files.insert(pin.file) }
            return pins
        }
    }

    /// When a pin ends: on the monotonic clock, as the other one may be set, and by the other one for people.
    private struct PinEnd {
        var nanoseconds: UInt64
        var milliseconds: Int64
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
    private let pinMilliseconds: Int64
    private let state: Mutex<State>
    /// Held while a heartbeat is written, so that an older one never overwrites a newer one.
    private let writing = Mutex<Void>(())

    /// Starts a session: its first heartbeat is in storage when this returns.
    ///
    /// - Parameters:
    ///   - pinMilliseconds: how long a version that was looked at stays pinned.
    ///   - isSilent: nothing is written, because the store may not be changed; pins are then only hopes.
    package init(
        directory: SessionDirectory, command: ByteString, clock: any Clock, entropy: any Entropy,
        pinMilliseconds: Int64 = versionPinMilliseconds, isSilent: Bool = false
    ) throws(StorageError) {
        self.pinMilliseconds = pinMilliseconds
        id = SessionID(entropy.identifier())
        self.directory = directory
        self.clock = clock
        let process = Processes.currentID
        template = Heartbeat(
            id: id, counter: 0, host: Processes.hostName(), boot: Processes.idSpace(),
            processID: process, processStart: (try? Processes.status(of: process).startTicks) ?? 0,
            command: command, startedAtMilliseconds: clock.nowMilliseconds())
        state = Mutex(State(publishedAtNanoseconds: clock.monotonicNanoseconds(), isEnded: isSilent))
        try beat()
    }

    /// From the next beat on others can see what this process compacts, and what it holds back.
    func report(_ work: [ByteString: CompactionWork]) { state.withLock { $0.work = work } }

    /// The same of one table.
    func report(_ work: CompactionWork, of table: ByteString) {
        state.withLock { $0.work[table] = work.isEmpty ? nil : work }
    }

    /// Writes a heartbeat with everything that is pinned now.
    package func beat() throws(StorageError) {
        let outcome = writing.withLock { _ -> Result<Void, StorageError> in
            let now = clock.nowMilliseconds()
            let monotonic = clock.monotonicNanoseconds()
            let due = state.withLock { state -> (heartbeat: Heartbeat, pins: [VersionPin: PinEnd])? in
                guard !state.isEnded else { return nil }
                state.counter += 1
                var heartbeat = template
                heartbeat.counter = state.counter
                heartbeat.writesSinceMilliseconds = openWrites.oldest ?? now
                heartbeat.pins = state.currentPins(monotonic)
                heartbeat.work = state.work
                return (heartbeat, state.versionPins)
            }
            guard let due else { return .success(()) }
            var isLost = false
            do throws(StorageError) {
                if due.heartbeat.counter > 1 { isLost = try !directory.contains(id) }
                try directory.publish(due.heartbeat)
            } catch {
                return .failure(error)
            }
            state.withLock { state in
                if isLost {
                    state.lostAtNanoseconds = monotonic
                    state.wholeVersions = []
                }
                state.published = due.pins
                state.publishedAtNanoseconds = monotonic
            }
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

    /// For how long yet pins of others may be missing: where this session's heartbeat was gone, by whatever removed it,
    /// those of others may have gone too, and are there again with their next beats. 0 where there is no doubt.
    var secondsOfDoubt: UInt64 {
        guard let lost = state.withLock({ $0.lostAtNanoseconds }) else { return 0 }
        let end = lost + 2 * Self.beatNanoseconds
        let now = clock.monotonicNanoseconds()
        return now < end ? (end - now + 999_999_999) / 1_000_000_000 : 0
    }

    /// True where the version is pinned for so long yet that nothing need be published for another look. What could
    /// not be published is not pinned.
    package func isPinned(_ version: Version, of table: ByteString) -> Bool {
        let pin = VersionPin(table: table, version: version)
        let half = UInt64(pinMilliseconds) * 500_000
        let now = clock.monotonicNanoseconds()
        return state.withLock { state in
            guard let end = state.published[pin] else { return false }
            return end.nanoseconds > now + half || state.openVersions[pin] != nil
        }
    }

    /// Pins a version for another quarter of an hour; in storage when this returns.
    package func pin(_ version: Version, of table: ByteString) throws(StorageError) {
        let end = pinEnd()
        state.withLock { $0.versionPins[VersionPin(table: table, version: version)] = end }
        try beat()
    }

    /// To be called with a pinned version whose files were all there after the pin was in storage.
    ///
    /// From then on it does not matter that one of them is condemned: whoever does that reads the pins afterwards.
    func noteWhole(_ version: Version, of table: ByteString) {
        let pin = VersionPin(table: table, version: version)
        state.withLock { if $0.versionPins[pin] != nil { $0.wholeVersions.insert(pin) } }
    }

    /// The pinned versions of a table of which nothing is deleted, as of the last beat.
    func wholeVersions(of table: ByteString) -> [Version] {
        state.withLock { state in state.wholeVersions.filter { $0.table == table }.map(\.version) }
    }

    private func pinEnd() -> PinEnd {
        PinEnd(
            nanoseconds: clock.monotonicNanoseconds() + UInt64(pinMilliseconds) * 1_000_000,
            milliseconds: clock.nowMilliseconds() + pinMilliseconds)
    }

    /// What is pinned of a table now, published or not.
    package func pins(of table: ByteString) -> Heartbeat.Pins {
        let now = clock.monotonicNanoseconds()
        return state.withLock { $0.currentPins(now)[table] ?? .init() }
    }

    /// Pins a file while the token lives; published with the next beat.
    ///
    /// A live file needs no publication before it is served: it becomes garbage at the earliest now, and
    /// garbage waits longer than the time between two beats.
    ///
    /// - Parameter version: one that is pinned and that the file was opened in: it stays pinned as long, and for
    ///   another quarter of an hour.
    package func pin(
        _ file: FileID, of table: ByteString, openedIn version: Version? = nil
    ) -> FilePinToken {
        let file = FilePin(table: table, file: file)
        let version = version.map { VersionPin(table: table, version: $0) }
        let isHeld = state.withLock { state in
            state.filePins[file, default: 0] += 1
            guard let version, state.versionPins[version] != nil else { return false }
            state.openVersions[version, default: 0] += 1
            return true
        }
        return FilePinToken { [weak self] in self?.unpin(file, isHeld ? version : nil) }
    }

    private func unpin(_ file: FilePin, _ version: VersionPin?) {
        let end = pinEnd()
        state.withLock { state in
            state.filePins[file] = Self.less(state.filePins[file])
            guard let version else { return }
            state.openVersions[version] = Self.less(state.openVersions[version])
            state.versionPins[version] = end
        }
    }

    private static func less(_ count: Int?) -> Int? { count.flatMap { $0 > 1 ? $0 - 1 : nil } }

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
