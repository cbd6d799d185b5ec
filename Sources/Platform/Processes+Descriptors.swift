import Bytes

/// One open descriptor of a process, as `/proc/PID/fdinfo` shows it.
package struct OpenDescriptor: Equatable, Sendable {
    package var number: Int32
    package var inode: UInt64
    package var mountID: Int32
    /// The flags of open(2).
    package var flags: UInt32

    package var isWritable: Bool { flags & 3 != 0 }
}

extension Processes {
    /// The open descriptors of a process.
    ///
    /// Nothing is asked of the file systems behind them, so that a file system may call this while it answers a
    /// request. Descriptors that are closed meanwhile are left out; EACCES where we may not look.
    package static func descriptors(of process: Int32) throws(Errno) -> [OpenDescriptor] {
        let directory = ByteString("/proc/\(process)/fdinfo")
        var result: [OpenDescriptor] = []
        for entry in try FileSystemCalls.list(directory) {
            guard let number = Int32(entry.name.display) else { continue }
            let text: String
            do throws(Errno) {
                text = String(
                    decoding: try FileDescriptor.open(directory + "/" + entry.name).readToEnd(), as: UTF8.self
                )
            } catch .enoent {
                continue
            }
            guard let inode = field("ino:", of: text).flatMap({ UInt64($0) }),
                let mountID = field("mnt_id:", of: text).flatMap({ Int32($0) })
            else { throw .eopnotsupp }  // before Linux 5.14
            let flags = field("flags:", of: text).flatMap { UInt32($0, radix: 8) } ?? 0
            result.append(OpenDescriptor(number: number, inode: inode, mountID: mountID, flags: flags))
        }
        return result
    }

    /// Whether the process still has a descriptor of the file with this inode number on the device
    /// `major:minor` (a file system's own, from ``mounts(of:)``).
    ///
    /// A descriptor whose mount is not to be seen (detached lazily) counts when the inode number is the same.
    package static func holdsDescriptor(
        _ process: Int32, inode: UInt64, major: UInt32, minor: UInt32
    ) throws(Errno) -> Bool {
        let candidates = try descriptors(of: process).filter { $0.inode == inode }
        if candidates.isEmpty { return false }
        let mounts = try mounts(of: process)
        return candidates.contains { descriptor in
            guard let mount = mounts.first(where: { $0.id == descriptor.mountID }) else { return true }
            return mount.major == major && mount.minor == minor
        }
    }
}
