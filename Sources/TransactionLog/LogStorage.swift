import Bytes
import Metadata
import Storage

/// One table's metadata objects: the few things that a log asks of a storage, with their errors told apart.
struct LogStorage: Sendable {
    let storage: any ObjectStorage
    let path: LogPath

    /// What became of a put-if-absent.
    enum Creation {
        case created
        case exists
        /// There or not, nobody knows; `mayVanish` where it is there and a crash could take it away.
        case unknown(StorageError, mayVanish: Bool)
        /// Not there; what was written before on the same disk may not be either.
        case syncFailed(StorageError)
        /// Not there.
        case failed(StorageError)
    }

    func create(_ key: ByteString, _ bytes: [UInt8]) -> Creation {
        do throws(StorageError) {
            try storage.putIfAbsent(key, bytes)
            return .created
        } catch {
            switch error.kind {
            case .alreadyExists: return .exists
            case .unknownOutcome: return .unknown(error, mayVanish: error.errno != nil)
            case .failedSync: return .syncFailed(error)
            default: return .failed(error)
            }
        }
    }

    /// Makes the names in the log's directory, or in another, durable: a put that succeeds syncs them all.
    ///
    /// A put whose reply was lost may have left a name that readers see and a crash takes away.
    func confirmNames(_ tag: UInt64, in directory: ByteString? = nil) -> Bool {
        let key = (directory ?? path.directory) + ByteString("_confirm-" + Hex.string(tag))
        guard case .created = create(key, []) else { return false }
        try? storage.delete(key)
        return true
    }

    /// nil where there is no such object.
    func read(_ key: ByteString) throws(LogError) -> [UInt8]? {
        do throws(StorageError) { return try storage.get(key) } catch {
            if error.kind == .notFound { return nil }
            throw .storage(error)
        }
    }

    func exists(_ key: ByteString) throws(LogError) -> Bool {
        do throws(StorageError) { return try storage.exists(key) } catch { throw .storage(error) }
    }

    /// The transactions of a version; nil where its file is not there.
    ///
    /// `columns` are the table's partition columns where they are known: another program's files need them.
    func transactions(
        of version: Version, columns: [ByteString]? = nil
    ) throws(LogError) -> [CommittedTransaction]? {
        try transactions(of: version) { () throws(LogError) in
            if let columns { return columns }
            return try version.rawValue == 0 ? [] : ForeignDefinition.find(in: self).partitionColumns
        }
    }

    /// The same, with the partition columns asked for where they are needed.
    func transactions(
        of version: Version, columns: () throws(LogError) -> [ByteString]
    ) throws(LogError) -> [CommittedTransaction]? {
        guard let bytes = try read(path.versionFile(version)) else { return nil }
        let text: [UInt8]
        do throws(DecodeError) { text = try ForeignVersionFile.decompressed(bytes) ?? bytes } catch {
            throw .damaged(file: LogPath.versionFileName(version).display, line: nil, error)
        }
        guard ForeignVersionFile.isForeign(text) else {
            return try VersionFile.decode(bytes, version: version)
        }
        return try ForeignVersionFile.decode(text, version: version, columns: columns)
    }

    /// Versions, states and checkpoints; only those from `floor` on where there is one (states below may be among them).
    func listing(from floor: Version?) throws(LogError) -> LogListing {
        let after = floor.flatMap {
            $0.rawValue > 0 ? LogPath.versionFileName(Version($0.rawValue - 1)) : nil
        }
        let infos: [ObjectInfo]
        do throws(StorageError) {
            infos = try storage.list(path.logDirectory, after: after)
        } catch {
            throw .storage(error)
        }
        var listing = LogListing(versions: [], states: [], isWhole: after == nil)
        for info in infos {
            if !info.isDirectory, let version = LogPath.version(ofVersionFile: info.name) {
                listing.versions.append(version)
            } else if !info.isDirectory, let file = CheckpointFile(name: info.name) {
                if file.part == nil { listing.checkpoints.append(file.version) }
            } else if info.isDirectory, let version = LogPath.version(ofState: info.name) {
                if version >= floor ?? version { listing.states.append(version) }
            }
        }
        listing.states.sort()
        return listing
    }

    /// The version that the hint names; nil where it is absent or cannot be read, which is no error.
    func hint() -> Version? {
        guard let bytes = try? storage.get(path.hint) else { return nil }
        return LastCheckpoint.version(in: bytes)
    }

    /// Writes the hint unless it names a later state that is there. A hint that is lost costs a listing, no more.
    func writeHint(_ hint: LastCheckpoint, warn: (String) -> Void) {
        if let known = self.hint(), known > hint.version, (try? exists(path.stateManifest(known))) ?? true {
            return
        }
        do throws(StorageError) {
            try storage.overwriteHint(path.hint, hint.bytes)
        } catch {
            warn("the hint could not be written: \(error)")
        }
    }
}
