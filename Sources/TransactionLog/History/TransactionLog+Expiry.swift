import Bytes
package import Metadata
import Platform
import Storage
import Synchronization

// Deleting what the log no longer needs. Who decides has looked at tags, pins and ages; what must never go is
// looked at here again, with storage as it is now.
extension TransactionLog {
    /// Deletes these states and version files as far as that is safe.
    ///
    /// Kept in any case: the newest state that can be read whole, the state that the hint names, all that is newer,
    /// the newest version file, and files that were written so lately that a writer may not have met them yet. Without
    /// a state that can be read, nothing is deleted. What is gone already is passed over.
    package func expire(states: [Version], versionFiles: [Version]) throws(LogError) -> Expired {
        try checkOwn()
        var expired = Expired()
        if states.isEmpty, versionFiles.isEmpty { return expired }
        let history = try store.history()
        guard let verified = try newestVerified(history) else {
            expired.obstacle = "no state can be read whole: everything is kept"
            return expired
        }
        try expire(states: states, of: history, keeping: verified, &expired)
        try expire(versionFiles: versionFiles, of: history, keeping: verified, &expired)
        return expired
    }

    /// The newest state or JSON checkpoint that can be read whole, which stays with all that follows it; nil where
    /// there is none.
    package func newestVerifiedState() throws(LogError) -> Version? {
        try newestVerified(try store.history())
    }

    /// The version that the hint names.
    package var hintedVersion: Version? { store.hint() }

    /// Deletes what is left of states below a version that have no record: they were deleted halfway, or given up
    /// by a writer that died.
    package func clearUnfinishedStates(below version: Version) throws(LogError) {
        for candidate in try store.listing(from: nil).states where candidate < version {
            if try store.exists(path.stateManifest(candidate)) { continue }
            try store.deleteState(candidate, now: clock.nowMilliseconds())
        }
    }

    /// The newest of these whose bytes are all as they were written.
    private func newestVerified(_ history: StoredHistory) throws(LogError) -> Version? {
        let stated = Set(history.states.map(\.version))
        for version in history.bases.reversed().map(\.version) {
            do throws(LogError) {
                let isWhole =
                    try stated.contains(version) ? isWholeState(version) : isWholeCheckpoint(version)
                if isWhole {
                    expiry.withLock { $0.verified = version }
                    return version
                }
            } catch {
                guard error.isDamage else { throw error }
            }
            options.warn("the state of version \(version) cannot be read; what an older one needs is kept")
        }
        return nil
    }

    private func isWholeState(_ version: Version) throws(LogError) -> Bool {
        let reader = StateReader(store, options)
        let isKnown = expiry.withLock { $0.verified == version } || baseManifest?.version == version
        return try isKnown ? reader.isComplete(version) : reader.read(version).0.version == version
    }

    private func isWholeCheckpoint(_ version: Version) throws(LogError) -> Bool {
        if expiry.withLock({ $0.verified == version }) { return true }
        return try CheckpointReader(store: store).read(version).version == version
    }

    private func expire(
        states: [Version], of history: StoredHistory, keeping verified: Version, _ expired: inout Expired
    ) throws(LogError) {
        let there = Set(history.states.map(\.version))
        let hint = store.hint()
        for version in states.sorted() where version < verified && version != hint && there.contains(version)
        {
            try store.deleteState(version, now: clock.nowMilliseconds())
            expired.states.append(version)
        }
    }

    private func expire(
        versionFiles: [Version], of history: StoredHistory, keeping verified: Version,
        _ expired: inout Expired
    ) throws(LogError) {
        let asked = Set(versionFiles)
        let limit = clock.nowMilliseconds() - options.minVersionFileAgeMilliseconds
        // Oldest first: at every moment what is left has no new hole.
        for item in history.versionFiles.dropLast() where asked.contains(item.version) {
            guard item.version <= verified, let time = item.writtenAt, time <= limit else { continue }
            try store.delete(path.versionFile(item.version))
            expired.versionFiles.append(item.version)
        }
    }
}

extension StateReader {
    /// True where the record can be read and every manifest is there in its length: enough for a state that
    /// was read whole before, as nothing that is written changes.
    func isComplete(_ version: Version) throws(LogError) -> Bool {
        try firstMissing(manifest(version)) == nil
    }

    /// A manifest that is not there, or not in its length.
    func firstMissing(_ manifest: StateManifest) throws(LogError) -> ByteString? {
        for info in manifest.manifests {
            let size = try store.size(store.path.directory + info.path)
            guard let size, info.lengthBytes.map({ $0 == Int64(size) }) ?? true else { return info.path }
        }
        return nil
    }
}

extension LogStorage {
    func size(_ key: ByteString) throws(LogError) -> UInt64? {
        do throws(StorageError) { return try storage.size(of: key) } catch { throw .storage(error) }
    }

    func delete(_ key: ByteString) throws(LogError) {
        do throws(StorageError) { try storage.delete(key) } catch { throw .storage(error) }
    }

    /// The record first: without it the rest is no state.
    func deleteState(_ version: Version, now: Int64) throws(LogError) {
        let directory = path.directory + LogPath.stateName(version)
        do throws(StorageError) {
            try storage.delete(path.stateManifest(version))
            try storage.deleteAbandoned(in: directory, before: now - 86_400_000)
            try storage.deleteDirectoryIfEmpty(directory)
        } catch {
            if error.kind != .notFound { throw .storage(error) }
        }
    }
}
