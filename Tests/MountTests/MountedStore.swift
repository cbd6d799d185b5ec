import Bytes
import Glibc
import Platform
import TestKit

/// A store mounted by a daemon of its own, for as long as a test's body runs.
///
/// Everything at the mount is done by commands of other processes, as a person does it. `$S` is the store, `$M`
/// the mount point, `$D` a directory for data, and `firn` is on the path.
final class MountedStore {
    let directory: TemporaryDirectory
    private(set) var isMounted = false

    var store: ByteString { directory.file("store") }
    var mountPoint: ByteString { directory.file("mnt") }

    /// The daemon that the tests start, or nil where this machine cannot mount.
    static let binary: ByteString? = {
        if let named = Processes.environment("FIRN_BINARY") { return named }
        // Beside the tests' own executable, where a build puts both.
        guard let own = try? Processes.executablePath(),
            let slash = own.bytes.lastIndex(of: UInt8(ascii: "/"))
        else { return nil }
        let beside = ByteString(own.bytes[..<slash]) + "/firn"
        return (try? FileSystemCalls.status(beside)) != nil ? beside : nil
    }()

    static let canMount: Bool = binary != nil && access("/dev/fuse", R_OK | W_OK) == 0 && geteuid() == 0

    static let requirement = "needs /dev/fuse, the right to mount, and the firn binary (FIRN_BINARY)"

    init() throws {
        directory = try TemporaryDirectory("mount")
        for name in ["store", "mnt", "data"] as [ByteString] {
            try FileSystemCalls.makeDirectory(directory.file(name))
        }
    }

    deinit {
        guard isMounted else { return }
        _ = run("firn unmount --lazy $M || umount -l $M")
    }

    /// Mounts, runs the body, unmounts; also when the body throws.
    static func with<R>(options: String = "", _ body: (MountedStore) throws -> R) throws -> R {
        let mounted = try MountedStore()
        try mounted.mount(options: options)
        return try body(mounted)
    }

    /// - Parameter environment: assignments for the daemon, `NAME=value`.
    func mount(options: String = "", environment: String = "") throws {
        let result = run("\(environment) firn mount --log $D/daemon.log \(options) $S $M")
        guard result.status == 0 else { throw CommandFailed(command: "firn mount", result: result) }
        isMounted = true
    }

    func unmount() throws {
        try expectSuccess("firn unmount $M")
        isMounted = false
    }

    /// What a shell command did.
    struct Result {
        var status: Int32
        /// Standard output and error together.
        var output: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Runs a script with `sh -c`; ended after the time-out, with status -9.
    func run(_ script: String, timeoutSeconds: Double = 60) -> Result {
        let preamble = """
            S='\(store)'; M='\(mountPoint)'; D='\(directory.file("data"))'; export S M D
            firn() { '\(Self.binary ?? "firn")' "$@"; }
            exec 2>&1
            cd "$D"
            """
        do {
            let result = try ProcessRunner.run(
                ["/bin/bash", "-c", ByteString(preamble + "\n" + script)], timeoutSeconds: timeoutSeconds)
            let status: Int32 =
                switch result.ending {
                case .exited(let code): code
                case .signalled(let signal): -signal
                }
            return Result(status: status, output: result.outputText)
        } catch {
            return Result(status: -1, output: "\(error)")
        }
    }

    /// Runs a script that must succeed, and gives its output without the last newline.
    @discardableResult
    func expectSuccess(_ script: String, timeoutSeconds: Double = 60) throws -> String {
        let result = run(script, timeoutSeconds: timeoutSeconds)
        guard result.status == 0 else { throw CommandFailed(command: script, result: result) }
        return String(result.output.drop { _ in false }.reversed().drop { $0 == "\n" }.reversed())
    }

    /// The process that serves the mount.
    func daemonID() throws -> Int32 {
        let text = try expectSuccess("pgrep -f -- \"--ready-fd.*$M\\$\" | head -1")
        guard let process = Int32(text) else {
            throw CommandFailed(command: "pgrep", result: run("ps ax | grep firn"))
        }
        return process
    }
}

/// A command that should have succeeded.
struct CommandFailed: Error, CustomStringConvertible {
    var command: String
    var result: MountedStore.Result

    var description: String { "\(command)\nended with \(result.status):\n\(result.output)" }
}
