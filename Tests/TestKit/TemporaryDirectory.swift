package import Bytes
package import Platform

/// A fresh directory, deleted with all that is in it when the value goes.
package final class TemporaryDirectory: Sendable {
    package let path: ByteString

    package init(_ name: String = "test") throws(Errno) {
        let base = Processes.environment("TMPDIR") ?? "/tmp"
        path = base + ByteString("/firn-\(name)-\(Hex.string(SystemEntropy().uint64()))")
        try FileSystemCalls.makeDirectory(path, permissions: 0o700)
    }

    deinit { TemporaryDirectory.delete(path) }

    /// A path inside.
    package func file(_ name: ByteString) -> ByteString { path + "/" + name }

    /// Writes a file inside, making its directories.
    package func write(_ name: ByteString, _ bytes: [UInt8]) throws(Errno) {
        let components = name.bytes.split(separator: UInt8(ascii: "/"))
        var directory = path
        for component in components.dropLast() {
            directory = directory + "/" + ByteString(component)
            do throws(Errno) { try FileSystemCalls.makeDirectory(directory) } catch .eexist {}
        }
        try FileDescriptor.open(file(name), [.writeOnly, .create, .truncate]).write(bytes)
    }

    package func read(_ name: ByteString) throws(Errno) -> [UInt8] {
        try FileDescriptor.open(file(name)).readToEnd()
    }

    /// Deletes a tree; symbolic links are deleted, not followed.
    package static func delete(_ path: ByteString) {
        for entry in (try? FileSystemCalls.list(path)) ?? [] {
            let name = path + "/" + entry.name
            if entry.kind == .directory { delete(name) } else { try? FileSystemCalls.unlink(name) }
        }
        try? FileSystemCalls.removeDirectory(path)
    }
}
