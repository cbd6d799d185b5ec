import Bytes
import FileTree
import FuseSession
import Glibc
import Platform
import Synchronization
import Testing
import ToyMount

@Suite("the end of a mount", .serialized, .timeLimit(.minutes(2)))
struct UnmountTests {
    @Test("umount ends the session")
    func unmountFromOutside() throws {
        try MountedToy.with { mount in
            #expect(mount.run("umount $M").status == 0)
            #expect(mount.session.wait() == .unmounted)
            #expect(mount.tree.state.withLock { $0.isStopped })
            #expect(mount.run("ls -A $M").output == "")
        }
    }

    @Test("stop unmounts at once")
    func stop() throws {
        try MountedToy.with { mount in
            _ = mount.run("ls $M")
            mount.session.stop()
            #expect(mount.session.wait() == .stopped)
            #expect(mount.session.wait() == .stopped)
            #expect(mount.run("ls -A $M").output == "")
        }
    }

    @Test("stop takes a busy mount away, and who used it gets errors")
    func busy() throws {
        try MountedToy.with { mount in
            let output = Shell.temporaryPath("busy")
            defer { unlink(output) }
            let user = Shell.start(
                "exec 3<\(mount.path)/hello; echo open; sleep 1; cat <&3", output: output)
            try until { Shell.contents(output) == "open\n" }
            #expect(mount.run("umount $M").status == 32)
            mount.session.stop()
            #expect(mount.session.wait() == .stoppedWhileBusy)
            #expect(mount.run("ls -A $M").output == "")
            #expect(Shell.wait(user, timeoutSeconds: 5) == 1)
        }
    }

    @Test("a request that waits is answered before the session ends")
    func waitingRequest() throws {
        try MountedToy.with { mount in
            let reader = Shell.start("cat \(mount.path)/later")
            try until { mount.session.metrics[.open].count > 0 }
            mount.session.stop()
            _ = mount.session.wait()
            #expect(mount.tree.state.withLock { $0.isStopped })
            _ = Shell.wait(reader, timeoutSeconds: 5)
        }
    }

    @Test("what stands in the way of a mount is said")
    func refusals() throws {
        try MountedToy.with { mount in
            let options = MountOptions(source: "firn:toy")
            func refusal(_ path: String) -> MountError? {
                do throws(MountError) {
                    let session = try FuseSession.mount(mount.tree, at: ByteString(path), options: options)
                    session.stop()
                    _ = session.wait()
                    return nil
                } catch { return error }
            }
            #expect(refusal("/tmp/firn-no-such-directory") == .noMountPoint("/tmp/firn-no-such-directory"))
            #expect(refusal("/etc/passwd") == .notADirectory("/etc/passwd"))
            #expect(refusal("/etc") == .notEmpty("/etc"))
            #expect(refusal(mount.path) == .busy(ByteString(mount.path), source: "firn:toy"))
        }
    }
}
