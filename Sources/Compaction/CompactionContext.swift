package import Bytes
package import Merge
package import Metadata
package import Platform
package import Storage
package import Telemetry
package import TransactionLog

/// Which table a compactor works on, and with what.
package struct CompactionContext: Sendable {
    /// The table's directory in the storage, which is its name.
    package var table: ByteString
    package var log: TransactionLog
    package var storage: any ObjectStorage
    package var clock: any Clock
    package var entropy: any Entropy
    /// Holds the jobs that this process runs.
    package var session: SessionID
    package var slots: JobSlots
    package var logger: Log
    /// Told of data files on their way.
    package var openWrites: OpenWrites
    /// Told of what happens to jobs, from any thread; must return soon.
    package var onEvent: @Sendable (CompactionEvent) -> Void

    package init(
        table: ByteString, log: TransactionLog, storage: any ObjectStorage, clock: any Clock,
        entropy: any Entropy, session: SessionID, slots: JobSlots, logger: Log = .disabled,
        openWrites: OpenWrites = OpenWrites(),
        onEvent: @escaping @Sendable (CompactionEvent) -> Void = { _ in }
    ) {
        self.table = table
        self.log = log
        self.storage = storage
        self.clock = clock
        self.entropy = entropy
        self.session = session
        self.slots = slots
        self.logger = logger
        self.openWrites = openWrites
        self.onEvent = onEvent
    }
}

/// The limits of a compactor.
package struct CompactionOptions: Sendable {
    /// A job that failed so often is set aside.
    package var maxFailures = 3
    /// After the first failure; four times as long after each further one.
    package var backOffMilliseconds: Int64 = 10_000
    /// Between two looks at all partitions.
    package var lookNanoseconds: UInt64 = 60_000_000_000
    /// Room that is left free beyond 1.1 times the input.
    package var reserveBytes: UInt64 = 16 << 20
    /// Files that a merge has open at once; more are merged in passes.
    package var maxInputs = 256
    /// A merge of so many bytes takes two ranges of keys at once where a person waits for it or the mount is idle.
    package var twoRangesBytes: Int64 = 128 << 20
    /// References that one commit splits.
    package var splitBatchCount = 1_000
    /// How often a commit whose outcome is unknown, or that must not be lost, is tried again at once.
    package var commitAttempts = 6
    /// Before the second attempt; twice as long before each further one.
    package var commitBackOffNanoseconds: UInt64 = 50_000_000
    /// Between two progress events of a job.
    package var progressMilliseconds: Int64 = 1_000

    package init() {}
}
