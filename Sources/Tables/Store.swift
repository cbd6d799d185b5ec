package import Bytes
import Compaction
import Metadata
import Platform
import Records
package import Storage
import Synchronization
import Telemetry
import TransactionLog

/// A directory that holds tables, open in this process.
///
/// Locks, outermost first: `opening` (one table is opened or made at a time), then `tables`.
package final class Store: Sendable {
    package let context: StoreContext
    private let tables = Mutex<[ByteString: Table]>([:])
    private let opening = Mutex<Void>(())
    private let observers = Mutex<[@Sendable () -> Void]>([])
    private let mourners = Mutex<[@Sendable (Table) -> Void]>([])
    private let caretaker: Caretaker

    package var root: ByteString { context.root }
    package var storage: any ObjectStorage { context.storage }
    package var session: Session { context.session }

    private init(context: StoreContext) {
        self.context = context
        caretaker = Caretaker(context: context)
    }

    /// Opens the store at `root`, a directory that exists.
    package static func open(at root: ByteString, options: StoreOptions) throws(StoreError) -> Store {
        let storage = try directory(root, entropy: options.entropy)
        do throws(StorageError) {
            return try open(storage: storage, root: storage.root, options: options)
        } catch {
            throw StoreError(error)
        }
    }

    /// The objects of the store at `root`, a directory that exists.
    static func directory(
        _ root: ByteString, entropy: any Entropy
    ) throws(StoreError) -> DirectoryStorage {
        do {
            let real = try FileSystemCalls.realPath(root)
            guard try FileSystemCalls.status(real).isDirectory else {
                throw StoreError(
                    .enotdir, "\(root) is not a directory; a store is a directory that holds tables")
            }
            return try DirectoryStorage(root: real, entropy: entropy)
        } catch let error as StoreError {
            throw error
        } catch let error as Errno where error == .enoent {
            throw StoreError(error, "the store \(root) does not exist. Make it with `mkdir`.")
        } catch let error as Errno {
            throw StoreError(error, "the store \(root) cannot be opened: \(error.message)")
        } catch let error as StorageError {
            throw StoreError(error)
        } catch {
            throw StoreError(.eio, "the store \(root) cannot be opened: \(error)")
        }
    }

    /// Opens a store on any storage.
    package static func open(
        storage: any ObjectStorage, root: ByteString, options: StoreOptions
    ) throws(StorageError) -> Store {
        let sessions = SessionDirectory(storage: storage)
        let session = try Session(
            directory: sessions, command: options.command, clock: options.clock, entropy: options.entropy,
            pinMilliseconds: options.versionPinMilliseconds, isSilent: options.isReadOnly)
        let slots = max(1, options.jobSlots)
        let activity = MountActivity(clock: options.clock)
        let context = StoreContext(
            root: root, storage: storage, session: session, sessions: sessions, options: options,
            pool: WorkerPool(name: "firn-jobs", threadCount: 1), timers: TimerQueue(),
            scratch: scratch(root: root, options),
            slots: JobSlots(
                limit: slots, idleLimit: options.runsServices ? max(slots, 2) : slots,
                isIdle: { activity.isIdle }),
            activity: activity, reserve: SpaceReserve(storage: storage))
        if options.runsServices, !options.isReadOnly { context.reserve.fill() }
        let store = Store(context: context)
        store.caretaker.start(store: store)
        return store
    }

    /// Spill files have no names and vanish with the process; only their directory stays.
    private static func scratch(root: ByteString, _ options: StoreOptions) -> Scratch {
        let directory = options.scratchPath ?? root + "/_scratch"
        if !options.isReadOnly { try? FileSystemCalls.makeDirectory(directory) }
        return Scratch(directory: directory, limitBytes: .max, entropy: options.entropy)
    }

    /// The names of the tables, sorted: directories with a transaction log and a name that may be one.
    package func tableNames() throws(StoreError) -> [ByteString] { try tablesInStorage().map(\.name) }

    /// The same with the time at which each began; nil where version 0 has expired.
    func tablesInStorage() throws(StoreError) -> [(name: ByteString, began: Int64?)] {
        do throws(StorageError) {
            var found: [(name: ByteString, began: Int64?)] = []
            for object in try storage.list("") where object.isDirectory && TableName.isValid(object.name) {
                if let began = try Table.beginning(of: object.name, in: storage) {
                    found.append((object.name, began))
                } else if try hasLog(object.name) {
                    found.append((object.name, nil))
                }
            }
            return found
        } catch {
            throw StoreError(error)
        }
    }

    /// Lets go of open tables that others have removed, or made anew under the same name.
    ///
    /// - Parameter open: those that were open before storage was looked at.
    func drop(_ open: [Table], unlessIn storage: [(name: ByteString, began: Int64?)]) {
        for table in open {
            if let found = storage.first(where: { $0.name == table.name }) {
                guard let began = found.began, let own = table.began, began != own else { continue }
            }
            let isOurs = tables.withLock { tables in
                guard tables[table.name] === table else { return false }
                tables[table.name] = nil
                return true
            }
            guard isOurs else { continue }
            table.log.markRemoved()
            context.log.info("the table \(table.name) was removed by another process")
            for mourner in mourners.withLock({ $0 }) { mourner(table) }
            // Its services may be at work; nobody waits for them here.
            context.pool.submit { table.stop() }
        }
    }

    /// True where version 0 has expired but a log is there.
    private func hasLog(_ name: ByteString) throws(StorageError) -> Bool {
        try !storage.list(name + "/_transaction_log").isEmpty
    }

    /// The tables that are open, sorted by name.
    package var openTables: [Table] {
        tables.withLock { $0.values.sorted { $0.name < $1.name } }
    }

    /// The table of this name, opened on first use.
    package func table(_ name: ByteString) throws(StoreError) -> Table {
        if let table = tables.withLock({ $0[name] }) { return table }
        let outcome = opening.withLock { _ -> Result<Table, StoreError> in
            if let table = tables.withLock({ $0[name] }) { return .success(table) }
            do throws(StoreError) {
                guard TableName.isValid(name) else {
                    throw StoreError(.enoent, "there is no table \"\(name)\"")
                }
                let table = try Table(name: name, context: context)
                tables.withLock { $0[name] = table }
                table.startServices()
                return .success(table)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Makes a table; its version 0 is durable when this returns.
    package func createTable(_ name: ByteString, _ creation: TableCreation) throws(StoreError) -> Table {
        guard !context.options.isReadOnly else { throw StoreError(.erofs, "the store is open read-only") }
        guard TableName.isValid(name) else {
            throw StoreError(.eperm, "\"\(name)\" cannot be a table: \(TableName.rule)")
        }
        try creation.validate()
        do throws(LogError) {
            _ = try TransactionLog.create(
                storage: storage, table: name, definition: creation.definition(name: name, context: context),
                actions: creation.propertyActions + creation.treeActions(context.entropy),
                session: session.id, clock: context.clock,
                entropy: context.entropy)
        } catch {
            throw StoreError(error)
        }
        // One of this name may be open that somebody else has removed a moment ago.
        let stale = openTables.filter { $0.name == name }
        if !stale.isEmpty { drop(stale, unlessIn: try tablesInStorage()) }
        notifyTablesChanged()
        return try table(name)
    }

    /// Removes a table to which nothing was ever committed but properties.
    package func removeEmptyTable(_ name: ByteString) throws(StoreError) {
        let table = try table(name)
        let state = try table.refresh()
        guard state.files.isEmpty, state.garbage.isEmpty, state.receipts.count == 0 else {
            throw StoreError(
                .enotempty,
                "the table \(name) has committed data; only an empty table can be removed with rmdir")
        }
        tables.withLock { $0[name] = nil }
        table.stop()
        do throws(StorageError) {
            try table.removeEverything()
        } catch {
            throw StoreError(error)
        }
        notifyTablesChanged()
    }

    /// Calls `observer` when tables have come or gone.
    package func onTablesChanged(_ observer: @escaping @Sendable () -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// Calls `mourner` with each table that somebody else has removed.
    package func onTableGone(_ mourner: @escaping @Sendable (Table) -> Void) {
        mourners.withLock { $0.append(mourner) }
    }

    func notifyTablesChanged() {
        for observer in observers.withLock({ $0 }) { observer() }
    }

    /// Stops the services, waits for what runs, and ends the session.
    package func close() {
        caretaker.stop()
        for table in openTables { table.stop() }
        context.pool.shutdown()
        context.timers.shutdown()
        session.end()
    }
}
