package import Bytes
import CLinux
import Glibc

/// System calls on names. With `at`, a relative name is looked up in that open directory.
///
/// Calls that a signal interrupts are repeated, except those that sync.
package enum FileSystemCalls {
    /// The working directory, where a call takes a raw directory descriptor.
    package static let workingDirectory: Int32 = AT_FDCWD

    /// What `path` names, through symbolic links unless `followLinks` is false.
    package static func status(
        _ path: ByteString, at directory: Int32 = workingDirectory, followLinks: Bool = true
    ) throws(Errno) -> FileStatus {
        var buffer = stat()
        let flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW
        try path.withPath { (text) throws(Errno) in
            _ = try retrying { fstatat(directory, text, &buffer, flags) }
        }
        return FileStatus(buffer)
    }

    /// A second name for a file; EEXIST where it is taken.
    package static func link(
        _ old: ByteString, at oldDirectory: Int32 = workingDirectory, to new: ByteString,
        in newDirectory: Int32 = workingDirectory
    ) throws(Errno) {
        try both(old, new) { (old, new) throws(Errno) in
            _ = try retrying { linkat(oldDirectory, old, newDirectory, new, 0) }
        }
    }

    package static func unlink(_ path: ByteString, at directory: Int32 = workingDirectory) throws(Errno) {
        try path.withPath { (text) throws(Errno) in _ = try retrying { unlinkat(directory, text, 0) } }
    }

    package static func makeDirectory(
        _ path: ByteString, at directory: Int32 = workingDirectory, permissions: UInt32 = 0o777
    ) throws(Errno) {
        try path.withPath { (text) throws(Errno) in
            _ = try retrying { mkdirat(directory, text, mode_t(permissions)) }
        }
    }

    package static func removeDirectory(_ path: ByteString, at directory: Int32 = workingDirectory)
        throws(Errno)
    {
        try path.withPath { (text) throws(Errno) in
            _ = try retrying { unlinkat(directory, text, AT_REMOVEDIR) }
        }
    }

    /// Replaces what `new` names.
    package static func rename(
        _ old: ByteString, at oldDirectory: Int32 = workingDirectory, to new: ByteString,
        in newDirectory: Int32 = workingDirectory
    ) throws(Errno) {
        try both(old, new) { (old, new) throws(Errno) in
            _ = try retrying { renameat(oldDirectory, old, newDirectory, new) }
        }
    }

    /// EEXIST where `new` is taken.
    package static func renameNoReplace(
        _ old: ByteString, at oldDirectory: Int32 = workingDirectory, to new: ByteString,
        in newDirectory: Int32 = workingDirectory
    ) throws(Errno) {
        try both(old, new) { (old, new) throws(Errno) in
            _ = try retrying { firn_rename_no_replace(oldDirectory, old, newDirectory, new) }
        }
    }

    package static func symbolicLink(
        to target: ByteString, named path: ByteString, at directory: Int32 = workingDirectory
    ) throws(Errno) {
        try both(target, path) { (target, path) throws(Errno) in
            _ = try retrying { symlinkat(target, directory, path) }
        }
    }

    package static func readLink(
        _ path: ByteString, at directory: Int32 = workingDirectory
    ) throws(Errno) -> ByteString {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try path.withPath { (text) throws(Errno) -> Int in
            try retrying { readlinkat(directory, text, &buffer, buffer.count) }
        }
        return ByteString(buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    package static func setPermissions(
        _ permissions: UInt32, of path: ByteString, at directory: Int32 = workingDirectory
    ) throws(Errno) {
        try path.withPath { (text) throws(Errno) in
            _ = try retrying { fchmodat(directory, text, mode_t(permissions), 0) }
        }
    }

    package static func space(of path: ByteString) throws(Errno) -> FileSystemSpace {
        var buffer = statvfs()
        try path.withPath { (text) throws(Errno) in _ = try retrying { statvfs(text, &buffer) } }
        return FileSystemSpace(buffer)
    }

    /// Waits until the names in a directory are on disk.
    package static func syncDirectory(_ path: ByteString) throws(Errno) {
        try FileDescriptor.open(path, .directory).sync()
    }

    /// The absolute path without symbolic links, `.` and `..`.
    package static func realPath(_ path: ByteString) throws(Errno) -> ByteString {
        try path.withPath { (text) throws(Errno) -> ByteString in
            guard let resolved = realpath(text, nil) else { throw Errno.current }
            defer { free(resolved) }
            return ByteString([UInt8](UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))))
        }
    }

    private static func both(
        _ first: ByteString, _ second: ByteString,
        _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) throws(Errno) -> Void
    ) throws(Errno) {
        try first.withPath { (first) throws(Errno) in
            try second.withPath { (second) throws(Errno) in try body(first, second) }
        }
    }
}

extension FileSystemCalls {
    /// umount2(2). `lazily` takes it out of the tree now and ends it when its last user has gone.
    package static func unmount(_ path: ByteString, lazily: Bool) throws(Errno) {
        try path.withPath { (text) throws(Errno) in
            guard umount2(text, lazily ? Int32(MNT_DETACH) : 0) == 0 else { throw .current }
        }
    }
}
