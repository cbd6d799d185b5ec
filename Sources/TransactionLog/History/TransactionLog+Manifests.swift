package import Bytes
import Metadata
import Platform
import Storage
import Synchronization

/// What lies beside the states of a log, and which of it they name.
package struct ManifestSurvey: Sendable {
    package struct Object: Hashable, Sendable {
        /// Relative to the log's directory: `manifests/manifest-<16 hex>.avro`, as states name it.
        package var name: ByteString
        package var sizeBytes: Int64
    }

    /// All manifests that are there, and puts that only made names durable (`_confirm-…`): listed before the states
    /// were asked, so that what a newer state names is seen there.
    package var objects: [Object]
    /// What some state names, or the next state of this process will.
    package var used: Set<ByteString>
    /// Why nothing may be deleted by this: a sentence.
    package var obstacle: String?
    /// Parts of JSON checkpoints that are not there: of one that is being written, or that nobody finished.
    package var unlistedParts: [ByteString]

    /// Nothing refers to these; none where there is an obstacle.
    package var unreferenced: [Object] {
        obstacle == nil ? objects.filter { !used.contains($0.name) } : []
    }
}

// Manifests that no state names. Who decides has noted since when that is so; whether it still is, is looked at
// again right before they go.
extension TransactionLog {
    /// Lists what is there, then asks all states what they use.
    package func surveyManifests() throws(LogError) -> ManifestSurvey {
        try checkOwn()
        let objects = try store.manifestObjects()
        var survey = ManifestSurvey(
            objects: objects, used: Set(baseManifest?.manifestPaths ?? []),
            unlistedParts: try store.unlistedParts())
        for version in try store.listing(from: nil).states {
            do throws(LogError) {
                // Deleted halfway, or given up by a writer that died before its record.
                guard try store.exists(path.stateManifest(version)) else { continue }
                survey.used.formUnion(try StateReader(store, options).manifest(version).manifestPaths)
            } catch {
                guard error.isDamage else { throw error }
                survey.obstacle =
                    "state \(version) cannot be read, and which manifests it names is not known: \(error)"
                return survey
            }
        }
        if survey.used.isEmpty {
            survey.obstacle = "no state names any manifest; where that is an error, none could be had back"
        }
        return survey
    }

    /// Deletes those of these that no state names now, and tells which. No state of this process is written
    /// meanwhile.
    package func delete(unreferenced names: [ByteString]) throws(LogError) -> [ByteString] {
        guard !names.isEmpty else { return [] }
        return try stateWriting.withLock { (_) throws(LogError) -> [ByteString] in
            let there = Set(try surveyManifests().unreferenced.map(\.name))
            var deleted: [ByteString] = []
            for name in names where there.contains(name) {
                try store.delete(path.directory + name)
                deleted.append(name)
            }
            return deleted
        }
    }

    /// Asking all states what they name is work: unless asked for it is done once in an hour.
    package var isSweepDue: Bool {
        let now = clock.nowMilliseconds()
        guard let last = expiry.withLock({ $0.lastSweepMilliseconds }) else { return true }
        return now - last >= min(3_600_000, minManifestAgeMilliseconds) || now < last
    }

    package func noteSweep() {
        let now = clock.nowMilliseconds()
        expiry.withLock { $0.lastSweepMilliseconds = now }
    }

    /// How long a manifest must have been unreferenced: never so short that a state which names it could be on its
    /// way from another process.
    package var minManifestAgeMilliseconds: Int64 {
        max(current.properties.stateMinManifestAgeHours * 3_600_000, options.minManifestAgeMilliseconds)
    }

    func checkOwn() throws(LogError) {
        if current.definition.provider != "firn" {
            throw .unsupported("the table was written by another program and is read-only")
        }
        if isPoisoned { throw .poisoned }
    }
}

extension LogStorage {
    fileprivate func unlistedParts() throws(LogError) -> [ByteString] {
        let files: [CheckpointFile]
        do throws(StorageError) {
            files = try storage.list(path.logDirectory).filter { !$0.isDirectory }.compactMap {
                CheckpointFile(name: $0.name)
            }
        } catch {
            throw .storage(error)
        }
        let whole = Set(files.filter { $0.part == nil }.map(\.version))
        return files.filter { !whole.contains($0.version) }.map(\.name)
    }

    fileprivate func manifestObjects() throws(LogError) -> [ManifestSurvey.Object] {
        do throws(StorageError) {
            let confirmations = try storage.list(path.logDirectory, after: "_", withMetadata: true).filter {
                !$0.isDirectory && $0.name.hasPrefix("_confirm-")
            }
            let manifests = try storage.list(path.manifests, after: nil, withMetadata: true).filter {
                !$0.isDirectory && $0.name.hasPrefix("manifest-") && $0.name.hasSuffix(".avro")
            }
            return confirmations.map { ManifestSurvey.Object($0, in: "") }
                + manifests.map { ManifestSurvey.Object($0, in: "manifests/") }
        } catch {
            throw .storage(error)
        }
    }
}

extension ManifestSurvey.Object {
    fileprivate init(_ info: ObjectInfo, in directory: ByteString) {
        self.init(name: directory + info.name, sizeBytes: Int64(info.metadata?.sizeBytes ?? 0))
    }
}

extension StateManifest {
    /// The manifests of all sets.
    package var manifests: [ManifestInfo] {
        files.manifests + references.manifests + garbage.manifests + partitions.manifests
            + listedJobs.manifests + receiptManifests
    }

    package var manifestPaths: [ByteString] { manifests.map(\.path) }
}
