import Bytes
import Glibc
package import Platform

/// How a parent that started the daemon in the background learns whether the mount is there.
///
/// The child that mounts writes one line to a pipe, `READY` or `ERROR <exit code> <text>`, and the parent waits for it: mount(8)
/// and systemd look for the mount as soon as the parent ends.
package struct MountReadiness: ~Copyable {
    /// What the parent learns.
    package enum Report: Equatable, Sendable {
        case ready
        case failed(exitCode: Int32, String)
    }

    /// The parent's end, and the one that the child inherits; both are closed by exec(3) unless duplicated.
    package let parent: FileDescriptor
    package let child: FileDescriptor

    package init() throws(Errno) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .current }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        parent = FileDescriptor(owning: ends[0])
        child = FileDescriptor(owning: ends[1])
    }

    /// Said by the child, once; afterwards it closes its end.
    package static func send(_ report: Report, to child: borrowing FileDescriptor) {
        let text =
            switch report {
            case .ready: "READY\n"
            case .failed(let code, let message): "ERROR \(code) \(message)\n"
            }
        try? child.write(Array(text.utf8))
    }

    /// In the parent, once the child is started: waits for its word. A child that ends without one has failed.
    package consuming func receive() -> Report {
        // The pipe ends only when nobody holds the child's end any more.
        try? child.close()
        return Self.parse((try? parent.readToEnd()) ?? [])
    }

    private static func parse(_ bytes: [UInt8]) -> Report {
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("READY") { return .ready }
        let fields = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard fields.count == 3, fields[0] == "ERROR", let code = Int32(fields[1]) else {
            return .failed(exitCode: 32, "the daemon ended before the mount was there")
        }
        var message = String(fields[2])
        if message.last == "\n" { message.removeLast() }
        return .failed(exitCode: code, message)
    }
}
