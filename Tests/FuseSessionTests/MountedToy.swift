import Bytes
import FileTree
import FuseSession
import Glibc
import Synchronization
import Platform
import Telemetry
import ToyMount

/// A toy tree, mounted in a directory of its own for as long as a test's body runs.
struct MountedToy {
    let path: String
    let tree: ToyTree
    let session: FuseSession
    let log: Lines

    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        var all: [String] { lines.withLock { $0 } }
    }

    static let dataBytes: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    /// Mounts, runs `body` and always unmounts, also when `body` throws.
    static func with(
        manyCount: Int = 10, configure: (inout MountOptions) -> Void = { _ in },
        _ body: (MountedToy) throws -> Void
    ) throws {
        let base = Shell.temporaryPath("mount")
        let path = base + "/m"
        mkdir(base, 0o755)
        mkdir(path, 0o755)
        let dataPath = base + "/data"
        let descriptor = open(dataPath, O_WRONLY | O_CREAT, 0o644)
        try FileDescriptor(owning: descriptor).write(dataBytes)
        defer {
            unlink(dataPath)
            rmdir(path)
            rmdir(base)
        }
        let tree = ToyTree(dataPath: ByteString(dataPath), manyCount: manyCount)
        var options = MountOptions(source: "firn:toy")
        options.drainMilliseconds = 5_000
        configure(&options)
        let lines = Lines()
        let log = Log(level: .info, clock: SystemClock()) { lines.append($0) }
        let session = try FuseSession.mount(tree, at: ByteString(path), options: options, log: log)
        defer {
            session.stop()
            _ = session.wait()
        }
        try body(MountedToy(path: path, tree: tree, session: session, log: lines))
    }

    func run(_ command: String, timeoutSeconds: Int = 20) -> CommandResult {
        Shell.run("cd /; M=\(path); " + command, timeoutSeconds: timeoutSeconds)
    }
}
