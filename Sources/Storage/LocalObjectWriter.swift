import Bytes
import Platform

/// Writes a file under its final name.
final class LocalObjectWriter: ObjectWriter {
    private enum Phase { case writing, finished, dropped }

    private static let bufferBytes = 256 << 10

    let key: ByteString
    private(set) var bytesWritten: UInt64 = 0
    private let file: FileDescriptor
    private let parent: FileDescriptor
    private var buffer: [UInt8] = []
    private var phase = Phase.writing

    init(key: ByteString, file: consuming FileDescriptor, parent: consuming FileDescriptor) {
        self.key = key
        self.file = file
        self.parent = parent
    }

    deinit { abort() }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard phase == .writing else { throw StorageError(.invalid, .write, key, detail: "it is closed") }
        bytesWritten += UInt64(bytes.count)
        do throws(Errno) {
            if buffer.count + bytes.count > LocalObjectWriter.bufferBytes { try flush() }
            if bytes.count >= LocalObjectWriter.bufferBytes {
                try file.write(bytes)
            } else {
                buffer.append(contentsOf: bytes)
            }
        } catch {
            // What a partial write has left is unknown: nothing can follow it.
            abort()
            throw StorageError(error, .write, key)
        }
    }

    private func flush() throws(Errno) {
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    func finish() throws(StorageError) {
        guard phase == .writing else { throw StorageError(.invalid, .finish, key, detail: "it is closed") }
        do throws(Errno) {
            try flush()
        } catch {
            abort()
            throw StorageError(error, .finish, key)
        }
        do throws(Errno) {
            try file.sync()
            try parent.sync()
        } catch {
            abort()
            throw StorageError(DirectoryStorage.syncFailure(error), .finish, key, errno: error)
        }
        phase = .finished
    }

    func abort() {
        guard phase == .writing else { return }
        phase = .dropped
        buffer = []
        try? FileSystemCalls.unlink(ObjectKey.name(of: key), at: parent.rawValue)
    }
}
