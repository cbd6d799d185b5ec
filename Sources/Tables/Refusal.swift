package import Bytes
package import Platform

/// Something a person or program asked for and did not get: what, why, and what to do instead.
///
/// An errno is all that the system call could say; the rest stands in the file `errors`.
package struct Refusal: Sendable {
    /// Who asked.
    package struct Requester: Sendable, Hashable {
        package var userID: UInt32
        package var groupID: UInt32
        package var processID: Int32
        /// The program's name as the kernel knows it, where it could be read.
        package var command: ByteString?

        package init(userID: UInt32, groupID: UInt32, processID: Int32, command: ByteString? = nil) {
            self.userID = userID
            self.groupID = groupID
            self.processID = processID
            self.command = command
        }
    }

    package var timeMilliseconds: Int64
    package var requester: Requester?
    /// `close`, `rename`, `write`, ….
    package var operation: String
    /// Relative to the mount point.
    package var path: ByteString
    package var errno: Errno
    /// The rule that was broken, in one sentence.
    package var rule: String
    package var expected: String?
    package var found: String?
    package var remedy: String?

    package init(
        timeMilliseconds: Int64, requester: Requester?, operation: String, path: ByteString, errno: Errno,
        rule: String, expected: String? = nil, found: String? = nil, remedy: String? = nil
    ) {
        self.timeMilliseconds = timeMilliseconds
        self.requester = requester
        self.operation = operation
        self.path = path
        self.errno = errno
        self.rule = rule
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }
}
