import Bytes
import FuseSession
import Platform
import Telemetry

/// `firn mount`: shows a store as a filesystem.
enum MountCommand: Command {
    static let syntax = CommandSyntax(
        name: "mount", operands: "STORE MOUNTPOINT",
        summary: "Mount a store: every table in it is a directory",
        options: [
            .init("foreground", short: "f", help: "stay in the foreground and log to standard error"),
            .init("read-only", short: "r", help: "nothing can be changed"),
            .init("options", short: "o", "OPTION,…", help: "as in fstab: \(MountRequest.knownMountOptions)"),
            .init("nonempty", help: "mount over a directory that is not empty"),
            .init("exec", help: "allow programs in the mount to be run"),
            .init("atime", help: "let the kernel keep access times"),
            .init("no-passthrough", help: "read data files through the daemon even where the kernel could"),
            .init("jobs", "N", help: "compaction jobs at the same time (1; 2 while nobody uses the mount)"),
            .init("log", "FILE", help: "the daemon's log in the background (STORE/_firn.log)"),
            .init("log-level", "LEVEL", help: "debug, info, warning or error (info)"),
            .init("ready-fd", "N", help: "report READY or an error there (used between processes)"),
        ],
        details: """
            Returns when the mount answers; a daemon then serves it until `firn unmount MOUNTPOINT`, `umount`,
            `fusermount3 -u`, or a SIGTERM. `mount -t firn STORE MOUNTPOINT` does the same (see Mount/README.md).

            examples:
              mkdir -p store mnt && firn mount store mnt
              mkdir mnt/flights && cp flights-*.csv mnt/flights/ingest/
              cat mnt/flights/status
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let request = try request(arguments)
        guard arguments.has("foreground") else { return MountLaunch.inBackground(request, console) }
        let ready = arguments.value("ready-fd").flatMap { $0.utf8Text }.flatMap { Int32($0) }
        return MountService(request: request, readyDescriptor: ready).run()
    }

    private static func request(_ arguments: ParsedArguments) throws(UsageError) -> MountRequest {
        guard arguments.operands.count == 2 else {
            throw UsageError("STORE and MOUNTPOINT are expected", command: syntax.name)
        }
        var request = MountRequest(store: arguments.operands[0], mountPoint: arguments.operands[1])
        request.isReadOnly = arguments.has("read-only")
        request.allowsNonEmpty = arguments.has("nonempty")
        request.allowsExecution = arguments.has("exec")
        request.updatesAccessTimes = arguments.has("atime")
        request.usesPassthrough = !arguments.has("no-passthrough")
        request.logPath = arguments.value("log")
        if let text = arguments.value("jobs") {
            guard let jobs = text.utf8Text.flatMap({ Int($0) }), jobs > 0 else {
                throw UsageError("--jobs takes a positive number, not \"\(text)\"", command: syntax.name)
            }
            request.jobSlots = jobs
        }
        if let text = arguments.value("log-level") {
            guard let level = text.utf8Text.flatMap(LogLevel.init(name:)) else {
                throw UsageError("--log-level is debug, info, warning or error", command: syntax.name)
            }
            request.logLevel = level
        }
        for list in arguments.all("options") {
            for option in list.bytes.split(separator: UInt8(ascii: ",")) {
                let option = ByteString(Array(option))
                guard request.apply(mountOption: option) else {
                    throw UsageError(
                        "there is no mount option \"\(option)\"; known are \(MountRequest.knownMountOptions)",
                        command: syntax.name)
                }
            }
        }
        return request
    }
}
