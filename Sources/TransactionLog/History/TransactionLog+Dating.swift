import Bytes
import JSON
package import Metadata
import Storage
import Synchronization

/// When states were written and versions committed, as far as their objects were asked: they do not change.
struct KnownDates: Sendable {
    var states: [Version: Int64] = [:]
    var versions: [Version: Int64] = [:]

    /// Forgets what is no longer there.
    mutating func keep(_ history: StoredHistory) {
        let states = Set(history.states.map(\.version))
        let versions = Set(history.versionFiles.map(\.version))
        if self.states.count > states.count { self.states = self.states.filter { states.contains($0.key) } }
        if self.versions.count > versions.count {
            self.versions = self.versions.filter { versions.contains($0.key) }
        }
    }
}

extension TransactionLog {
    /// States and version files, dated by what they say themselves: a storage's times tell when a copy was made, or
    /// nothing at all.
    ///
    /// Every state's record is read once in the life of this object. Times of commits ascend with the versions, so
    /// of the version files only as many are read as it takes to tell for each cutoff which are older (those at
    /// it or before); the others have the time of the next newer one that was read.
    ///
    /// - Parameter exactly: versions whose own times are wanted.
    package func storedHistory(
        cutoffs: [Int64] = [], exactly: Set<Version> = []
    ) throws(LogError) -> StoredHistory {
        var history = try store.history()
        var dates = expiry.withLock { $0.dates }
        let (current, pending) = shared.withLock { ($0.current, $0.pending) }
        dates.versions[current.version] = current.timestamp
        for transaction in pending { dates.versions[transaction.version] = transaction.timestamp }
        for index in history.states.indices {
            let version = history.states[index].version
            if dates.states[version] == nil { dates.states[version] = try stateDate(version) }
            history.states[index].datedAt = dates.states[version]
        }
        for cutoff in cutoffs { try divide(history.versionFiles, at: cutoff, &dates) }
        if !exactly.isEmpty {
            for file in history.versionFiles
            where exactly.contains(file.version) && dates.versions[file.version] == nil {
                dates.versions[file.version] = try commitDate(file.version)
            }
        }
        var newer: Int64?
        for index in history.versionFiles.indices.reversed() {
            newer = dates.versions[history.versionFiles[index].version] ?? newer
            history.versionFiles[index].datedAt = newer
        }
        for index in history.checkpointFiles.indices where history.checkpointFiles[index].part == nil {
            let version = history.checkpointFiles[index].version
            let later = history.versionFiles.first { $0.version >= version }?.datedAt
            history.checkpointFiles[index].datedAt = dates.versions[version] ?? later
        }
        dates.keep(history)
        expiry.withLock { $0.dates = dates }
        return history
    }

    /// Reads the last version file that is not younger than the cutoff, and the first that is. What cannot be read
    /// counts as younger.
    private func divide(
        _ files: [StoredHistory.Item], at cutoff: Int64, _ dates: inout KnownDates
    ) throws(LogError) {
        var low = 0
        var high = files.count
        while low < high {
            let middle = (low + high) / 2
            let version = files[middle].version
            if dates.versions[version] == nil { dates.versions[version] = try commitDate(version) }
            if let date = dates.versions[version], date <= cutoff { low = middle + 1 } else { high = middle }
        }
    }

    private func stateDate(_ version: Version) throws(LogError) -> Int64? {
        do throws(LogError) {
            let manifest = try stateManifest(at: version)
            return max(manifest.createdAt, manifest.timestamp)
        } catch {
            guard error.isDamage else { throw error }
            options.warn("the age of state \(version) is not known: \(error)")
            return nil
        }
    }

    /// The time in the first line of a version file.
    private func commitDate(_ version: Version) throws(LogError) -> Int64? {
        let key = path.versionFile(version)
        do throws(StorageError) {
            let newLine = UInt8(ascii: "\n")
            var head = try store.storage.get(key, range: 0..<(1 << 16))
            if !head.contains(newLine) { head = try store.storage.get(key) }
            let line = Array(head.prefix { $0 != newLine })
            guard let info = try? JSONValue.parse(line).objectValue?["commitInfo"]?.objectValue else {
                return nil
            }
            guard info["version"]?.int64Value == version.rawValue else { return nil }
            return info["timestamp"]?.int64Value
        } catch {
            if error.kind == .notFound { return nil }
            throw .storage(error)
        }
    }
}
