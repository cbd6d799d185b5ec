package import Bytes

/// What a person asks to be done with a table's versions, files, partitions and jobs: a command of `firn` and a line of `ctl`.
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
    /// A leaf in two, at a key as ``KeyText`` has it, or where half of the rows are on each side. Without a partition:
    /// the leaf of the key, in a table without partition columns.
    case split(partition: ByteString?, at: ByteString?)
    /// A leaf into so many, as evenly as its rows allow.
    case spread(partition: ByteString?, leafCount: Int)
    /// The leaves at and below a partition at these normalised keys, ascending.
    case splitAtAll(partition: ByteString?, keys: [ByteString])
    case job(JobVerb, id: ByteString)
    /// All files become garbage, and the trees begin anew, or not.
    case reinitialise(TreesAnew)
}

/// What can be done with a compaction job.
package enum JobVerb: String, CaseIterable, Hashable, Sendable {
    case retry, cancel, pause, resume
}

/// What becomes of the partition trees of a table that is emptied.
package enum TreesAnew: Hashable, Sendable {
    case keep
    /// Every root partition is one leaf.
    case none
    /// The one tree of a table without partition columns is split at these normalised keys, ascending.
    case splitAt([ByteString])
}
