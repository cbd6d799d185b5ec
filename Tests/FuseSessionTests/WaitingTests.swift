import FileTree
import FuseSession
import Glibc
import Platform
import Synchronization
import Testing
import ToyMount

@Suite("requests that wait", .serialized, .timeLimit(.minutes(2)))
struct WaitingTests {
    @Test("a reader that is interrupted gets out, and the handler learns of it")
    func interrupt() throws {
        try MountedToy.with { mount in
            let reader = Shell.start("cat \(mount.path)/slow")
            try until { mount.session.metrics[.open].count > 0 }
            Thread.sleep(nanoseconds: 50_000_000)
            kill(-reader, SIGINT)
            #expect(Shell.wait(reader, timeoutSeconds: 5) == -SIGINT)
            try until { mount.tree.state.withLock { $0.interrupted } == 1 }
            // Others are served meanwhile and afterwards.
            #expect(mount.run("cat $M/hello").output == "hello, world\n")
        }
    }

    @Test("poll sleeps until it is woken")
    func poll() throws {
        try MountedToy.with { mount in
            let python =
                "import select,sys; f=open(sys.argv[1]+'/events'); p=select.poll(); p.register(f,select.POLLIN); "
                + "print(p.poll(10000)[0][1])"
            let output = Shell.temporaryPath("poll")
            defer { unlink(output) }
            let child = Shell.start("python3 -c \"\(python)\" \(mount.path)", output: output)
            try until { mount.tree.state.withLock { $0.waiter != nil } }
            Thread.sleep(nanoseconds: 30_000_000)
            mount.tree.fire()
            #expect(Shell.wait(child, timeoutSeconds: 5) == 0)
            #expect(Shell.contents(output) == "1\n")
        }
    }

    @Test("an invalidation makes the kernel read anew")
    func invalidation() throws {
        try MountedToy.with { mount in
            #expect(mount.run("cat $M/hello").output == "hello, world\n")
            mount.tree.setHello("something longer than before\n")
            try until { mount.run("cat $M/hello").output == "something longer than before\n" }
        }
    }
}

struct TimedOut: Error {}

/// Waits up to five seconds for a condition.
func until(_ condition: () -> Bool) throws {
    let deadline = SystemClock().monotonicNanoseconds() + 5_000_000_000
    while !condition() {
        guard SystemClock().monotonicNanoseconds() < deadline else { throw TimedOut() }
        Thread.sleep(nanoseconds: 2_000_000)
    }
}
