import Bytes
import FuseSession
import Platform
import Telemetry

/// Everything that a mount needs to know, from a command line or from mount(8).
struct MountRequest: Sendable {
    var store: ByteString
    var mountPoint: ByteString
    var isReadOnly = false
    var allowsNonEmpty = false
    var allowsExecution = false
    var updatesAccessTimes = false
    var usesPassthrough = true
    var jobSlots = 1
    var logLevel = LogLevel.info
    /// nil: the store's `_firn.log`.
    var logPath: ByteString?

    func fuseOptions(realStore: ByteString) -> MountOptions {
        var options = MountOptions(source: "firn:" + realStore)
        options.isReadOnly = isReadOnly
        options.allowsNonEmpty = allowsNonEmpty
        options.allowsExecution = allowsExecution
        options.updatesAccessTimes = updatesAccessTimes
        options.usesPassthrough = usesPassthrough
        return options
    }

    /// The words that make another process of this program serve the same mount in the foreground.
    func arguments(ready descriptor: Int32) -> [ByteString] {
        var words: [ByteString] = ["mount", "--foreground", "--ready-fd", ByteString(String(descriptor))]
        if isReadOnly { words += ["--read-only"] }
        if allowsNonEmpty { words += ["--nonempty"] }
        if allowsExecution { words += ["--exec"] }
        if updatesAccessTimes { words += ["--atime"] }
        if !usesPassthrough { words += ["--no-passthrough"] }
        words += ["--jobs", ByteString(String(jobSlots)), "--log-level", ByteString(logLevel.name)]
        return words + ["--", store, mountPoint]
    }

    /// Takes in one option of `-o` as mount(8) and fstab have them. False where it is unknown.
    mutating func apply(mountOption option: ByteString) -> Bool {
        switch option.display {
        case "ro": isReadOnly = true
        case "rw": isReadOnly = false
        case "nonempty": allowsNonEmpty = true
        case "exec": allowsExecution = true
        case "atime": updatesAccessTimes = true
        case "nopassthrough": usesPassthrough = false
        case "defaults", "auto", "noauto", "nofail", "_netdev", "user", "nouser", "users", "owner", "group",
            "nosuid", "suid", "nodev", "dev", "noexec", "noatime", "relatime", "norelatime", "allow_other",
            "default_permissions", "async", "":
            // mount(8)'s own, or what a mount of ours has anyway.
            break
        case let text where text.hasPrefix("x-") || text.hasPrefix("X-") || text.hasPrefix("comment="): break
        case let text where text.hasPrefix("log="): logPath = ByteString(String(text.dropFirst(4)))
        case let text where text.hasPrefix("jobs="):
            guard let jobs = Int(text.dropFirst(5)), jobs > 0 else { return false }
            jobSlots = jobs
        default: return false
        }
        return true
    }

    static let knownMountOptions =
        "ro, rw, nonempty, exec, atime, nopassthrough, jobs=N, log=FILE, and mount(8)'s own"
}
