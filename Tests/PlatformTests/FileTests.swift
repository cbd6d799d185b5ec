import Bytes
import Platform
import Testing

@Suite("Files and directories")
struct FileTests {
    /// A fresh directory, removed with everything in it.
    private func inDirectory(_ body: (ByteString) throws -> Void) throws {
        let path = ByteString("/tmp/firn-platform-\(Hex.string(SystemEntropy().uint64()))")
        try FileSystemCalls.makeDirectory(path)
        defer {
            for entry in (try? FileSystemCalls.list(path)) ?? [] {
                let name = path + "/" + entry.name
                if entry.kind == .directory {
                    try? FileSystemCalls.removeDirectory(name)
                } else {
                    try? FileSystemCalls.unlink(name)
                }
            }
            try? FileSystemCalls.removeDirectory(path)
        }
        try body(path)
    }

    @Test("what is written is read back, at offsets too")
    func contents() throws {
        try inDirectory { directory in
            let path = directory + "/file"
            let file = try FileDescriptor.open(path, [.readWrite, .create, .exclusive])
            try file.write(Array("hello world".utf8))
            try Array("W".utf8).withUnsafeBytes { try file.write($0, at: 6) }
            try file.sync()
            let whole = try file.readBytes()
            #expect(String(decoding: whole, as: UTF8.self) == "hello World")
            let part = try file.readBytes(at: 6, limit: 3)
            #expect(String(decoding: part, as: UTF8.self) == "Wor")
            try file.truncate(to: 5)
            let status = try file.status()
            #expect(status.sizeBytes == 5 && status.isRegular && status.linkCount == 1)
            try file.close()
            #expect(throws: Errno.eexist) {
                _ = try FileDescriptor.open(path, [.writeOnly, .create, .exclusive]).rawValue
            }
        }
    }

    @Test("names are bytes")
    func names() throws {
        try inDirectory { directory in
            let nfc = ByteString("\u{E9}")
            let nfd = ByteString("e\u{301}")
            let raw = ByteString([0xFF, 0x0A, 0x20])
            for name in [nfc, nfd, raw] {
                _ = try FileDescriptor.open(directory + "/" + name, [.writeOnly, .create]).rawValue
            }
            try FileSystemCalls.makeDirectory(directory + "/sub")
            try FileSystemCalls.symbolicLink(to: raw, named: directory + "/link")
            let entries = try FileSystemCalls.list(directory).sorted { $0.name < $1.name }
            #expect(entries.map(\.name) == [nfd, "link", "sub", nfc, raw])
            #expect(entries.map(\.kind) == [.regular, .symbolicLink, .directory, .regular, .regular])
            #expect(try FileSystemCalls.readLink(directory + "/link") == raw)
            #expect(try FileSystemCalls.status(directory + "/link", followLinks: false).kind == .symbolicLink)
            #expect(try FileSystemCalls.status(directory + "/link").kind == .regular)
            #expect(throws: Errno.einval) {
                try FileSystemCalls.unlink(directory + "/" + ByteString([0x61, 0]))
            }
        }
    }

    @Test("link and renaming without replacing respect what is there")
    func noReplace() throws {
        try inDirectory { directory in
            let a = directory + "/a"
            let b = directory + "/b"
            for path in [a, b] { _ = try FileDescriptor.open(path, [.writeOnly, .create]).rawValue }
            #expect(throws: Errno.eexist) { try FileSystemCalls.link(a, to: b) }
            #expect(throws: Errno.eexist) { try FileSystemCalls.renameNoReplace(a, to: b) }
            try FileSystemCalls.renameNoReplace(a, to: directory + "/c")
            try FileSystemCalls.link(b, to: a)
            #expect(try FileSystemCalls.status(a).linkCount == 2)
            try FileSystemCalls.rename(directory + "/c", to: b)
            #expect(try FileSystemCalls.status(a).linkCount == 1)
            #expect(throws: Errno.enoent) { try FileSystemCalls.status(directory + "/c") }
            #expect(throws: Errno.enotempty) { try FileSystemCalls.removeDirectory(directory) }
            try FileSystemCalls.syncDirectory(directory)
        }
    }

    @Test("errors have their names")
    func errors() {
        #expect(Errno.enoent.name == "ENOENT" && Errno.enoent.message == "No such file or directory")
        #expect(Errno(rawValue: 116) == .estale && "\(Errno.estale)" == "Stale file handle (ESTALE)")
        #expect(Errno(rawValue: 9_999).name == "E9999")
    }

    @Test("clocks and randomness are passed as values")
    func ambient() {
        let clock: any Clock = SystemClock()
        let entropy: any Entropy = SystemEntropy()
        let first = clock.monotonicNanoseconds()
        #expect(clock.monotonicNanoseconds() >= first)
        #expect(clock.nowMilliseconds() > 1_700_000_000_000)
        #expect(entropy.uint64() != entropy.uint64())
        #expect(entropy.bytes(13).count == 13)
        for _ in 0..<100 { #expect(entropy.uint64(below: 3) < 3) }
        #expect(entropy.identifier() <= UInt64(Int64.max))
    }
}
