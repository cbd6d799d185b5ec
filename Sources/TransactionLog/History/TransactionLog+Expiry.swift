package import Bytes
package import Metadata
import Platform
import Storage
import Synchronization

// Deleting what the log no longer needs. Who decides has looked at tags, pins and ages; what must never go is
// looked at here again, with storage as it is now.
extension TransactionLog {
    /// Deletes these states and version files as far as that is safe, and manifests that no state lists.
    ///
    /// Kept in any case: the newest state that can be read whole, the version files after it, the newest
    /// version file, and files that were written so lately that a writer may not have met them yet. Without a
    /// state that can be read, nothing is deleted.
    package func expire(states: [Version], versionFiles: [Version]) throws(LogError) -> Expired {
        if current.definition.provider != "firn" {
            throw .unsupported("the table was written by another program and is read-only")
        }
        if isPoisoned { throw .poisoned }
        var expired = Expired()
        if states.isEmpty, versionFiles.isEmpty, !isSweepDue { return expired }
        let history = try store.history()
        guard let verified = try newestVerified(history.states.map(\.version)) else { return expired }
        try expire(states: states, of: history, keeping: verified, &expired)
        try expire(versionFiles: versionFiles, of: history, keeping: verified, &expired)
        try stateWriting.withLock { (_) throws(LogError) in
            if isSweepDue || !expired.states.isEmpty { try sweepManifests(below: verified, &expired) }
        }
        return expired
    }

    /// The newest of these states whose bytes are all as they were written.
    private func newestVerified(_ states: [Version]) throws(LogError) -> Version? {
        for version in states.reversed() {
            let reader = StateReader(store, options)
            let isKnown = expiry.withLock { $0.verified == version } || baseManifest?.version == version
            do throws(LogError) {
                if try isKnown ? reader.isComplete(version) : (try reader.read(version).0.version == version)
                {
                    expiry.withLock { $0.verified = version }
                    return version
                }
            } catch {
                guard error.isDamage else { throw error }
            }
            options.warn("state \(version) cannot be read; what an older one needs is kept")
        }
        return nil
    }

    private func expire(
        states: [Version], of history: StoredHistory, keeping verified: Version, _ expired: inout Expired
    ) throws(LogError) {
        let there = Set(history.states.map(\.version))
        for version in states.sorted() where version < verified && there.contains(version) {
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

    private var minManifestAgeMilliseconds: Int64 { current.properties.stateMinManifestAgeHours * 3_600_000 }

    /// Asking all states what they list is work: where none was deleted it is done once in the time that a
    /// manifest must wait anyway.
    private var isSweepDue: Bool {
        guard let last = expiry.withLock({ $0.lastSweepMilliseconds }) else { return true }
        let now = clock.nowMilliseconds()
        return now - last >= minManifestAgeMilliseconds || now < last
    }

    /// Deletes manifests that no state lists: what expired states leave, and writers that died.
    ///
    /// - Precondition: `stateWriting` is held, so that no state of this process is on its way.
    private func sweepManifests(below verified: Version, _ expired: inout Expired) throws(LogError) {
        let now = clock.nowMilliseconds()
        // Candidates first, what is used second: a manifest that a new state lists meanwhile is seen there.
        let candidates = try store.manifests(writtenBefore: now - minManifestAgeMilliseconds)
        guard let used = try usedManifests(below: verified) else { return }
        for name in candidates where !used.contains(name) {
            try store.delete(path.directory + name)
            expired.manifests.append(name)
        }
        expiry.withLock { $0.lastSweepMilliseconds = now }
    }

    /// All manifests that any state lists, and those of the state that the next one of this process builds on;
    /// nil where a state cannot be read.
    private func usedManifests(below verified: Version) throws(LogError) -> Set<ByteString>? {
        var used = Set(baseManifest?.manifestPaths ?? [])
        for version in try store.listing(from: nil).states {
            do throws(LogError) {
                guard try store.exists(path.stateManifest(version)) else {
                    // Deleted halfway, or given up by a writer that died before its record.
                    if version < verified { try store.deleteState(version, now: clock.nowMilliseconds()) }
                    continue
                }
                used.formUnion(try StateReader(store, options).manifest(version).manifestPaths)
            } catch {
                guard error.isDamage else { throw error }
                options.warn("no manifest is deleted, as state \(version) cannot be read: \(error)")
                return nil
            }
        }
        return used
    }
}

extension StateManifest {
    /// The manifests of all four sets.
    package var manifestPaths: [ByteString] {
        files.manifests.map(\.path) + references.manifests.map(\.path) + garbage.manifests.map(\.path)
            + partitions.manifests.map(\.path)
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
        let all =
            manifest.files.manifests + manifest.references.manifests + manifest.garbage.manifests
            + manifest.partitions.manifests
        for info in all {
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

    /// Manifests by the names that states give them; those whose age is not known are left out.
    func manifests(writtenBefore milliseconds: Int64) throws(LogError) -> [ByteString] {
        do throws(StorageError) {
            return try storage.list(path.manifests, after: nil, withMetadata: true).compactMap { object in
                guard !object.isDirectory, object.name.hasPrefix("manifest-"), object.name.hasSuffix(".avro"),
                    let time = object.metadata?.modificationMilliseconds, time <= milliseconds
                else { return nil }
                return "manifests/" + object.name
            }
        } catch {
            throw .storage(error)
        }
    }
}
