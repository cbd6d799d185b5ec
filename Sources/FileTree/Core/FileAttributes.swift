/// The type of a file, with the bits that `st_mode` and directory entries have for it.
package enum FileKind: UInt8, Sendable {
    case pipe = 1
    case characterDevice = 2
    case directory = 4
    case blockDevice = 6
    case regular = 8
    case symbolicLink = 10
    case socket = 12

    /// `d_type` of a directory entry.
    package var directoryEntryType: UInt32 { UInt32(rawValue) }
    /// The `S_IFMT` part of a mode.
    package var modeBits: UInt32 { UInt32(rawValue) << 12 }

    /// The kind in a mode, `nil` where the mode has no valid one.
    package init?(mode: UInt32) { self.init(rawValue: UInt8((mode >> 12) & 0xf)) }
}

/// What `stat` shows of a file.
package struct FileAttributes: Equatable, Sendable {
    package var inode: InodeNumber
    package var kind: FileKind
    /// The twelve permission bits.
    package var permissions: UInt32
    package var sizeBytes: UInt64
    /// 512-byte units that are really allocated, so that `du` is right.
    package var blocks: UInt64
    package var linkCount: UInt32
    package var user: UInt32
    package var group: UInt32
    /// Nanoseconds since 1970.
    package var accessed: Int64
    package var modified: Int64
    package var changed: Int64
    package var device: UInt32
    /// `st_blksize`: what `cp` takes as its buffer size.
    package var blockSizeBytes: UInt32

    /// `st_blksize` of staging files: `cp` then writes in 1 MiB requests, eight times fewer.
    package static let stagingBlockSizeBytes: UInt32 = 1 << 20
    /// The same while answers to writes may be held.
    package static let heldBlockSizeBytes: UInt32 = 128 << 10

    /// All three times are `time`, blocks are the size rounded up unless given.
    package init(
        inode: InodeNumber, kind: FileKind, permissions: UInt32, sizeBytes: UInt64 = 0, blocks: UInt64? = nil,
        linkCount: UInt32 = 1, user: UInt32 = 0, group: UInt32 = 0, time: Int64 = 0, device: UInt32 = 0,
        blockSizeBytes: UInt32 = 4096
    ) {
        self.inode = inode
        self.kind = kind
        self.permissions = permissions & 0o7777
        self.sizeBytes = sizeBytes
        self.blocks = blocks ?? (sizeBytes + 511) / 512
        self.linkCount = linkCount
        self.user = user
        self.group = group
        accessed = time
        modified = time
        changed = time
        self.device = device
        self.blockSizeBytes = blockSizeBytes
    }

    package var mode: UInt32 { kind.modeBits | permissions }
}

/// What a `setattr` asks to change; `nil` leaves a field alone.
package struct AttributeChange: Equatable, Sendable {
    /// A time to set: a value, or the moment of the request.
    package enum Time: Equatable, Sendable {
        case now
        case nanoseconds(Int64)
    }

    package var permissions: UInt32?
    package var user: UInt32?
    package var group: UInt32?
    package var sizeBytes: UInt64?
    package var accessed: Time?
    package var modified: Time?

    package init(
        permissions: UInt32? = nil, user: UInt32? = nil, group: UInt32? = nil, sizeBytes: UInt64? = nil,
        accessed: Time? = nil, modified: Time? = nil
    ) {
        self.permissions = permissions
        self.user = user
        self.group = group
        self.sizeBytes = sizeBytes
        self.accessed = accessed
        self.modified = modified
    }
}

/// What `statfs` shows.
package struct FileSystemStatistics: Equatable, Sendable {
    package var blockSizeBytes: UInt64 = 4096
    package var blocks: UInt64 = 0
    package var freeBlocks: UInt64 = 0
    package var availableBlocks: UInt64 = 0
    package var files: UInt64 = 0
    package var freeFiles: UInt64 = 0
    package var nameLimitBytes: UInt64 = 255

    package init() {}
}
