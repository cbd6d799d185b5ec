import Bytes
import FileTree
import FuseSession
import Glibc
import Platform
import Synchronization
import Telemetry
import Testing
import ToyMount

/// Real mounts, used by other processes.
@Suite("a mounted tree", .serialized, .timeLimit(.minutes(2)))
struct MountTests {
    @Test("stat, readlink, cat and df see what the handler says")
    func basics() throws {
        try MountedToy.with { mount in
            #expect(mount.run("cat $M/hello").output == "hello, world\n")
            #expect(mount.run("stat -c '%i %s %a %h %F' $M/hello").output == "10 13 444 1 regular file\n")
            #expect(mount.run("stat -c %.9Y $M/hello").output == "1000000000.500000000\n")
            #expect(mount.run("readlink $M/link; cat $M/link").output == "hello\nhello, world\n")
            #expect(mount.run("df --output=size,avail -B4096 $M | tail -1 | xargs").output == "1000 400\n")
            #expect(mount.run("cat $M/nothing").status == 1)
            #expect(mount.run("cat $M/later").output == "later\n")
            #expect(
                mount.run("findmnt -no FSTYPE,SOURCE $M").output.split(separator: " ").first == "fuse.firn")
        }
    }

    @Test("a listing has every entry once, plain and with attributes")
    func listing() throws {
        try MountedToy.with { mount in
            let names = "data\nevents\nhello\ninbox\nlater\nlink\nmany\nslow\n"
            #expect(mount.run("LC_ALL=C ls $M").output == names)
            #expect(mount.run("ls -l $M | grep -c '^[-dl]'").output == "8\n")
            #expect(mount.run("ls -ia $M | wc -l").output == "10\n")
        }
    }

    @Test("100,000 entries are listed by name and by attributes")
    func largeListing() throws {
        try MountedToy.with(manyCount: 100_000) { mount in
            #expect(mount.run("ls -U $M/many | sort -u | wc -l").output == "100000\n")
            #expect(mount.run("ls -lU $M/many | grep -c f0").output == "100000\n")
            #expect(mount.run("find $M/many -type f -name '*99999' | wc -l").output == "1\n")
        }
    }

    @Test("extended attributes have values, sizes and names")
    func extendedAttributes() throws {
        try MountedToy.with { mount in
            let python =
                "import os,sys; m=sys.argv[1]+'/hello'; print(os.listxattr(m), os.getxattr(m,'user.colour'))"
            #expect(mount.run("python3 -c \"\(python)\" $M").output == "['user.colour'] b'blue'\n")
            let missing = "import os,sys; os.getxattr(sys.argv[1]+'/hello','user.none')"
            #expect(mount.run("python3 -c \"\(missing)\" $M").output.contains("No data available"))
        }
    }

    @Test(
        "a data file reads as its content, through the kernel and through the daemon",
        arguments: [true, false])
    func dataPath(usesPassthrough: Bool) throws {
        try MountedToy.with(configure: { $0.usesPassthrough = usesPassthrough }) { mount in
            let real = String(mount.path.dropLast(2)) + "/data"
            #expect(mount.run("cmp $M/data \(real) && echo same").output == "same\n")
            // Two at once, and again after all are closed.
            #expect(
                mount.run("tail -c 5 $M/data | wc -c; cmp $M/data $M/data && echo same").output == "5\nsame\n"
            )
            #expect(
                mount.run("exec 3<$M/data; cmp $M/data \(real) && cmp /dev/fd/3 \(real) && echo same").output
                    == "same\n")
            let (copied, passed) = mount.tree.state.withLock { ($0.copiedReads, $0.passthroughOpens) }
            switch mount.session.capabilities.dataPath {
            case .passthrough(let opens):
                #expect(usesPassthrough && opens == passed && passed > 0 && copied == 0)
            case .copy: #expect(copied > 0 && passed == 0)
            case .refused: #expect(usesPassthrough && copied > 0 && passed == 0)
            }
        }
    }

    @Test("names of more than 255 bytes are refused")
    func longNames() throws {
        try MountedToy.with { mount in
            #expect(
                mount.run("ls $M/\(String(repeating: "n", count: 300))").output.contains("File name too long")
            )
        }
    }

    @Test("what changes is refused with the errno and one line in the log")
    func refusals() throws {
        try MountedToy.with { mount in
            let removal = mount.run("rm -f $M/hello")
            #expect(removal.status == 1 && removal.output.contains("Operation not permitted"))
            #expect(mount.run("mkdir $M/x").output.contains("Operation not permitted"))
            #expect(mount.run("touch $M/x").output.contains("Operation not permitted"))
            #expect(mount.run("chmod 600 $M/hello").output.contains("Operation not permitted"))
            #expect(mount.run("ln $M/hello $M/inbox/x").output.contains("Operation not permitted"))
            let lines = mount.log.all.filter { $0.contains("unlink") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("the toy's files are immutable") == true)
        }
    }

    @Test("requests are counted by operation")
    func metrics() throws {
        try MountedToy.with { mount in
            _ = mount.run("cat $M/hello $M/nothing")
            let registry = MetricsRegistry()
            mount.session.metrics.publish(in: registry)
            #expect(
                mount.session.metrics[.open].count == 1 && mount.session.metrics[.open].longestNanoseconds > 0
            )
            #expect(mount.session.metrics.copiedBytes.read == 13)
            #expect(registry.render().contains("firn_fuse_requests_total{operation=\"open\"} 1"))
        }
    }
}
