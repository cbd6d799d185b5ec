import Bytes
import Metadata
package import Platform
package import Storage
package import TransactionLog

/// Why something could not be done with a store or table: what a person is told, and the errno of a mount.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package var errno: Errno
    package var message: String

    package init(_ errno: Errno, _ message: String) {
        self.errno = errno
        self.message = message
    }

    package var description: String { message }
}

extension StoreError {
    package init(_ error: StorageError) {
        self.init(Self.errno(of: error), "\(error)")
    }

    package init(_ error: LogError) {
        let errno: Errno =
            switch error {
            case .noSuchTable: .enoent
            case .alreadyExists: .eexist
            case .damaged, .inconsistent, .missingVersion: .ebadmsg
            case .unsupported: .eopnotsupp
            case .expired, .beyondRetention: .estale
            case .poisoned: .eio
            case .storage(let error): Self.errno(of: error)
            }
        self.init(errno, error.description)
    }

    package init(_ error: CommitError) {
        switch error {
        case .conflict(let conflict): self.init(.ebusy, conflict.message)
        case .invalid(let message): self.init(.einval, message)
        case .unknownOutcome: self.init(.eio, error.description)
        case .failed(let error): self.init(error)
        case .foreign: self.init(.erofs, error.description)
        }
    }

    private static func errno(of error: StorageError) -> Errno {
        switch error.kind {
        case .notFound: .enoent
        case .alreadyExists: .eexist
        case .noSpace: .enospc
        case .permission: .eacces
        default: .eio
        }
    }
}
