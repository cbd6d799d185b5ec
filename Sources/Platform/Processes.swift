package import Bytes
import CLinux
import Glibc

/// This process, and what /proc tells of others.
package enum Processes {
    package static var currentID: Int32 { getpid() }
    package static var effectiveUser: UInt32 { geteuid() }
    package static var effectiveGroup: UInt32 { getegid() }

    /// Lets all threads of this process share so many pools of memory.
    ///
    /// The allocator otherwise makes up to eight for each processor, as threads meet in it, and what is free in one
    /// is of no use to the others: a process of many threads that run for a short time keeps most of what it ever
    /// had.
    package static func limitMemoryPools(to count: Int) {
        _ = firn_limit_memory_pools(Int32(clamping: count))
    }

    /// The status of a process or thread; ESRCH or ENOENT where there is none.
    package static func status(of process: Int32) throws(Errno) -> ProcessStatus {
        guard let status = ProcessStatus(parsing: try read("/proc/\(process)/stat")) else { throw .einval }
        return status
    }

    /// The process that a thread belongs to.
    package static func threadGroup(of thread: Int32) throws(Errno) -> Int32 {
        let text = String(decoding: try read("/proc/\(thread)/status"), as: UTF8.self)
        guard let value = field("Tgid:", of: text), let group = Int32(value) else { throw .einval }
        return group
    }

    /// Whether the process is there and began at that tick; a number that was given again does not count.
    package static func isRunning(_ process: Int32, startTicks: UInt64) -> Bool {
        guard let status = try? status(of: process) else { return false }
        return status.startTicks == startTicks && status.state != UInt8(ascii: "Z")
    }

    /// Whether the process that had this number and began at that tick has certainly ended. What `/proc` hides from us
    /// may be there.
    package static func isGone(_ process: Int32, startTicks: UInt64) -> Bool {
        guard (try? status(of: process)) == nil else { return !isRunning(process, startTicks: startTicks) }
        return process > 0 && kill(process, 0) == -1 && errno == ESRCH
    }

    package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// True where the descriptor is a pipe or socket that nobody reads any more.
    package static func readerIsGone(_ descriptor: Int32) -> Bool {
        var asked = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&asked, 1, 0) == 1 && asked.revents & Int16(POLLERR) != 0
    }

    /// The name of the machine.
    package static func hostName() -> ByteString {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return ByteString(buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    /// An id that the kernel draws anew at every boot.
    package static func bootID() throws(Errno) -> ByteString {
        ByteString(try read("/proc/sys/kernel/random/boot_id").prefix { $0 != 0x0A })
    }

    /// Where process ids mean the same as here: the boot and the pid namespace, as containers of one kernel number their
    /// processes apart. Empty where that cannot be told.
    package static func idSpace() -> ByteString {
        guard let boot = try? bootID(), let namespace = try? FileSystemCalls.status("/proc/self/ns/pid")
        else { return "" }
        return boot + "/" + ByteString(String(namespace.inode))
    }

    /// The value of an environment variable.
    package static func environment(_ name: String) -> ByteString? {
        guard let value = getenv(name) else { return nil }
        return ByteString([UInt8](UnsafeRawBufferPointer(start: value, count: strlen(value))))
    }

    /// The program of this process, as the kernel resolved it.
    package static func executablePath() throws(Errno) -> ByteString {
        try FileSystemCalls.readLink("/proc/self/exe")
    }

    static func read(_ path: String) throws(Errno) -> [UInt8] {
        try FileDescriptor.open(ByteString(path)).readToEnd()
    }

    /// The first word after `name` at the start of a line.
    static func field(_ name: String, of text: String) -> Substring? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.dropFirst(name.count).split { $0 == " " || $0 == "\t" }.first
        }
        return nil
    }
}
