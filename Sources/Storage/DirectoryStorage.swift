package import Bytes
package import Platform
import Synchronization

/// Objects as files below a directory.
///
/// Below the root no symbolic link is followed, so that no key leads outside. Temporary files have names that
/// begin with `.firn-`, which no key can have.
package final class DirectoryStorage: ObjectStorage {
    package let root: ByteString
    package let identity: ByteString
    let directory: FileDescriptor
    let entropy: any Entropy
    /// Whether the kernel can resolve a path beneath a directory; otherwise paths are walked step by step.
    private let resolvesBeneath: Bool
    /// The inode numbers of directories whose names are known to be on disk.
    let durableDirectories = Mutex<[ByteString: UInt64]>([:])

    /// Opens the directory; with `create`, makes it where it is not there. `stepwise` walks paths even where the kernel
    /// can resolve them beneath a directory.
    package init(
        root: ByteString, create: Bool = false, stepwise: Bool = false, entropy: any Entropy
    ) throws(StorageError) {
        self.entropy = entropy
        do throws(Errno) {
            if create { try DirectoryStorage.make(root) }
            self.root = try FileSystemCalls.realPath(root)
            directory = try FileDescriptor.open(self.root, .directory)
            let status = try directory.status()
            identity = ByteString("directory:\(Hex.string(status.device)):\(status.inode)")
        } catch {
            throw StorageError(error, .open, root)
        }
        // Where a sandbox refuses the call, walking does the same in more steps.
        resolvesBeneath = !stepwise && (try? directory.openBeneath(".", .directory).rawValue) != nil
    }

    private static func make(_ root: ByteString) throws(Errno) {
        do throws(Errno) {
            try FileSystemCalls.makeDirectory(root)
        } catch .eexist {
            return
        }
        try FileDescriptor.open(root, .directory).openAt("..", .directory).sync()
    }

    /// Opens a file or directory below the root.
    func open(
        _ key: ByteString, _ flags: OpenFlags, permissions: UInt32 = 0o666
    ) throws(Errno) -> FileDescriptor {
        if key.isEmpty { return try directory.openAt(".", flags) }
        if resolvesBeneath { return try directory.openBeneath(key, flags, permissions: permissions) }
        var current = try directory.openAt(".", [.directory, .path])
        let components = key.bytes.split(separator: UInt8(ascii: "/"))
        for component in components.dropLast() {
            current = try Self.step(from: current, to: ByteString(component), [.directory, .path])
        }
        let last = ByteString(components.last ?? [])
        return try Self.step(from: current, to: last, flags, permissions: permissions)
    }

    /// Opens one name without following it. A symbolic link in a directory's place is ELOOP, as it is where the kernel
    /// resolves the whole path; openat(2) alone cannot tell it from a file.
    private static func step(
        from directory: borrowing FileDescriptor, to name: ByteString, _ flags: OpenFlags,
        permissions: UInt32 = 0o666
    ) throws(Errno) -> FileDescriptor {
        do throws(Errno) {
            return try directory.openAt(name, flags.union(.noFollow), permissions: permissions)
        } catch .enotdir {
            let status = try FileSystemCalls.status(name, at: directory.rawValue, followLinks: false)
            throw status.kind == .symbolicLink ? .eloop : .enotdir
        }
    }

    /// The directory that holds `key`, open; it can be read and synced.
    func openParent(of key: ByteString) throws(Errno) -> FileDescriptor {
        try open(ObjectKey.parent(of: key), .directory)
    }

    /// A name for a temporary file.
    func temporaryName() -> ByteString {
        ByteString(".firn-\(Processes.currentID)-\(Hex.string(entropy.uint64()))")
    }

    package func localPath(of key: ByteString) -> ByteString? { root + "/" + key }

    package func space() throws(StorageError) -> StorageSpace? {
        do throws(Errno) {
            let space = try FileSystemCalls.space(of: root)
            return StorageSpace(capacityBytes: space.capacityBytes, availableBytes: space.availableBytes)
        } catch {
            throw StorageError(error, .space, "")
        }
    }
}
