package import Bytes
import Platform
package import Storage
import Synchronization

extension MemoryStorage {
    package func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try ObjectKey.check(key, .put)
        try state.withLock { (state) throws(StorageError) in try state.put(key, bytes) }
    }

    package func putIfAbsent(
        _ key: ByteString, fromLocal path: ByteString, sharing: Bool
    ) throws(StorageError) {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try FileDescriptor.open(path).readToEnd()
        } catch {
            throw StorageError(error, .put, key)
        }
        try putIfAbsent(key, bytes)
    }

    package func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter {
        try ObjectKey.check(key, .create)
        let file = try state.withLock { (state) throws(StorageError) in
            let lost = try state.step(.create, key)
            try state.checkPlace(key, .create)
            if state.current[key] != nil || state.directories.contains(key) {
                throw StorageError(.alreadyExists, .create, key)
            }
            state.makeDirectories(of: key)
            let file = File(bytes: [], modified: state.milliseconds)
            state.current[key] = file
            if lost { throw StorageError(.unknownOutcome, .create, key) }
            return file
        }
        return MemoryObjectWriter(key: key, file: file, storage: self)
    }

    package func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try ObjectKey.check(key, .overwrite)
        try state.withLock { (state) throws(StorageError) in
            let lost = try state.step(.overwrite, key)
            try state.checkPlace(key, .overwrite)
            if state.directories.contains(key) { throw StorageError(.invalid, .overwrite, key) }
            try state.checkSpace(UInt64(bytes.count), .overwrite, key)
            state.makeDirectories(of: key)
            state.current[key] = File(bytes: bytes, modified: state.milliseconds)
            if lost { throw StorageError(.unknownOutcome, .overwrite, key) }
        }
    }

    package func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool {
        try ObjectKey.check(key, .reserve)
        return try state.withLock { (state) throws(StorageError) in
            let lost = try state.step(.reserve, key)
            try state.checkPlace(key, .reserve)
            if state.current[key] != nil || state.directories.contains(key) {
                throw StorageError(.alreadyExists, .reserve, key)
            }
            try state.checkSpace(sizeBytes, .reserve, key)
            state.makeDirectories(of: key)
            let file = File(bytes: [], modified: state.milliseconds)
            file.reservedBytes = sizeBytes
            state.current[key] = file
            if lost { throw StorageError(.unknownOutcome, .reserve, key) }
            return true
        }
    }

    package func delete(_ key: ByteString) throws(StorageError) {
        try ObjectKey.check(key, .delete)
        try state.withLock { (state) throws(StorageError) in
            let lost = try state.step(.delete, key)
            if state.directories.contains(key) { throw StorageError(.invalid, .delete, key) }
            state.current[key] = nil
            if lost { throw StorageError(.unknownOutcome, .delete, key) }
        }
    }

    package func syncDeletions(in directory: ByteString) throws(StorageError) {
        try ObjectKey.checkDirectory(directory, .delete)
        try state.withLock { (state) throws(StorageError) in
            let lost = try state.step(.delete, directory, "sync")
            state.syncNames(of: directory)
            if lost { throw StorageError(.unknownOutcome, .delete, directory) }
        }
    }

    @discardableResult
    package func deleteDirectoryIfEmpty(_ directory: ByteString) throws(StorageError) -> Bool {
        try ObjectKey.check(directory, .delete)
        return try state.withLock { (state) throws(StorageError) in
            let lost = try state.step(.delete, directory, "directory")
            if state.current[directory] != nil { throw StorageError(.notFound, .delete, directory) }
            let keys = Set(state.current.keys).union(state.directories)
            if keys.contains(where: { ObjectKey.parent(of: $0) == directory }) { return false }
            state.directories.remove(directory)
            if lost { throw StorageError(.unknownOutcome, .delete, directory) }
            return true
        }
    }

    package func deleteAbandoned(
        in directory: ByteString, before milliseconds: Int64
    ) throws(StorageError) {
        try ObjectKey.checkDirectory(directory, .delete)
        // Puts in memory have no temporary files.
        try state.withLock { (state) throws(StorageError) in
            _ = try state.step(.delete, directory, "abandoned")
        }
    }
}

extension MemoryStorage.State {
    /// Contents and their sync, the link, the sync of the directory.
    mutating func put(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        // A lost reply of the first step loses nothing: the temporary file has a name that nobody else knows.
        _ = try step(.put, key, "contents")
        try checkPlace(key, .put)
        try checkSpace(UInt64(bytes.count), .put, key)
        makeDirectories(of: key)
        let file = MemoryStorage.File(bytes: bytes, modified: milliseconds)
        file.sync()
        let linkLost = try step(.put, key, "link")
        if current[key] != nil || directories.contains(key) { throw StorageError(.alreadyExists, .put, key) }
        current[key] = file
        if linkLost { throw StorageError(.unknownOutcome, .put, key) }
        let syncLost: Bool
        do throws(StorageError) {
            syncLost = try step(.put, key, "sync")
        } catch {
            if isDead { throw error }
            throw StorageError(.unknownOutcome, .put, key, detail: "the directory could not be synced")
        }
        syncNames(of: ObjectKey.parent(of: key))
        if syncLost { throw StorageError(.unknownOutcome, .put, key) }
    }
}

/// Writes into a storage in memory; not durable before it is finished.
final class MemoryObjectWriter: ObjectWriter {
    let key: ByteString
    private(set) var bytesWritten: UInt64 = 0
    private let file: MemoryStorage.File
    private let storage: MemoryStorage
    private var isOpen = true

    init(key: ByteString, file: MemoryStorage.File, storage: MemoryStorage) {
        self.key = key
        self.file = file
        self.storage = storage
    }

    deinit { abort() }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard isOpen else { throw StorageError(.invalid, .write, key, detail: "it is closed") }
        do throws(StorageError) {
            try storage.state.withLock { (state) throws(StorageError) in
                _ = try state.step(.write, key)
                try state.checkSpace(UInt64(bytes.count), .write, key)
                file.bytes.append(contentsOf: bytes)
                file.modified = state.milliseconds
            }
        } catch {
            abort()
            throw error
        }
        bytesWritten += UInt64(bytes.count)
    }

    func finish() throws(StorageError) {
        guard isOpen else { throw StorageError(.invalid, .finish, key, detail: "it is closed") }
        do throws(StorageError) {
            try storage.state.withLock { (state) throws(StorageError) in
                let contentsLost = try state.step(.finish, key, "contents")
                if contentsLost { throw StorageError(.failedSync, .finish, key) }
                file.sync()
                let lost = try state.step(.finish, key, "sync")
                if state.current[key] === file { state.syncNames(of: ObjectKey.parent(of: key)) }
                if lost { throw StorageError(.failedSync, .finish, key) }
            }
        } catch {
            abort()
            throw error
        }
        isOpen = false
    }

    func abort() {
        guard isOpen else { return }
        isOpen = false
        storage.state.withLock { state in
            // A dead process deletes nothing.
            if !state.isDead, state.current[key] === file { state.current[key] = nil }
        }
    }
}
