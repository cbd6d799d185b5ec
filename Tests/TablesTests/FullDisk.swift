import Bytes
import Glibc
import Platform
import Storage
import TestKit

/// A file system of its own of a few mebibytes, in memory: one that a test may fill.
final class FullDisk {
    static let canMount: Bool = {
        guard geteuid() == 0, let disk = try? FullDisk(sizeBytes: 1 << 20) else { return false }
        return (try? FileSystemCalls.space(of: disk.path).capacityBytes) == 1 << 20
    }()
    static let requirement = "needs the right to mount a tmpfs"

    private let directory: TemporaryDirectory
    private var fillers = 0
    var path: ByteString { directory.path }

    init(sizeBytes: UInt64) throws {
        directory = try TemporaryDirectory("disk")
        let result = try ProcessRunner.run([
            "mount", "-t", "tmpfs", "-o", ByteString("size=\(sizeBytes)"), "tmpfs", directory.path,
        ])
        guard result.succeeded else { throw Errno.eperm }
    }

    deinit { _ = try? ProcessRunner.run(["umount", "-l", directory.path]) }

    var availableBytes: UInt64 { (try? FileSystemCalls.space(of: path).availableBytes) ?? 0 }

    /// Fills it to the last byte.
    func fill() throws {
        fillers += 1
        let file = try FileDescriptor.open(path + ByteString("/filler-\(fillers)"), [.writeOnly, .create])
        var piece = 1 << 20
        while piece > 0 {
            do throws(Errno) {
                try file.write([UInt8](repeating: 1, count: piece))
            } catch {
                guard error == .enospc else { throw error }
                piece /= 2
            }
        }
    }

    /// Gives that room back.
    func clear() throws {
        for number in 1...max(1, fillers) {
            try? FileSystemCalls.unlink(path + ByteString("/filler-\(number)"))
        }
        fillers = 0
    }
}
