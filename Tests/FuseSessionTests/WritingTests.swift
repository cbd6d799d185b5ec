import FileTree
import FuseSession
import Glibc
import Platform
import Synchronization
import Testing
import ToyMount

@Suite("writing into a mount", .serialized, .timeLimit(.minutes(2)))
struct WritingTests {
    @Test("what is copied in arrives whole, in requests of up to 1 MiB")
    func copyIn() throws {
        try MountedToy.with { mount in
            #expect(
                mount.run("head -c 3000000 /dev/zero > /tmp/z$$; cp /tmp/z$$ $M/inbox/a; rm /tmp/z$$").status
                    == 0)
            let (sizes, bytes) = mount.tree.state.withLock {
                ($0.writeSizes, $0.uploads.first?.value.bytes.count)
            }
            #expect(bytes == 3_000_000)
            #expect(sizes.max() == 1 << 20)
        }
    }

    @Test("an error of flush is the error of close")
    func flushError() throws {
        try MountedToy.with { mount in
            let copy = mount.run("echo bad > /tmp/b$$; cp /tmp/b$$ $M/inbox/a; s=$?; rm /tmp/b$$; exit $s")
            #expect(copy.status == 1)
            #expect(copy.output.contains("Bad message"))
            #expect(mount.run("echo good | tee $M/inbox/b").status == 0)
        }
    }

    @Test("rename reaches the handler with its flags")
    func renameFlags() throws {
        try MountedToy.with { mount in
            #expect(
                mount.run("echo 1 > $M/inbox/a; echo 2 > $M/inbox/b; mv -n $M/inbox/a $M/inbox/c").status == 0
            )
            #expect(mount.run("cat $M/inbox/c").output == "1\n")
            let noReplace =
                "import ctypes,os,sys; l=ctypes.CDLL(None,use_errno=True); m=sys.argv[1].encode(); "
                + "r=l.renameat2(-100,m+b'/inbox/b',-100,m+b'/inbox/c',1); print(os.strerror(ctypes.get_errno()))"
            #expect(mount.run("python3 -c \"\(noReplace)\" $M").output == "File exists\n")
            #expect(mount.run("mv $M/inbox/b $M/inbox/c && cat $M/inbox/c && ls $M/inbox").output == "2\nc\n")
            #expect(mount.run("mv $M/hello $M/inbox/hello").output.contains("Operation not permitted"))
        }
    }
}
