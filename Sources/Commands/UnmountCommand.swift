import Bytes
import Platform
import Storage
import Tables

/// `firn unmount`: takes a mount away and waits until its daemon has finished.
enum UnmountCommand: Command {
    static let syntax = CommandSyntax(
        name: "unmount", operands: "MOUNTPOINT",
        summary: "Unmount a store and wait until its daemon has finished",
        options: [
            .init("lazy", short: "l", help: "also while files are open there; their users get errors later")
        ],
        details: "`umount` and `fusermount3 -u` unmount too, but return before the daemon has ended.")

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard arguments.operands.count == 1 else {
            throw UsageError("one MOUNTPOINT is expected", command: syntax.name)
        }
        let given = arguments.operands[0]
        // A mount whose daemon died cannot be looked at; its name as given is then all there is.
        let path = (try? FileSystemCalls.realPath(given)) ?? given
        guard let mount = try Processes.mounts().last(where: { $0.mountPoint == path }) else {
            throw CommandFailure("nothing is mounted on \(path)")
        }
        guard mount.type.hasPrefix("fuse"), mount.source.hasPrefix("firn:") else {
            throw CommandFailure("\(path) is a mount of \(mount.type), not of firn; use umount")
        }
        let daemon = daemon(of: mount)
        do {
            try FileSystemCalls.unmount(path, lazily: arguments.has("lazy"))
        } catch .ebusy {
            throw CommandFailure(
                "\(path) is in use; `fuser -vm \(path)` shows by whom, `firn unmount --lazy` does not wait for them",
                status: 32)
        } catch {
            throw CommandFailure("\(path) cannot be unmounted: \(error.message)", status: 32)
        }
        if let daemon { wait(for: daemon, console) }
        return 0
    }

    /// The session of the store that says it serves this mount.
    private static func daemon(of mount: MountEntry) -> Heartbeat? {
        let root = ByteString(mount.source.bytes.dropFirst("firn:".utf8.count))
        guard let storage = try? DirectoryStorage(root: root, entropy: SystemEntropy()),
            let found = try? SessionDirectory(storage: storage).found()
        else { return nil }
        let space = Processes.idSpace()
        return found.lazy.compactMap(\.heartbeat).first {
            $0.boot == space && $0.command == "mount " + mount.mountPoint
        }
    }

    private static func wait(for daemon: Heartbeat, _ console: Console) {
        var waited = 0
        while Processes.isRunning(daemon.processID, startTicks: daemon.processStart) {
            Thread.sleep(nanoseconds: 10_000_000)
            waited += 1
            if waited == 200 {
                console.note("firn: waiting for the daemon (pid \(daemon.processID)) to finish what it does")
            }
        }
    }
}
