import Bytes
import Platform
import Synchronization

// New directories, and knowing that their names are on disk.
extension DirectoryStorage {
    /// How many directories are remembered; beyond it, all are forgotten and asked about again.
    private static let rememberedDirectories = 65_536

    /// The directory that is to hold `key`, made where it is not there. Until something is in it, others may delete
    /// it again; once something is, ``makeParentDurable(of:_:)`` brings its name to disk.
    func openOrMakeParent(of key: ByteString) throws(Errno) -> FileDescriptor {
        let parent = ObjectKey.parent(of: key)
        do throws(Errno) {
            return try open(parent, .directory)
        } catch .enoent {
            try makeDirectories(parent)
            return try open(parent, .directory)
        }
    }

    private func makeDirectories(_ directory: ByteString) throws(Errno) {
        for key in ObjectKey.prefixes(of: directory) {
            let parent = try openParent(of: key)
            do throws(Errno) {
                try FileSystemCalls.makeDirectory(ObjectKey.name(of: key), at: parent.rawValue)
                forget(key)
            } catch .eexist {
                // Somebody else has made it, and may not have synced it yet.
            }
        }
    }

    /// Syncs the directories that hold the open directory of `key` and those above it, unless this process has done
    /// so before: who else made it may have died before syncing.
    func makeParentDurable(of key: ByteString, _ parent: borrowing FileDescriptor) throws(Errno) {
        let directory = ObjectKey.parent(of: key)
        if directory.isEmpty { return }
        let inode = try parent.status().inode
        if durableDirectories.withLock({ $0[directory] == inode }) { return }
        for key in ObjectKey.prefixes(of: directory) {
            let current = try open(key, [.directory, .path]).status().inode
            if durableDirectories.withLock({ $0[key] == current }) { continue }
            try openParent(of: key).sync()
            durableDirectories.withLock { known in
                if known.count >= DirectoryStorage.rememberedDirectories { known.removeAll() }
                known[key] = current
            }
        }
    }

    func forget(_ directory: ByteString) {
        durableDirectories.withLock { _ = $0.removeValue(forKey: directory) }
    }
}
