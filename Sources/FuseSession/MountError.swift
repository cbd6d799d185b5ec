package import Bytes
package import Platform

/// Why a mount could not be made, in words that say what to do.
package enum MountError: Error, Equatable, Sendable {
    /// The kernel has no FUSE, or this container was not given the device.
    case noDevice(Errno)
    case notPermitted(Errno)
    case noMountPoint(ByteString)
    case notADirectory(ByteString)
    case notEmpty(ByteString)
    /// Something living is mounted there already.
    case busy(ByteString, source: ByteString)
    /// A mount whose daemon is gone is in the way and cannot be taken away.
    case deadMount(ByteString, Errno)
    case badOption(String)
    /// The kernel did not open the conversation in time.
    case noHandshake
    case failed(step: String, Errno)

    /// The exit code of mount(8): 1 for what the caller did, 2 for the system, 32 for a mount that failed.
    package var exitCode: Int32 {
        switch self {
        case .noMountPoint, .notADirectory, .notEmpty, .badOption, .notPermitted: 1
        case .noDevice: 2
        case .busy, .deadMount, .noHandshake, .failed: 32
        }
    }
}

extension MountError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noDevice(let errno):
            "/dev/fuse cannot be opened: \(errno.message). Load the module with `modprobe fuse`, or start the "
                + "container with `--device /dev/fuse --cap-add SYS_ADMIN`."
        case .notPermitted(let errno):
            "mounting is not permitted: \(errno.message). Run as root or with CAP_SYS_ADMIN."
        case .noMountPoint(let path): "\(path.display) does not exist. Make it with `mkdir`."
        case .notADirectory(let path): "\(path.display) is not a directory."
        case .notEmpty(let path):
            "\(path.display) is not empty, and a mount would hide what is in it. Use an empty directory, or "
                + "`-o nonempty` to hide it."
        case .busy(let path, let source):
            "\(source.display) is already mounted on \(path.display). Take it away with `umount \(path.display)`."
        case .deadMount(let path, let errno):
            "the mount on \(path.display) has lost its daemon and cannot be taken away: \(errno.message). "
                + "Try `umount -l \(path.display)`."
        case .badOption(let text): text
        case .noHandshake: "the kernel did not answer the mount within ten seconds."
        case .failed(let step, let errno): "\(step): \(errno.message)."
        }
    }
}
