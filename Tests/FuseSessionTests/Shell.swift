import Glibc
import Platform
import Synchronization

/// What a command did.
struct CommandResult: Equatable {
    var status: Int32
    var output: String
}

/// Runs commands in other processes: this one must never touch a mount that it serves itself.
enum Shell {
    /// `sh -c` with standard output and error together; killed after the time-out, with status -9.
    static func run(_ command: String, timeoutSeconds: Int = 20) -> CommandResult {
        let path = temporaryPath("out")
        defer { unlink(path) }
        let child = start(command, output: path)
        let status = wait(child, timeoutSeconds: timeoutSeconds)
        return CommandResult(status: status, output: contents(path))
    }

    /// Starts a command in a process group of its own.
    static func start(_ command: String, output: String = "/dev/null") -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] =
            ["sh", "-c", command].map { (text: String) in strdup(text) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let code = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, environ)
        precondition(code == 0, "sh cannot be started")
        return child
    }

    /// The exit status, or minus the signal that ended it.
    static func wait(_ child: pid_t, timeoutSeconds: Int) -> Int32 {
        let deadline = SystemClock().monotonicNanoseconds() + UInt64(timeoutSeconds) * 1_000_000_000
        var status: Int32 = 0
        while waitpid(child, &status, WNOHANG) == 0 {
            if SystemClock().monotonicNanoseconds() > deadline {
                kill(-child, SIGKILL)
                waitpid(child, &status, 0)
                break
            }
            Thread.sleep(nanoseconds: 2_000_000)
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : -signal
    }

    static func contents(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return "" }
        let file = FileDescriptor(owning: descriptor)
        return String(decoding: (try? file.readToEnd()) ?? [], as: UTF8.self)
    }

    static func temporaryPath(_ kind: String) -> String {
        "/tmp/firn-fuse-\(kind)-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    }
}
