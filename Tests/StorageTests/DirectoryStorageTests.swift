import Bytes
import Platform
import Storage
import TestKit
import Testing

@Suite("Objects in a directory")
struct DirectoryStorageTests {
    private let directory: TemporaryDirectory
    private let storage: DirectoryStorage

    init() throws {
        directory = try TemporaryDirectory("directory")
        storage = try DirectoryStorage(root: directory.path, entropy: SeededEntropy())
    }

    private func kind(_ body: () throws -> Void) -> StorageError.Kind? {
        do {
            try body()
            return nil
        } catch { return (error as? StorageError)?.kind }
    }

    @Test("no symbolic link below the root is followed", arguments: [false, true])
    func symbolicLinks(stepwise: Bool) throws {
        let storage = try DirectoryStorage(root: directory.path, stepwise: stepwise, entropy: SeededEntropy())
        let outside = try TemporaryDirectory("outside")
        try outside.write("secret", [1])
        try FileSystemCalls.symbolicLink(to: outside.path, named: directory.file("out"))
        try FileSystemCalls.symbolicLink(to: outside.file("secret"), named: directory.file("file"))
        try FileSystemCalls.symbolicLink(to: "missing", named: directory.file("dangling"))
        #expect(kind { _ = try storage.get("out/secret") } != nil)
        #expect(kind { _ = try storage.get("file") } == .invalid)
        #expect(kind { _ = try storage.metadata(of: "file") } == .invalid)
        #expect(kind { _ = try storage.openForReading("file") } == .invalid)
        #expect(kind { try storage.putIfAbsent("out/new", [1]) } != nil)
        #expect(kind { try storage.putIfAbsent("dangling", [1]) } == .alreadyExists)
        #expect(kind { _ = try storage.create("dangling") } != nil)
        #expect(kind { try storage.delete("out/secret") } != nil)
        #expect(try outside.read("secret") == [1])
        #expect(try FileSystemCalls.list(outside.path).count == 1)
        #expect(try storage.list("") == [])
    }

    @Test("a pipe is no object, and opening it does not wait")
    func pipes() throws {
        let made = try ProcessRunner.run(["mkfifo", directory.file("pipe")])
        #expect(made.succeeded)
        #expect(kind { _ = try storage.get("pipe") } == .invalid)
        #expect(try storage.list("") == [])
    }

    @Test("no temporary file is left, and those of the dead are swept by age")
    func temporaries() throws {
        try storage.putIfAbsent("d/a", [1])
        _ = kind { try storage.putIfAbsent("d/a", [2]) }
        try storage.overwriteHint("d/h", [3])
        #expect(try FileSystemCalls.list(directory.file("d")).map(\.name).sorted() == ["a", "h"])
        try directory.write("d/.firn-1-0", [9])
        try directory.write("d/.other", [9])
        try storage.deleteAbandoned(in: "d", before: SystemClock().nowMilliseconds() - 60_000)
        #expect(try FileSystemCalls.list(directory.file("d")).count == 4)
        try storage.deleteAbandoned(in: "d", before: SystemClock().nowMilliseconds() + 60_000)
        #expect(try FileSystemCalls.list(directory.file("d")).map(\.name).sorted() == [".other", "a", "h"])
        try storage.deleteAbandoned(in: "none", before: 0)
    }

    @Test("two ways to one directory are the same storage")
    func identity() throws {
        try FileSystemCalls.makeDirectory(directory.file("other"))
        try FileSystemCalls.symbolicLink(to: directory.path, named: directory.file("alias"))
        let alias = try DirectoryStorage(root: directory.file("alias"), entropy: SeededEntropy())
        let other = try DirectoryStorage(root: directory.file("other"), entropy: SeededEntropy())
        #expect(alias.identity == storage.identity && alias.root == storage.root)
        #expect(other.identity != storage.identity)
        let missing = directory.file("new")
        #expect(kind { _ = try DirectoryStorage(root: missing, entropy: SeededEntropy()) } == .notFound)
        let made = try DirectoryStorage(root: missing, create: true, entropy: SeededEntropy())
        try made.putIfAbsent("a", [1])
        #expect(try directory.read("new/a") == [1])
        #expect(made.localPath(of: "a") == made.root + "/a")
    }

    @Test("a shared local file is the object itself, a copied one is not")
    func sharing() throws {
        try directory.write("staged", [1, 2, 3])
        try storage.putIfAbsent("shared", fromLocal: directory.file("staged"), sharing: true)
        try storage.putIfAbsent("copied", fromLocal: directory.file("staged"), sharing: false)
        let staged = try FileSystemCalls.status(directory.file("staged")).inode
        #expect(try FileSystemCalls.status(directory.file("shared")).inode == staged)
        #expect(try FileSystemCalls.status(directory.file("copied")).inode != staged)
    }

    @Test("a descriptor for passing through reads the object")
    func localDescriptor() throws {
        try storage.putIfAbsent("a", [1, 2, 3])
        let object = try storage.openForReading("a")
        let number = try #require(object.localDescriptor)
        #expect(try FileDescriptor.open(ByteString("/proc/self/fd/\(number)")).readToEnd() == [1, 2, 3])
    }

    @Test("directories that others delete while a put is under way are made again")
    func vanishingDirectories() throws {
        let stop = Cancellation()
        let storage = self.storage
        let deleter = Thread.spawn(name: "deleter") {
            while !stop.isCancelled {
                _ = try? storage.deleteDirectoryIfEmpty("x/y")
                Thread.sleep(nanoseconds: 20_000)
            }
        }
        for index in 0..<50 {
            let key = ByteString("x/y/\(index)")
            try storage.putIfAbsent(key, [1])
            try storage.delete(key)
        }
        stop.cancel()
        deleter.join()
    }

    @Test("permissions and full disks have kinds of their own")
    func kinds() {
        let cases: [(Errno, StorageError.Kind)] = [
            (.eacces, .permission), (.erofs, .permission), (.enospc, .noSpace), (.edquot, .noSpace),
            (.eio, .unavailable), (.enoent, .notFound), (.eexist, .alreadyExists), (.eloop, .invalid),
        ]
        for (errno, kind) in cases { #expect(StorageError(errno, .put, "k").kind == kind) }
        #expect(
            "\(StorageError(.enospc, .put, "a/b"))" == "put a/b: noSpace, No space left on device (ENOSPC)")
    }

    @Test("scratch is bounded, nameless, and given back")
    func scratch() throws {
        let scratch = Scratch(directory: directory.path, limitBytes: 10, entropy: SeededEntropy())
        do {
            let file = try scratch.makeFile()
            let first = try [UInt8](1...6).withUnsafeBytes { try file.append($0) }
            let second = try [UInt8](7...10).withUnsafeBytes { try file.append($0) }
            #expect(first == 0 && second == 6 && scratch.usedBytes == 10)
            #expect(try file.read(at: 4, count: 4) == [5, 6, 7, 8])
            #expect(try file.read(at: 10, count: 4) == [])
            let other = try scratch.makeFile()
            #expect(kind { try [1 as UInt8].withUnsafeBytes { _ = try other.append($0) } } == .noSpace)
            #expect(try FileSystemCalls.list(directory.path).isEmpty)
        }
        #expect(scratch.usedBytes == 0)
    }
}
