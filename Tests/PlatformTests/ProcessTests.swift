import Bytes
import Platform
import Testing

@Suite("Processes")
struct ProcessTests {
    @Test("a command with spaces and parentheses does not shift the fields")
    func parses() throws {
        let fields = (10...51).map { $0 == 22 ? "7777" : "\($0)" }.joined(separator: " ")
        let line = "42 (a ) S (b) Z 41 1 1 0 -1 4194308 \(fields) 2\n"
        let status = try #require(ProcessStatus(parsing: Array(line.utf8)))
        #expect(status.processID == 42 && status.command == "a ) S (b" && status.parent == 41)
        #expect(status.state == UInt8(ascii: "Z") && status.startTicks == 7_777 && status.exitCode == 2)
        #expect(status.isExiting && status.fatalSignal == 2)
        #expect(ProcessStatus(parsing: Array("42 (x".utf8)) == nil)
        #expect(ProcessStatus(parsing: []) == nil)
    }

    @Test("ending by itself is told from ending by a signal")
    func endings() throws {
        func status(flags: Int, code: Int) throws -> ProcessStatus {
            let fields = (10...51).map { "\($0)" }.joined(separator: " ")
            return try #require(
                ProcessStatus(parsing: Array("1 (x) R 0 1 1 0 -1 \(flags) \(fields) \(code)\n".utf8)))
        }
        #expect(try status(flags: 0x40_0000, code: 0).fatalSignal == nil)
        #expect(try status(flags: 0x40_0004, code: 256).fatalSignal == nil)
        #expect(try status(flags: 0x40_0004, code: 9).fatalSignal == 9)
        #expect(try status(flags: 0x40_0004, code: 139).fatalSignal == 11)
        #expect(try status(flags: 0x40_0000, code: 9).fatalSignal == nil)
    }

    @Test("this process and its threads are found")
    func current() throws {
        let status = try Processes.status(of: Processes.currentID)
        #expect(status.processID == Processes.currentID && !status.isExiting && status.startTicks > 0)
        #expect(Processes.isRunning(Processes.currentID, startTicks: status.startTicks))
        #expect(!Processes.isRunning(Processes.currentID, startTicks: status.startTicks + 1))
        #expect(try Processes.threadGroup(of: Thread.currentID) == Processes.currentID)
        #expect(throws: Errno.enoent) { try Processes.status(of: 0x3FFF_FFFF) }
        #expect(try Processes.bootID().count == 36)
        #expect(!Processes.hostName().isEmpty)
    }

    @Test("a descriptor is found by device and inode while it is open")
    func descriptors() throws {
        let path = ByteString("/tmp/firn-descriptor-\(Hex.string(SystemEntropy().uint64()))")
        let file = try FileDescriptor.open(path, [.writeOnly, .create, .exclusive])
        defer { try? FileSystemCalls.unlink(path) }
        let status = try file.status()
        let number = file.rawValue
        let found = try #require(
            try Processes.descriptors(of: Processes.currentID).first { $0.number == number })
        #expect(found.inode == status.inode && found.isWritable)
        let mount = try #require(try Processes.mounts().first { $0.id == found.mountID })
        func holds() throws -> Bool {
            try Processes.holdsDescriptor(
                Processes.currentID, inode: status.inode, major: mount.major, minor: mount.minor)
        }
        #expect(try holds())
        #expect(
            try !Processes.holdsDescriptor(
                Processes.currentID, inode: status.inode, major: mount.major, minor: mount.minor + 1))
        try file.close()
        #expect(try !holds())
    }
}
