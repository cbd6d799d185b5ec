package import Bytes
package import Platform
package import Telemetry

/// How a process opens a store.
package struct StoreOptions: Sendable {
    package var clock: any Clock
    package var entropy: any Entropy
    package var log: Log
    package var metrics: MetricsRegistry
    /// Nothing is changed, and nothing is run.
    package var isReadOnly: Bool
    /// Runs the background services (states, compaction, garbage collection): a mount does, a command that only
    /// looks does not.
    package var runsServices: Bool
    /// Declares sessions dead that hold jobs of its tables, so that these can be taken up; with services it always does.
    package var watchesSessions: Bool
    /// What the session calls itself in its heartbeat: `mount`, `compact`, ….
    package var command: ByteString
    /// Compaction jobs that run at the same time, over all tables. With services, at least two while nobody uses
    /// the mount.
    package var jobSlots: Int
    /// How long a version that was looked at stays pinned.
    package var versionPinMilliseconds: Int64
    /// Where sorts and merges spill; nil is the store's own `_scratch`.
    package var scratchPath: ByteString?

    package init(
        clock: any Clock = SystemClock(), entropy: any Entropy = SystemEntropy(), log: Log = .disabled,
        metrics: MetricsRegistry = MetricsRegistry(), isReadOnly: Bool = false, runsServices: Bool = false,
        command: ByteString, jobSlots: Int = 1, scratchPath: ByteString? = nil,
        versionPinMilliseconds: Int64 = Session.versionPinMilliseconds, watchesSessions: Bool = false
    ) {
        self.clock = clock
        self.entropy = entropy
        self.log = log
        self.metrics = metrics
        self.isReadOnly = isReadOnly
        self.runsServices = runsServices
        self.watchesSessions = watchesSessions
        self.command = command
        self.jobSlots = jobSlots
        self.scratchPath = scratchPath
        self.versionPinMilliseconds = versionPinMilliseconds
    }
}
