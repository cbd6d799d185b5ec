package import Bytes
package import Metadata
package import Storage

/// Why a table's log cannot be read or written.
package enum LogError: Error, Sendable, CustomStringConvertible {
    /// There is no log of this name in the store.
    case noSuchTable(ByteString)
    case alreadyExists(ByteString)
    /// Bytes that are not what they should be; `line` counts from 1, nil where the file has none.
    case damaged(file: String, line: Int?, String)
    /// An action, a protocol or a format of a later program: the table is refused, nothing is skipped.
    case unsupported(String)
    /// A version that should be there and is not.
    case missingVersion(Version, String)
    /// The version can no longer be had: its version files or states have expired.
    case expired(Version)
    /// The changes after a version can no longer be told; `oldest` is the first after which they can, nil
    /// where there is none.
    case beyondRetention(Version, oldest: Version?)
    /// The transactions of a version contradict the state before it.
    case inconsistent(Version, String)
    /// A sync of the log failed and the table must be opened again.
    case poisoned
    case storage(StorageError)

    package static func damaged(file: String, line: Int?, _ error: WireError) -> LogError {
        switch error.kind {
        case .malformed: .damaged(file: file, line: line, error.message)
        case .unsupported: .unsupported(file + (line.map { ", line \($0)" } ?? "") + ": " + error.message)
        }
    }

    static func damaged(file: String, line: Int?, _ error: DecodeError) -> LogError {
        error.kind == .unsupported
            ? .unsupported("\(file): \(error)") : .damaged(file: file, line: line, error.description)
    }

    package var description: String {
        switch self {
        case .noSuchTable(let name): "there is no table \"\(name)\""
        case .alreadyExists(let name): "the table \"\(name)\" exists already"
        case .damaged(let file, let line, let message):
            "\(file)\(line.map { ", line \($0)" } ?? ""): \(message)"
        case .unsupported(let message): message
        case .missingVersion(let version, let message): "version \(version) is missing: \(message)"
        case .expired(let version): "version \(version) can no longer be had"
        case .beyondRetention(let version, let oldest):
            "the changes after version \(version) are beyond retention: the oldest version after which they can be "
                + "told is \(oldest?.description ?? "none"); to keep them longer, raise the property "
                + "log.retention.hours or state.retention.hours"
        case .inconsistent(let version, let message):
            "version \(version) contradicts the state before it: \(message)"
        case .poisoned: "an earlier sync of the log failed; the table must be opened again"
        case .storage(let error): "\(error)"
        }
    }
}

/// Why a transaction was not committed, or may not have been.
package enum CommitError: Error, Sendable, CustomStringConvertible {
    /// What the transaction read is no longer so; nothing was written.
    case conflict(TransactionConflict)
    /// The transaction contradicts the table's state; nothing was written.
    case invalid(String)
    /// Written or not, nobody knows: nothing that the transaction refers to may be deleted.
    case unknownOutcome(CommitID, String)
    /// Not committed.
    case failed(LogError)
    /// The table is another program's, and only browsed.
    case foreign

    package var description: String {
        switch self {
        case .conflict(let conflict): conflict.message
        case .invalid(let message): message
        case .unknownOutcome(let id, let message): "whether commit \(id) happened is unknown: \(message)"
        case .failed(let error): error.description
        case .foreign: "the table was written by another program and is read-only"
        }
    }
}
