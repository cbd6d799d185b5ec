import Glibc

/// What stat(2) tells of a file.
package struct FileStatus: Equatable, Sendable {
    /// The type bits of a mode, or of a directory entry.
    package enum Kind: Equatable, Sendable {
        case regular, directory, symbolicLink, other, unknown
    }

    package var kind: Kind
    package var device: UInt64
    package var inode: UInt64
    /// Permission bits, without the type.
    package var permissions: UInt32
    package var linkCount: UInt64
    package var user: UInt32
    package var group: UInt32
    package var sizeBytes: Int64
    /// In units of 512 bytes.
    package var blocks: Int64
    package var modificationNanoseconds: Int64
    package var changeNanoseconds: Int64

    package var modificationMilliseconds: Int64 { modificationNanoseconds / 1_000_000 }
    package var isDirectory: Bool { kind == .directory }
    package var isRegular: Bool { kind == .regular }

    init(_ raw: stat) {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        permissions = UInt32(raw.st_mode & 0o7777)
        linkCount = UInt64(raw.st_nlink)
        user = raw.st_uid
        group = raw.st_gid
        sizeBytes = Int64(raw.st_size)
        blocks = Int64(raw.st_blocks)
        modificationNanoseconds = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
        changeNanoseconds = Int64(raw.st_ctim.tv_sec) * 1_000_000_000 + Int64(raw.st_ctim.tv_nsec)
    }
}

/// What statvfs(2) tells of the file system that holds a file.
package struct FileSystemSpace: Equatable, Sendable {
    package var capacityBytes: UInt64
    /// Free for those who are not root.
    package var availableBytes: UInt64
    package var totalFiles: UInt64
    package var availableFiles: UInt64

    init(_ raw: statvfs) {
        capacityBytes = UInt64(raw.f_blocks) * UInt64(raw.f_frsize)
        availableBytes = UInt64(raw.f_bavail) * UInt64(raw.f_frsize)
        totalFiles = UInt64(raw.f_files)
        availableFiles = UInt64(raw.f_favail)
    }
}
