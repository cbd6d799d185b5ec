package import Bytes

/// The entries of a directory, frozen when it is opened.
///
/// The bytes are the stream that a listing sends, in the layout of Linux's `fuse_dirent`, so that a reply is a slice of
/// it and nothing is formatted twice:
///
///     inode u64 | offset of the next entry u64 | length of the name u32 | type u32 | name, padded with 0 to 8
///
/// An offset is a position in this stream, hence stable as long as the snapshot lives. Snapshots are immutable and
/// shared: one for all who open a directory at the same version.
package final class DirectorySnapshot: Sendable {
    /// One name of a directory.
    package struct Entry {
        package let inode: InodeNumber
        package let kind: FileKind
        /// Valid while the snapshot lives.
        package let nameBytes: UnsafeRawBufferPointer
        /// Where the next entry begins.
        package let nextOffset: UInt64
        /// The entry as it is sent.
        package let encoded: UnsafeRawBufferPointer

        package var name: ByteString { ByteString(nameBytes) }
        package var isDot: Bool {
            nameBytes[0] == UInt8(ascii: ".")
                && (nameBytes.count == 1 || nameBytes.count == 2 && nameBytes[1] == UInt8(ascii: "."))
        }
    }

    static let headerBytes = 24

    /// Owned, freed with the snapshot, never written again.
    nonisolated(unsafe) private let stream: UnsafeRawBufferPointer
    /// Entries, with `.` and `..`.
    package let count: Int

    fileprivate init(stream: UnsafeRawBufferPointer, count: Int) {
        self.stream = stream
        self.count = count
    }

    deinit { stream.deallocate() }

    package var sizeBytes: Int { stream.count }

    /// The entry that begins at `offset`; `nil` at the end and for an offset that no listing gave.
    package func entry(at offset: UInt64) -> Entry? {
        guard offset % 8 == 0, offset < UInt64(stream.count) else { return nil }
        let start = Int(offset)
        guard start + Self.headerBytes <= stream.count else { return nil }
        let length = Int(stream.load(fromByteOffset: start + 16, as: UInt32.self))
        let end = start + (Self.headerBytes + length + 7) & ~7
        let type = stream.load(fromByteOffset: start + 20, as: UInt32.self)
        guard length > 0, length <= 255, end <= stream.count,
            stream.load(fromByteOffset: start + 8, as: UInt64.self) == UInt64(end),
            let kind = FileKind(rawValue: UInt8(truncatingIfNeeded: type))
        else { return nil }
        return Entry(
            inode: InodeNumber(stream.load(fromByteOffset: start, as: UInt64.self)), kind: kind,
            nameBytes: UnsafeRawBufferPointer(
                rebasing: stream[start + Self.headerBytes..<start + Self.headerBytes + length]),
            nextOffset: UInt64(end), encoded: UnsafeRawBufferPointer(rebasing: stream[start..<end]))
    }

    /// The whole entries from `offset` on that fit into `limit` bytes, as they are sent.
    package func slice(from offset: UInt64, limit: Int) -> UnsafeRawBufferPointer {
        guard entry(at: offset) != nil else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = Int(offset)
        var end = start
        let bound = limit < stream.count - start ? start + limit : stream.count
        while end < bound {
            let next = Int(stream.load(fromByteOffset: end + 8, as: UInt64.self))
            if next > bound { break }
            end = next
        }
        return UnsafeRawBufferPointer(rebasing: stream[start..<end])
    }

    /// All names in order, without `.` and `..`: for tests and for small directories.
    package var names: [ByteString] {
        var result: [ByteString] = []
        var offset: UInt64 = 0
        while let entry = entry(at: offset) {
            if !entry.isDot { result.append(entry.name) }
            offset = entry.nextOffset
        }
        return result
    }

    /// Writes a listing once; `finish` freezes it.
    package struct Builder: ~Copyable {
        private var stream: UnsafeMutableRawBufferPointer
        private var used = 0
        private var count = 0

        /// Begins with `.` and `..`; `expectedCount` avoids growing.
        package init(directory: InodeNumber, parent: InodeNumber, expectedCount: Int = 16) {
            stream = .allocate(byteCount: (expectedCount + 2) * 64, alignment: 8)
            append(".", inode: directory, kind: .directory)
            append("..", inode: parent, kind: .directory)
        }

        deinit { stream.deallocate() }

        package mutating func append(_ name: ByteString, inode: InodeNumber, kind: FileKind) {
            name.withUnsafeBytes { append($0, inode: inode, kind: kind) }
        }

        /// Names of more than 255 bytes or none cannot be listed and are a mistake of the caller.
        package mutating func append(_ name: UnsafeRawBufferPointer, inode: InodeNumber, kind: FileKind) {
            precondition(!name.isEmpty && name.count <= 255, "a name has 1 to 255 bytes")
            let header = DirectorySnapshot.headerBytes
            let size = (header + name.count + 7) & ~7
            reserve(size)
            let base = stream.baseAddress! + used
            base.storeBytes(of: inode.rawValue, as: UInt64.self)
            base.storeBytes(of: UInt64(used + size), toByteOffset: 8, as: UInt64.self)
            base.storeBytes(of: UInt32(name.count), toByteOffset: 16, as: UInt32.self)
            base.storeBytes(of: kind.directoryEntryType, toByteOffset: 20, as: UInt32.self)
            (base + header).copyMemory(from: name.baseAddress!, byteCount: name.count)
            let padding = size - header - name.count
            if padding > 0 {
                (base + header + name.count).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
            }
            used += size
            count += 1
        }

        package consuming func finish() -> DirectorySnapshot {
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: used, alignment: 8)
            exact.copyMemory(from: UnsafeRawBufferPointer(rebasing: stream[..<used]))
            return DirectorySnapshot(stream: UnsafeRawBufferPointer(exact), count: count)
        }

        private mutating func reserve(_ size: Int) {
            guard used + size > stream.count else { return }
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(stream.count * 2, used + size), alignment: 8)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: stream[..<used]))
            stream.deallocate()
            stream = larger
        }
    }
}
