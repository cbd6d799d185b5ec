package import Bytes
package import Compaction
package import Ingest
package import Metadata
import Platform
package import Storage
import Synchronization
import Telemetry
package import TransactionLog

/// One table of an open store: its state, its history, and what may be asked of it.
///
/// Reading ``state`` never waits. What commits or reads storage waits for it and belongs on a pool.
package final class Table: Sendable {
    package let name: ByteString
    package let context: StoreContext
    package let log: TransactionLog
    package let events: EventLog
    package let refusals: RefusalLog
    package let ingest: IngestService
    package let compactor: Compactor
    package let backPressure: BackPressure
    let history: StateHistory
    let services: TableServices
    let writes: WriteMetrics
    /// When version 0 was written, which tells the table from a later one of the same name; nil where it has expired.
    let began: Int64?

    init(name: ByteString, context: StoreContext) throws(StoreError) {
        self.name = name
        self.context = context
        var options = LogOptions()
        let log = context.log
        options.warn = { message in log.warning("\(name): \(message)") }
        do throws(LogError) {
            self.log = try TransactionLog.open(
                storage: context.storage, table: name, clock: context.clock, entropy: context.entropy,
                options: options)
        } catch {
            throw StoreError(error)
        }
        do throws(StorageError) { began = try Self.beginning(of: name, in: context.storage) } catch {
            throw StoreError(error)
        }
        let now = context.clock.nowMilliseconds()
        events = EventLog(nowMilliseconds: now)
        refusals = RefusalLog(nowMilliseconds: now)
        history = StateHistory()
        services = TableServices()
        writes = WriteMetrics(table: name.display)
        ingest = IngestService(
            context: TableContext(
                log: self.log, storage: context.storage, directory: name, clock: context.clock,
                entropy: context.entropy, scratch: context.scratch, session: context.session.id,
                openWrites: context.session.openWrites))
        let events = events
        let clock = context.clock
        compactor = Compactor(
            CompactionContext(
                table: name, log: self.log, storage: context.storage, clock: context.clock,
                entropy: context.entropy, session: context.session.id, slots: context.slots,
                logger: context.log, openWrites: context.session.openWrites,
                onEvent: { event in
                    let now = clock.nowMilliseconds()
                    events.append(JobEvent.line(event, nowMilliseconds: now), nowMilliseconds: now)
                }))
        backPressure = BackPressure(
            log: self.log, compactor: compactor, clock: clock, timers: context.timers,
            record: { events.record($0, nowMilliseconds: clock.nowMilliseconds()) })
        recordCommits()
        self.log.addObserver { [writes] _, _, transactions in writes.observe(transactions) }
    }

    package var storage: any ObjectStorage { context.storage }

    static func beginning(of name: ByteString, in storage: any ObjectStorage) throws(StorageError) -> Int64? {
        try storage.metadata(of: LogPath(table: name).versionFile(Version(0)))?.modificationMilliseconds
    }

    /// The newest state that this process knows.
    package var state: TableState { log.current }

    /// True where another program wrote the table: it is looked at, never changed.
    package var isForeign: Bool { state.definition.provider != "firn" }

    package var isReadOnly: Bool { context.options.isReadOnly || isForeign }

    /// The key of something of the table: `<table>/<path>`.
    package func key(_ path: ByteString) -> ByteString { name + "/" + path }

    /// Looks for what other processes committed.
    @discardableResult
    package func refresh() throws(StoreError) -> TableState {
        do throws(LogError) {
            return try log.refresh()
        } catch {
            throw StoreError(error)
        }
    }

    /// Commits one transaction; durable when this returns.
    @discardableResult
    package func commit(
        _ operation: ByteString, preconditions: [Precondition] = [], actions: [Action],
        notes: [(name: ByteString, value: ByteString)] = []
    ) throws(CommitError) -> CommittedTransaction {
        let id = CommitID(high: context.entropy.uint64(), low: context.entropy.uint64())
        return try log.commit(
            Transaction(
                id: id, operation: operation, session: context.session.id, preconditions: preconditions,
                actions: actions, notes: notes))
    }

    /// Sets a property, or takes it back to its default.
    package func setProperty(_ name: ByteString, _ value: ByteString?) throws(StoreError) {
        try checkWritable()
        var checked: ByteString?
        if let value {
            do throws(PropertyError) {
                checked = try TableProperties.validate(name, value)
            } catch {
                throw StoreError(.einval, error.message)
            }
        } else if state.properties.text(name) == nil {
            throw StoreError(.einval, "there is no property \"\(name)\"")
        }
        guard state.properties.overrides[name] != checked else { return }
        do throws(CommitError) {
            try commit("SET PROPERTY", actions: [.operation(.setProperty(name: name, value: checked))])
        } catch {
            throw StoreError(error)
        }
    }

    package func checkWritable() throws(StoreError) {
        if context.options.isReadOnly { throw StoreError(.erofs, "the store is open read-only") }
        if isForeign {
            let provider = state.definition.provider
            throw StoreError(.erofs, "the table \(name) was written by \(provider) and is read-only")
        }
    }

    /// Declares a session dead in this table's log, where it holds jobs. False where that could not be done.
    func declareDead(_ session: SessionID) -> Bool {
        let current = state
        guard !isReadOnly, !current.deadSessions.contains(session) else { return true }
        guard current.jobs.values.contains(where: { $0.session == session && $0.status == .running }) else {
            return true
        }
        do throws(CommitError) {
            try commit("DECLARE SESSION DEAD", actions: [.operation(.declareDead(session))])
            return true
        } catch {
            context.log.warning("\(name): session \(session) cannot be declared dead: \(error)")
            return false
        }
    }

    /// One look at what others committed; what fails is tried again at the next look.
    func poll() {
        do throws(StoreError) {
            _ = try refresh()
        } catch {
            services.reportPollFailure(error, log: context.log, table: name)
        }
    }
}
