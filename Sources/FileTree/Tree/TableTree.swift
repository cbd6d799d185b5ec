import Bytes
import Metadata
import Platform
import Synchronization
import Tables

/// What the nodes of one table share.
final class TableTree: Sendable {
    let table: Table
    let services: TreeServices
    /// Parts the numbers of this table's paths from those of others.
    let seed: UInt64
    /// Parts the numbers of its data files from those of others, where their ids alone would not.
    private let fileSalt: UInt64
    private let hasClosed = Atomic(false)
    private let hasCounted = Atomic(false)
    let shelf = StateShelf()
    let staging: StagingArea
    let compaction: CompactionDesk

    /// - Parameter isTwin: another table of the store has the same id: one is a copy of the other.
    init(_ table: Table, _ services: TreeServices, isTwin: Bool) {
        self.table = table
        self.services = services
        let id = table.state.definition.id
        seed = NodeNumbers.hash(table.name, seed: NodeNumbers.hash(id, seed: 0))
        // The ids of another program's files are hashes of their paths below the table, the same in each.
        fileSalt = isTwin || table.isForeign ? seed & (1 << 63 - 1) : 0
        staging = StagingArea(table, services, root: NodeNumbers.path("ingest", seed: seed))
        compaction = CompactionDesk(table, services)
    }

    func start() {
        table.onCommit { [weak self] old, new, transactions in
            self?.announce(old: old, new: new, transactions)
        }
        staging.start()
    }

    /// True once the table was removed: another of its name may follow.
    var isGone: Bool { hasClosed.load(ordering: .acquiring) }

    func close() {
        hasClosed.store(true, ordering: .releasing)
        staging.close()
        compaction.close()
    }

    /// The node of a path below the table; that of the table itself is known without opening it.
    func number(_ path: ByteString) -> NodeID {
        path.isEmpty ? NodeNumbers.path(table.name, seed: 0) : NodeNumbers.path(path, seed: seed)
    }

    /// The node, and inode number, of a data file.
    func number(_ file: FileID) -> NodeID {
        let number = file.rawValue ^ fileSalt
        return NodeID(number > 1 ? number : number + (1 << 62))
    }

    /// The path of something of the table below the mount point.
    func path(_ path: ByteString) -> ByteString { path.isEmpty ? table.name : table.name + "/" + path }

    /// Rows of live files that compactions took out of them. After a table was opened that is counted once, reference
    /// by reference; each version has it from the one before.
    func takenRows(of state: TableState) -> Int64 {
        let rows = state.takenRows
        if state.version == table.state.version { hasCounted.store(true, ordering: .releasing) }
        return rows
    }

    /// Whether ``takenRows(of:)`` is known of the newest version.
    var hasCountedTakenRows: Bool {
        hasCounted.load(ordering: .acquiring) || table.state.references.isEmpty
    }

    var user: UInt32 { table.state.definition.userID }
    var group: UInt32 { table.state.definition.groupID }
    var mode: UInt32 { table.state.definition.mode & 0o777 }

    /// What is newest in the table, in nanoseconds.
    var time: Int64 { table.state.timestamp * 1_000_000 }

    func directory(_ id: NodeID, permissions: UInt32 = 0o755, time: Int64? = nil) -> FileAttributes {
        FileAttributes(
            inode: InodeNumber(id.rawValue), kind: .directory, permissions: permissions & mode | 0o500,
            linkCount: 2, user: user, group: group, time: time ?? self.time)
    }

    func checkWritable() throws(FileTreeError) {
        do throws(StoreError) { try table.checkWritable() } catch { throw FileTreeError(error) }
    }

    /// Remembers a refusal for `errors`; an answer without a reason is none.
    func refuse(
        _ operation: String, _ path: ByteString, _ error: FileTreeError, _ context: RequestContext?
    ) {
        guard let message = error.message else { return }
        table.refuse(
            operation, path, Errno(rawValue: error.code), context: context, rule: message,
            remedy: error.remedy)
    }
}
