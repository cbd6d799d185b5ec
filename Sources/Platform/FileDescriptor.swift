package import Bytes
import CLinux
import Glibc

/// An open file, closed when it goes out of use.
///
/// `close()` tells whether closing failed; a file whose closing does not matter is simply dropped.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    /// Takes over a descriptor that nobody else closes.
    package init(owning rawValue: Int32) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Opens `path` (relative to the working directory).
    package static func open(
        _ path: ByteString, _ flags: OpenFlags = .readOnly, permissions: UInt32 = 0o666
    ) throws(Errno) -> FileDescriptor {
        try open(path, flags, permissions: permissions, relativeTo: AT_FDCWD)
    }

    /// Opens `path` relative to this directory.
    package borrowing func openAt(
        _ path: ByteString, _ flags: OpenFlags = .readOnly, permissions: UInt32 = 0o666
    ) throws(Errno) -> FileDescriptor {
        try FileDescriptor.open(path, flags, permissions: permissions, relativeTo: rawValue)
    }

    private static func open(
        _ path: ByteString, _ flags: OpenFlags, permissions: UInt32, relativeTo directory: Int32
    ) throws(Errno) -> FileDescriptor {
        let raw = try path.withPath { (text) throws(Errno) -> Int32 in
            try retrying { Glibc.openat(directory, text, flags.rawValue | O_CLOEXEC, mode_t(permissions)) }
        }
        return FileDescriptor(owning: raw)
    }

    /// Opens `path` below this directory; a symbolic link or a step outside on the way is an error (ELOOP,
    /// EXDEV). ENOSYS before Linux 5.6.
    package borrowing func openBeneath(
        _ path: ByteString, _ flags: OpenFlags = .readOnly, permissions: UInt32 = 0o666
    ) throws(Errno) -> FileDescriptor {
        let directory = rawValue
        let mode = flags.contains(.create) ? UInt64(permissions) : 0
        let raw = try path.withPath { (text) throws(Errno) -> Int32 in
            while true {
                do throws(Errno) {
                    return try retrying {
                        firn_open_beneath(directory, text, UInt64(flags.rawValue | O_CLOEXEC), mode)
                    }
                } catch .eagain {
                    // Somewhere a directory was being renamed while the kernel resolved the path.
                    continue
                }
            }
        }
        return FileDescriptor(owning: raw)
    }

    /// Closes the file and tells whether that failed; it is closed in either case.
    package consuming func close() throws(Errno) {
        let raw = rawValue
        discard self
        _ = try once { Glibc.close(raw) }
    }

    /// Gives the descriptor to the caller, who closes it.
    package consuming func release() -> Int32 {
        let raw = rawValue
        discard self
        return raw
    }

    /// A second descriptor of the same open file.
    package borrowing func duplicate() throws(Errno) -> FileDescriptor {
        let raw = rawValue
        return FileDescriptor(owning: try retrying { fcntl(raw, F_DUPFD_CLOEXEC, 0) })
    }

    package borrowing func status() throws(Errno) -> FileStatus {
        let raw = rawValue
        var buffer = stat()
        _ = try retrying { fstat(raw, &buffer) }
        return FileStatus(buffer)
    }

    package borrowing func truncate(to sizeBytes: Int64) throws(Errno) {
        let raw = rawValue
        _ = try retrying { ftruncate(raw, off_t(sizeBytes)) }
    }

    /// Lets the first bytes of the file take their room without being written.
    package borrowing func allocate(sizeBytes: Int64) throws(Errno) {
        let raw = rawValue
        _ = try retrying { firn_allocate(raw, sizeBytes) }
    }

    /// Waits until contents and attributes are on disk. Never call it again on a file for which it has failed:
    /// the kernel has dropped what it could not write and would report success.
    package borrowing func sync() throws(Errno) {
        let raw = rawValue
        _ = try once { fsync(raw) }
    }

    /// Like ``sync()``, without the attributes that reading does not need.
    package borrowing func syncData() throws(Errno) {
        let raw = rawValue
        _ = try once { fdatasync(raw) }
    }
}
