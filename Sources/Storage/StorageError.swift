package import Bytes
package import Platform

/// Why a storage could not do what it was asked.
package struct StorageError: Error, Equatable, Sendable {
    /// What a caller decides by.
    package enum Kind: Equatable, Sendable {
        case notFound
        case alreadyExists
        case noSpace
        case permission
        /// It is not known whether a put happened: look before trying again, and delete nothing.
        case unknownOutcome
        /// What was written did not reach the disk. It was dropped and must be written anew.
        case failedSync
        /// The storage does not answer, or failed in a way that says nothing about the object.
        case unavailable
        /// A key or a range that cannot be, or an object of the wrong kind.
        case invalid
    }

    /// What was being done.
    package enum Operation: String, Equatable, Sendable {
        case get, metadata, list, put, create, write, finish, overwrite, reserve, delete, open, read, space
    }

    package var kind: Kind
    package var operation: Operation
    package var key: ByteString
    /// The system call's reason, where there was one.
    package var errno: Errno?
    package var detail: String?

    package init(
        _ kind: Kind, _ operation: Operation, _ key: ByteString, errno: Errno? = nil, detail: String? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.key = key
        self.errno = errno
        self.detail = detail
    }

    /// The kind that follows from a system call's reason.
    package init(_ errno: Errno, _ operation: Operation, _ key: ByteString) {
        self.init(StorageError.kind(of: errno), operation, key, errno: errno)
    }

    private static func kind(of errno: Errno) -> Kind {
        switch errno {
        case .enoent, .enotdir: .notFound
        case .eexist: .alreadyExists
        case .enospc, .edquot, .efbig: .noSpace
        case .eacces, .eperm, .erofs: .permission
        case .einval, .enametoolong, .eloop, .exdev, .eisdir: .invalid
        default: .unavailable
        }
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        var text = "\(operation.rawValue) \(key.display): \(kind)"
        if let errno { text += ", \(errno)" }
        if let detail { text += ", \(detail)" }
        return text
    }
}
