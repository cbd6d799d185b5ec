package import Bytes

/// Why a merge, a sort or a data file's reading or writing failed, and which file it was about.
package struct MergeError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Equatable, Sendable {
        case cancelled
        /// A data file is not what its entry says, or its bytes are damaged.
        case damaged
        /// Storage or scratch space failed; `underlying` says how.
        case storage
        /// A file's columns cannot be read as the table's.
        case schema
        /// Rows are not in the order of their keys.
        case order
        /// Rows in are not rows out plus rows dropped: a defect of this program, caught before the commit.
        case accounting
        /// What an earlier attempt is said to have finished cannot be gone on from: the merge is to begin anew.
        case resuming
    }

    package var kind: Kind
    package var message: String
    /// The data file, relative to the table.
    package var path: ByteString?
    package var underlying: (any Error)?

    package init(
        _ kind: Kind, _ message: String, path: ByteString? = nil, underlying: (any Error)? = nil
    ) {
        self.kind = kind
        self.message = message
        self.path = path
        self.underlying = underlying
    }

    package var description: String {
        guard let path else { return message }
        return "\(path.display): \(message)"
    }
}
