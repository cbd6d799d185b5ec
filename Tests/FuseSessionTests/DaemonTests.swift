import Bytes
import Glibc
import Platform
import Synchronization
import Testing

/// The toy as a process of its own, which signals may hit.
@Suite("a daemon", .serialized, .timeLimit(.minutes(2)))
struct DaemonTests {
    /// The executable beside the tests.
    static var program: String {
        get throws {
            let tests = try Processes.executablePath().display
            return tests.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/ToyMount"
        }
    }

    /// Starts a daemon, runs `body` with its process id, its output's path and the mount point, and clears up.
    func withDaemon(_ body: (pid_t, String, String) throws -> Void) throws {
        let base = Shell.temporaryPath("daemon")
        let path = base + "/m"
        let output = base + "/out"
        mkdir(base, 0o755)
        mkdir(path, 0o755)
        _ = Shell.run("echo data > \(base)/data")
        let daemon = Shell.start("exec \(try Self.program) \(path) \(base)/data", output: output)
        defer {
            kill(-daemon, SIGKILL)
            _ = Shell.wait(daemon, timeoutSeconds: 5)
            _ = Shell.run("umount -l \(path); rm -rf --one-file-system \(base)")
        }
        try until { Shell.contents(output).contains("READY\n") }
        try body(daemon, output, path)
    }

    @Test("SIGTERM and SIGINT unmount and end it with status 0", arguments: [SIGTERM, SIGINT])
    func signals(signal: Int32) throws {
        try withDaemon { daemon, output, path in
            #expect(Shell.run("cat \(path)/hello").output == "hello, world\n")
            kill(daemon, signal)
            #expect(Shell.wait(daemon, timeoutSeconds: 5) == 0)
            #expect(Shell.contents(output).contains("ended: stopped\n"))
            #expect(Shell.run("findmnt \(path)").status == 1)
        }
    }

    @Test("SIGTERM ends a busy one too")
    func busy() throws {
        try withDaemon { daemon, output, path in
            let user = Shell.start("exec 3<\(path)/hello; sleep 30")
            defer {
                kill(-user, SIGKILL)
                _ = Shell.wait(user, timeoutSeconds: 5)
            }
            try until { Shell.run("ls /proc/\(user)/fd").output.contains("3\n") }
            kill(daemon, SIGTERM)
            #expect(Shell.wait(daemon, timeoutSeconds: 5) == 0)
            #expect(Shell.contents(output).contains("ended: stoppedWhileBusy\n"))
            #expect(Shell.run("findmnt \(path)").status == 1)
        }
    }

    @Test("the mount of a killed daemon is taken away by the next")
    func recovery() throws {
        try withDaemon { daemon, output, path in
            kill(daemon, SIGKILL)
            #expect(Shell.wait(daemon, timeoutSeconds: 5) == -SIGKILL)
            #expect(Shell.run("ls \(path)").output.contains("not connected"))
            let second = Shell.start("exec \(try Self.program) \(path) /etc/passwd", output: output + "2")
            defer {
                kill(-second, SIGKILL)
                _ = Shell.wait(second, timeoutSeconds: 5)
            }
            try until { Shell.contents(output + "2").contains("READY\n") }
            #expect(Shell.run("cat \(path)/hello").output == "hello, world\n")
            #expect(Shell.run("grep -c ' \(path) ' /proc/self/mountinfo").output == "1\n")
            kill(second, SIGTERM)
            #expect(Shell.wait(second, timeoutSeconds: 5) == 0)
        }
    }
}
