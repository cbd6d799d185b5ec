package import Bytes
import Platform

// Put-if-absent: a temporary file in the same directory, synced, linked to the final name, the directory synced.
extension DirectoryStorage {
    package func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try put(key) { (file) throws(Errno) in try file.write(bytes) }
    }

    package func putIfAbsent(
        _ key: ByteString, fromLocal path: ByteString, sharing: Bool
    ) throws(StorageError) {
        let source = try DirectoryStorage.openSource(path, sharing ? .noFollow : .readOnly, for: key)
        if sharing, try share(path, source, as: key) { return }
        try put(key) { (file) throws(Errno) in try DirectoryStorage.copy(source, to: file) }
    }

    private static func openSource(
        _ path: ByteString, _ flags: OpenFlags, for key: ByteString
    ) throws(StorageError) -> FileDescriptor {
        do throws(Errno) {
            return try FileDescriptor.open(path, flags)
        } catch {
            throw StorageError(error, .put, key)
        }
    }

    /// Makes `key` a second name of a local file; false where the file is on another file system.
    private func share(
        _ path: ByteString, _ source: borrowing FileDescriptor, as key: ByteString
    ) throws(StorageError) -> Bool {
        try ObjectKey.check(key, .put)
        do throws(Errno) {
            try source.sync()
        } catch {
            throw StorageError(.failedSync, .put, key, errno: error)
        }
        return try withParent(of: key, .put) { (parent) throws(StorageError) -> Bool in
            let before = (try? source.status().linkCount) ?? 0
            do throws(Errno) {
                try FileSystemCalls.link(path, to: ObjectKey.name(of: key), in: parent.rawValue)
            } catch .exdev {
                return false
            } catch .eperm {
                return false  // a file system without hard links
            } catch .emlink {
                return false
            } catch {
                try judge(error, linked: ((try? source.status().linkCount) ?? 0) > before, key)
            }
            try syncName(key, in: parent)
            return true
        }
    }

    private func put(
        _ key: ByteString, _ fill: (borrowing FileDescriptor) throws(Errno) -> Void
    ) throws(StorageError) {
        try ObjectKey.check(key, .put)
        try withParent(of: key, .put) { (parent) throws(StorageError) in
            let temporary = temporaryName()
            let file = try filled(temporary, in: parent, key, fill)
            defer { try? FileSystemCalls.unlink(temporary, at: parent.rawValue) }
            do throws(Errno) {
                try FileSystemCalls.link(
                    temporary, at: parent.rawValue, to: ObjectKey.name(of: key), in: parent.rawValue)
            } catch {
                try judge(error, linked: ((try? file.status().linkCount) ?? 0) > 1, key)
            }
            // The temporary name goes before the directory is synced, so that one sync settles both.
            try? FileSystemCalls.unlink(temporary, at: parent.rawValue)
            try syncName(key, in: parent)
        }
    }

    /// A temporary file with its contents, on disk.
    private func filled(
        _ temporary: ByteString, in parent: borrowing FileDescriptor, _ key: ByteString,
        _ fill: (borrowing FileDescriptor) throws(Errno) -> Void
    ) throws(StorageError) -> FileDescriptor {
        let file: FileDescriptor
        do throws(Errno) {
            file = try parent.openAt(temporary, [.writeOnly, .create, .exclusive, .noFollow])
        } catch {
            throw StorageError(error, .put, key)
        }
        do throws(Errno) {
            try fill(file)
        } catch {
            try? FileSystemCalls.unlink(temporary, at: parent.rawValue)
            throw StorageError(error, .put, key)
        }
        do throws(Errno) {
            // Before the link, so that a failure leaves no name behind.
            try makeParentDurable(of: key, parent)
            try file.sync()
        } catch {
            try? FileSystemCalls.unlink(temporary, at: parent.rawValue)
            throw StorageError(DirectoryStorage.syncFailure(error), .put, key, errno: error)
        }
        return file
    }

    /// Decides what a failed link means; returns where it has happened all the same.
    ///
    /// A network file system may repeat a call whose reply was lost, and then find its own link. The number of
    /// links of a file that only we know tells.
    private func judge(_ error: Errno, linked: Bool, _ key: ByteString) throws(StorageError) {
        if linked { return }
        let failure = StorageError(error, .put, key)
        if failure.kind == .unavailable {
            throw StorageError(.unknownOutcome, .put, key, errno: error, detail: "link failed")
        }
        throw failure
    }

    /// Makes a new name durable with the directories above it. Where that fails the object is there, and may be gone
    /// after a crash.
    private func syncName(_ key: ByteString, in parent: borrowing FileDescriptor) throws(StorageError) {
        do throws(Errno) {
            try makeParentDurable(of: key, parent)
            try parent.sync()
        } catch {
            throw StorageError(
                .unknownOutcome, .put, key, errno: error, detail: "the directory could not be synced")
        }
    }

    /// A full disk may show only when data is written back.
    static func syncFailure(_ error: Errno) -> StorageError.Kind {
        error == .enospc || error == .edquot ? .noSpace : .failedSync
    }

    /// Calls `body` with the directory of `key`; again where another process deleted it, empty, meanwhile.
    func withParent<R>(
        of key: ByteString, _ operation: StorageError.Operation,
        _ body: (borrowing FileDescriptor) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        var attempt = 0
        while true {
            attempt += 1
            do throws(StorageError) {
                let parent: FileDescriptor
                do throws(Errno) {
                    parent = try openOrMakeParent(of: key)
                } catch {
                    throw StorageError(error, operation, key)
                }
                return try body(parent)
            } catch {
                guard error.errno == .enoent, attempt < 100 else { throw error }
                forget(ObjectKey.parent(of: key))
            }
        }
    }

    private static func copy(
        _ source: borrowing FileDescriptor, to target: borrowing FileDescriptor
    ) throws(Errno) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4_096)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try source.read(into: buffer, at: offset)
            if count == 0 { return }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}
