package import Bytes
package import Metadata
import Planning
import Platform
package import Storage
import Synchronization
import TransactionLog

/// Old versions, and the pins that keep them.
extension Table {
    /// The state at a version that can still be had.
    package func state(at version: Version) throws(StoreError) -> TableState {
        let current = state
        if version == current.version { return current }
        if let known = history.state(version) { return known }
        do throws(LogError) {
            let state = try log.state(at: version)
            history.remember(state)
            return state
        } catch {
            throw StoreError(error)
        }
    }

    /// True where looking at this version needs nothing to be published first.
    package func isPinned(_ version: Version) -> Bool {
        context.session.isTrusted && context.session.isPinned(version, of: name)
    }

    /// Pins a version for a quarter of an hour, then makes sure that it is still whole.
    ///
    /// The pin is published first: whoever deletes announces that, then reads the pins.
    package func pin(_ version: Version) throws(StoreError) -> TableState {
        // Nobody here deletes anything of another program's table.
        guard !isReadOnly else { return try state(at: version) }
        if version != (try refresh()).version { try checkKept(version) }
        do throws(StorageError) {
            try context.session.pin(version, of: name)
        } catch {
            throw StoreError(.estale, "version \(version) cannot be pinned: \(error)")
        }
        let isHeld = context.session.wholeVersions(of: name).contains(version)
        // Also what was forgotten by now: a collection may have come and gone since the first look.
        let current = try refresh()
        let state = try state(at: version)
        if !isHeld, let obstacle = state.obstacle(toReadingIn: current) {
            throw StoreError(.estale, "version \(version) can no longer be had: \(obstacle)")
        }
        context.session.noteWhole(version, of: name)
        return state
    }

    /// A version that nothing keeps may still be read from the log, and its data files be gone.
    private func checkKept(_ version: Version) throws(StoreError) {
        guard !isForeign else { return }
        let kept = try keptVersions()
        guard kept.contains(version) else {
            throw StoreError(
                .estale, "version \(version) can no longer be had: it is past the table's retention")
        }
    }

    /// The versions that this session has pinned, with the time at which it means to let go of each; nil where that
    /// depends on a reader.
    package var pinnedVersions: [(version: Version, untilMilliseconds: Int64?)] {
        let pins = context.session.pins(of: name)
        return pins.versions.sorted().map { (version: $0, untilMilliseconds: pins.until[$0]) }
    }

    /// Opens a data file of the current state, of an older one, or one that waits for its deletion.
    ///
    /// The object keeps its bytes readable until it is dropped, also past the file's deletion.
    ///
    /// - Parameter version: the pinned version that it is opened in, which stays pinned with it.
    package func openDataFile(
        _ path: ByteString, id: FileID, in version: Version? = nil
    ) throws(StoreError) -> OpenDataFile {
        do throws(StorageError) {
            // Pinned first, looked at second: what is live then is removed, and condemned, with the pin in sight.
            let pin = context.session.pin(id, of: name, openedIn: version)
            if !isReadOnly, !state.files.contains(id) {
                try context.session.beat()
                let entry = try refreshQuietly().garbage[id]
                if let entry, entry.condemnedAtVersion != nil, !isHeld(entry) {
                    throw StorageError(.notFound, .open, key(path))
                }
            }
            return OpenDataFile(object: try storage.openForReading(key(path)), pin: pin)
        } catch {
            guard error.kind == .notFound else { throw StoreError(error) }
            throw StoreError(.estale, "the data file \(path) has been deleted")
        }
    }

    /// Whether a version that this session has pinned keeps the file's bytes, although somebody wants to delete it.
    private func isHeld(_ entry: GarbageEntry) -> Bool {
        context.session.wholeVersions(of: name).contains {
            entry.addedAtVersion <= $0 && $0 < entry.removedAtVersion
        }
    }

    private func refreshQuietly() throws(StorageError) -> TableState {
        do throws(StoreError) {
            return try refresh()
        } catch {
            throw StorageError(.unavailable, .get, name, errno: error.errno, detail: error.message)
        }
    }
}

/// A data file open for reading, held against deletion while this lives.
package final class OpenDataFile: Sendable {
    package let object: any RandomAccessObject
    private let pin: FilePinToken

    init(object: any RandomAccessObject, pin: FilePinToken) {
        self.object = object
        self.pin = pin
    }
}
