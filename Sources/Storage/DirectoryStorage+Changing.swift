package import Bytes
import Platform

extension DirectoryStorage {
    package func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter {
        try ObjectKey.check(key, .create)
        return try withParent(of: key, .create) { (parent) throws(StorageError) -> any ObjectWriter in
            do throws(Errno) {
                let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
                let file = try parent.openAt(ObjectKey.name(of: key), flags)
                let writer = LocalObjectWriter(key: key, file: file, parent: try parent.duplicate())
                try makeParentDurable(of: key, parent)
                return writer
            } catch {
                throw StorageError(error, .create, key)
            }
        }
    }

    package func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try ObjectKey.check(key, .overwrite)
        try withParent(of: key, .overwrite) { (parent) throws(StorageError) in
            let temporary = temporaryName()
            do throws(Errno) {
                let file = try parent.openAt(temporary, [.writeOnly, .create, .exclusive, .noFollow])
                try file.write(bytes)
                try FileSystemCalls.rename(
                    temporary, at: parent.rawValue, to: ObjectKey.name(of: key), in: parent.rawValue)
            } catch {
                try? FileSystemCalls.unlink(temporary, at: parent.rawValue)
                throw StorageError(error, .overwrite, key)
            }
        }
    }

    package func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool {
        try ObjectKey.check(key, .reserve)
        return try withParent(of: key, .reserve) { (parent) throws(StorageError) -> Bool in
            let name = ObjectKey.name(of: key)
            do throws(Errno) {
                let file = try parent.openAt(name, [.writeOnly, .create, .exclusive, .noFollow])
                do throws(Errno) {
                    try file.allocate(sizeBytes: Int64(clamping: sizeBytes))
                    return true
                } catch {
                    try? FileSystemCalls.unlink(name, at: parent.rawValue)
                    // A file system that cannot is none that is full.
                    if error == .eopnotsupp || error == .enosys { return false }
                    throw error
                }
            } catch {
                throw StorageError(error, .reserve, key)
            }
        }
    }

    package func delete(_ key: ByteString) throws(StorageError) {
        try ObjectKey.check(key, .delete)
        do throws(Errno) {
            let parent = try openParent(of: key)
            try FileSystemCalls.unlink(ObjectKey.name(of: key), at: parent.rawValue)
        } catch .enoent {
            return
        } catch .enotdir {
            return
        } catch {
            throw StorageError(error, .delete, key)
        }
    }

    package func syncDeletions(in directory: ByteString) throws(StorageError) {
        try ObjectKey.checkDirectory(directory, .delete)
        do throws(Errno) {
            try open(directory, .directory).sync()
        } catch .enoent {
            return
        } catch {
            throw StorageError(error, .delete, directory)
        }
    }

    @discardableResult
    package func deleteDirectoryIfEmpty(_ directory: ByteString) throws(StorageError) -> Bool {
        try ObjectKey.check(directory, .delete)
        do throws(Errno) {
            let parent = try openParent(of: directory)
            try FileSystemCalls.removeDirectory(ObjectKey.name(of: directory), at: parent.rawValue)
        } catch .enoent {
        } catch .enotempty {
            return false
        } catch .eexist {
            return false
        } catch {
            throw StorageError(error, .delete, directory)
        }
        forget(directory)
        return true
    }

    package func deleteAbandoned(
        in directory: ByteString, before milliseconds: Int64
    ) throws(StorageError) {
        try ObjectKey.checkDirectory(directory, .delete)
        do throws(Errno) {
            let handle = try open(directory, .directory)
            for entry in try FileSystemCalls.list(try handle.duplicateForListing())
            where entry.name.hasPrefix(".firn-") {
                do throws(Errno) {
                    let status = try FileSystemCalls.status(
                        entry.name, at: handle.rawValue, followLinks: false)
                    guard status.isRegular, status.modificationMilliseconds < milliseconds else { continue }
                    try FileSystemCalls.unlink(entry.name, at: handle.rawValue)
                } catch .enoent {
                    continue  // its writer lives and is done
                }
            }
        } catch .enoent {
            return
        } catch {
            throw StorageError(error, .delete, directory)
        }
    }
}
