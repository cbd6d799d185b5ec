import Glibc
package import Platform

/// Why an operation is refused: the errno that a program sees and the sentence that a person reads.
///
/// The sentence is logged once where the refusal is answered. It is `nil` for answers that are no
/// refusals of anything a person did (a name that is not there, an attribute that is not set).
package struct FileTreeError: Error, Equatable, Sendable {
    package let code: Int32
    package let message: String?
    /// What to do instead, where that is not plain from the message.
    package let remedy: String?

    package init(code: Int32, _ message: String? = nil, remedy: String? = nil) {
        precondition(code > 0, "an errno is positive")
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// A failed system call.
    package init(_ errno: Errno, _ message: String? = nil, remedy: String? = nil) {
        self.init(code: errno.rawValue, message, remedy: remedy)
    }
}

extension FileTreeError: CustomStringConvertible {
    package var description: String {
        let errno = Errno(rawValue: code)
        guard let message else { return errno.description }
        return "\(message): \(errno)"
    }
}

extension FileTreeError {
    package static let noEntry = FileTreeError(code: ENOENT)
    package static let noAttribute = FileTreeError(code: ENODATA)
    package static let interrupted = FileTreeError(code: EINTR)
    package static let nameTooLong = FileTreeError(code: ENAMETOOLONG, "names are at most 255 bytes")
    /// A node or handle of something that is gone.
    package static let stale = FileTreeError(code: ESTALE)

    package static func immutable(_ message: String, remedy: String? = nil) -> FileTreeError {
        FileTreeError(code: EPERM, message, remedy: remedy)
    }
    package static func readOnly(_ message: String) -> FileTreeError { FileTreeError(code: EROFS, message) }
    package static func accessDenied(_ message: String) -> FileTreeError {
        FileTreeError(code: EACCES, message)
    }
    package static func busy(_ message: String, remedy: String? = nil) -> FileTreeError {
        FileTreeError(code: EBUSY, message, remedy: remedy)
    }
    package static func exists(_ message: String) -> FileTreeError { FileTreeError(code: EEXIST, message) }
    package static func badContent(_ message: String) -> FileTreeError {
        FileTreeError(code: EBADMSG, message)
    }
    package static func gone(_ message: String, remedy: String? = nil) -> FileTreeError {
        FileTreeError(code: ESTALE, message, remedy: remedy)
    }
    package static func noSpace(_ message: String) -> FileTreeError { FileTreeError(code: ENOSPC, message) }
    package static func badValue(_ message: String) -> FileTreeError { FileTreeError(code: EINVAL, message) }
    package static func unsupported(_ message: String, remedy: String? = nil) -> FileTreeError {
        FileTreeError(code: EOPNOTSUPP, message, remedy: remedy)
    }
    package static func broken(_ message: String) -> FileTreeError { FileTreeError(code: EIO, message) }
    package static let notDirectory = FileTreeError(code: ENOTDIR)
    package static let isDirectory = FileTreeError(code: EISDIR)
    package static let notEmpty = FileTreeError(code: ENOTEMPTY)
}
