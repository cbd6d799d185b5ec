package import Bytes
import Glibc

/// One name in a directory.
package struct DirectoryEntry: Equatable, Sendable {
    package var name: ByteString
    /// `unknown` where the file system does not tell.
    package var kind: FileStatus.Kind
    package var inode: UInt64
}

extension FileSystemCalls {
    /// The names in a directory besides `.` and `..`, in the order of the file system.
    package static func list(_ path: ByteString) throws(Errno) -> [DirectoryEntry] {
        try list(try FileDescriptor.open(path, .directory))
    }

    /// The names in an open directory, which is closed.
    package static func list(_ directory: consuming FileDescriptor) throws(Errno) -> [DirectoryEntry] {
        let raw = directory.release()
        guard let stream = fdopendir(raw) else {
            let error = Errno.current
            _ = Glibc.close(raw)
            throw error
        }
        defer { closedir(stream) }
        var result: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let error = Errno.current
                if error.rawValue != 0 { throw error }
                return result
            }
            if let entry = convert(entry) { result.append(entry) }
        }
    }

    private static func convert(_ entry: UnsafeMutablePointer<dirent>) -> DirectoryEntry? {
        // The name lies at the end of a record that is shorter than the struct: read it in place.
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
        let text = UnsafeRawPointer(entry) + offset
        let length = strlen(text.assumingMemoryBound(to: CChar.self))
        let name = ByteString([UInt8](UnsafeRawBufferPointer(start: text, count: length)))
        if name == "." || name == ".." { return nil }
        let kind: FileStatus.Kind =
            switch Int(entry.pointee.d_type) {
            case DT_REG: .regular
            case DT_DIR: .directory
            case DT_LNK: .symbolicLink
            case DT_UNKNOWN: .unknown
            default: .other
            }
        return DirectoryEntry(name: name, kind: kind, inode: UInt64(entry.pointee.d_ino))
    }
}
