import Bytes
import CFuse3
import Glibc
import Platform

/// A directory to mount on.
struct MountPoint: Sendable {
    /// Absolute, without symbolic links.
    let path: ByteString

    /// Looks at what is there: a directory, empty, with nothing living mounted on it. A mount whose daemon died is
    /// taken away.
    static func prepare(_ given: ByteString, options: MountOptions) throws(MountError) -> MountPoint {
        if let dead = try deadMount(at: given) { try detachDead(dead) }
        let path = try resolve(given)
        let point = MountPoint(path: path)
        if let mount = point.mount() {
            // A mount of ours that still answers: a second one over it would hide it, not replace it.
            if mount.type.hasPrefix("fuse") { throw .busy(path, source: mount.source) }
        }
        guard options.allowsNonEmpty || point.isEmpty() else { throw .notEmpty(path) }
        return point
    }

    /// The topmost mount on this very directory.
    func mount() -> MountEntry? {
        guard let mounts = try? Processes.mounts() else { return nil }
        return mounts.last { $0.mountPoint == path }
    }

    /// The directory as it was given, when its mount has lost its daemon: not even stat(2) works on it. The mount of
    /// another program is not ours to take away.
    private static func deadMount(at given: ByteString) throws(MountError) -> ByteString? {
        do throws(Errno) {
            _ = try FileSystemCalls.status(given)
            return nil
        } catch {
            guard error.rawValue == ENOTCONN || error.rawValue == ECONNABORTED else { return nil }
            let path = given.hasPrefix("/") ? given : workingDirectory() + "/" + given
            if let mount = try? Processes.mounts().last(where: { $0.mountPoint == path }),
                mount.type != "fuse.firn"
            {
                throw .busy(given, source: mount.source)
            }
            return given
        }
    }

    private static func workingDirectory() -> ByteString {
        guard let found = getcwd(nil, 0) else { return "" }
        defer { free(found) }
        return Connection.bytes(found)
    }

    private static func detachDead(_ path: ByteString) throws(MountError) {
        let code = withPath(path) { umount2($0, Int32(MNT_DETACH)) == 0 ? 0 : errno }
        if code != 0 { throw .deadMount(path, Errno(rawValue: code)) }
    }

    private static func resolve(_ given: ByteString) throws(MountError) -> ByteString {
        let status: FileStatus
        do throws(Errno) {
            status = try FileSystemCalls.status(given)
        } catch {
            if error.rawValue == ENOENT { throw .noMountPoint(given) }
            if error.rawValue == ENOTDIR { throw .notADirectory(given) }
            throw .failed(step: "\(given.display) cannot be looked at", error)
        }
        guard status.kind == .directory else { throw .notADirectory(given) }
        let resolved = withPath(given) { text -> ByteString? in
            guard let found = realpath(text, nil) else { return nil }
            defer { free(found) }
            return Connection.bytes(found)
        }
        guard let resolved else { throw .failed(step: "\(given.display) cannot be resolved", .current) }
        return resolved
    }

    private func isEmpty() -> Bool {
        guard let names = try? FileSystemCalls.list(path) else { return true }
        return names.isEmpty
    }

    /// Runs `body` with the path as C text.
    static func withPath<R>(_ path: ByteString, _ body: (UnsafePointer<CChar>) -> R) -> R {
        (path.bytes + [0]).withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    }
}

extension MountPoint {
    /// Mounts the open FUSE device here. Needs CAP_SYS_ADMIN.
    func attach(device: Int32, _ options: MountOptions) throws(MountError) {
        var flags = UInt(MS_NOSUID) | UInt(MS_NODEV)
        if options.isReadOnly { flags |= UInt(MS_RDONLY) }
        if !options.allowsExecution { flags |= UInt(MS_NOEXEC) }
        if !options.updatesAccessTimes { flags |= UInt(MS_NOATIME) }
        var data =
            "fd=\(device),rootmode=40000,user_id=\(Processes.effectiveUser),group_id=\(Processes.effectiveGroup)"
        // Without it the kernel checks no modes at all, and cached names not even by asking us.
        data += ",default_permissions"
        if options.allowsOthers { data += ",allow_other" }
        let type = ByteString("fuse.") + options.subtype
        let code = Self.withPath(options.source) { source in
            Self.withPath(path) { target in
                Self.withPath(type) { type in
                    data.withCString { CFuse3.mount(source, target, type, flags, $0) == 0 ? 0 : errno }
                }
            }
        }
        switch code {
        case 0: return
        case EPERM, EACCES: throw .notPermitted(Errno(rawValue: code))
        default: throw .failed(step: "mounting on \(path.display)", Errno(rawValue: code))
        }
    }

    /// Takes away a mount that was made a moment ago and never served.
    func abandon() { Self.withPath(path) { _ = umount2($0, Int32(MNT_DETACH)) } }

    /// Takes the mount of `device` away. Where it is busy it leaves the tree at once, and the connection is ended: who
    /// still has files open gets errors instead of waiting for a daemon that is gone.
    func detach(device: MountDevice) -> Bool {
        guard let mount = mount(), mount.major == device.major, mount.minor == device.minor else {
            return true
        }
        return Self.withPath(path) { text in
            if umount2(text, 0) == 0 { return true }
            _ = umount2(text, Int32(MNT_FORCE | MNT_DETACH))
            return false
        }
    }
}

/// The device number of a mount: names it in /proc and /sys.
struct MountDevice: Equatable, Sendable {
    let major: UInt32
    let minor: UInt32

    /// Lets the kernel read further ahead than the handshake can ask for; what may not be set stays as it is.
    func setReadAhead(kibibytes: Int) {
        let path = "/sys/class/bdi/\(major):\(minor)/read_ahead_kb"
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = Array("\(kibibytes)\n".utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
