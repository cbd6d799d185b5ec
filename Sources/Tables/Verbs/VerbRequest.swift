package import Bytes

/// What a person asks to be done with a table's versions and files: a command of `firn` and a line of `ctl`.
package enum VerbRequest: Hashable, Sendable {
    /// `version` is a number, a time, or another tag.
    case tag(version: ByteString, name: ByteString, moving: Bool)
    case deleteTag(name: ByteString)
    case restore(version: ByteString)
    /// Relative to the table, as in the log (`data/…`) or as a mount shows them (`live/…`).
    case remove(paths: [ByteString])
    /// Files all of whose rows satisfy the filter; those of which only some may are kept, or a reason to refuse.
    case removeMatching(filter: ByteString, keepingPartial: Bool)
    /// `date=2024-01-01/region=eu`, or the first columns of that.
    case dropPartition(ByteString)
}
