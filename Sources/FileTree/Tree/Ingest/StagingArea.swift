import Bytes
import Ingest
import Metadata
import Platform
import Storage
import Synchronization
import Tables

/// What is being copied into a table: the names below `ingest/`, the local files behind them, and when each
/// becomes a commit.
///
/// One lock guards names and upload states; reading, writing and committing happen outside of it. A committed
/// name resolves for ``retentionNanoseconds`` more, unlisted, so that programs that look at what they copied,
/// or set its times, find it.
final class StagingArea: Sendable {
    static let retentionNanoseconds: UInt64 = 60_000_000_000

    let table: Table
    let services: TreeServices
    let root: NodeID
    let state: Mutex<StagingTable>
    let settling = Settling()
    /// Ends what is being committed when the mount ends.
    let cancellation = Cancellation()
    private let directory = Mutex<ByteString?>(nil)

    init(_ table: Table, _ services: TreeServices, root: NodeID) {
        self.table = table
        self.services = services
        self.root = root
        state = Mutex(StagingTable(root: root))
    }

    func start() {
        guard !table.isReadOnly else { return }
        services.commits.submit { [weak self] in self?.recover() }
    }

    /// What is staged and not committed stays on disk; the next mount keeps it in `rejected/`.
    func close() { cancellation.cancel() }

    var hasFiles: Bool { state.withLock { $0.hasFiles } }
    var isSettling: Bool { settling.isUnderWay }
    func waitUntilSettled() { settling.wait() }

    /// Below the mount point.
    func mountPath(_ path: ByteString) -> ByteString {
        path.isEmpty ? table.name + "/ingest" : table.name + "/ingest/" + path
    }

    /// When a file of this path is committed.
    func rule(for path: ByteString) -> UploadMachine.CommitRule {
        if table.state.properties.ingestCommitOn == .rename { return .atRename }
        return StagingName.isUnfinished(path: path) ? .atRename : .atClose
    }

    /// The process that a thread belongs to; 0 where it cannot be seen.
    static func threadGroup(_ context: RequestContext) -> Int32 {
        guard context.process > 0 else { return 0 }
        return (try? Processes.threadGroup(of: context.process)) ?? 0
    }

    /// A new local file for a path.
    func makeBytes(for path: ByteString) throws(FileTreeError) -> StagedBytes {
        do throws(Errno) {
            return try StagedBytes.create(
                in: try sessionDirectory(), for: path, entropy: table.context.entropy)
        } catch {
            throw FileTreeError(error, "no file can be staged for \(mountPath(path))")
        }
    }

    static let stagingDirectory: ByteString = "_staging"

    private func sessionDirectory() throws(Errno) -> ByteString {
        try directory.withLock { (known) throws(Errno) -> ByteString in
            if let known { return known }
            guard let top = table.storage.localPath(of: table.key(Self.stagingDirectory)) else {
                throw .eopnotsupp
            }
            let own = top + "/" + ByteString(table.context.session.id.description)
            for path in [top, own] {
                do throws(Errno) {
                    try FileSystemCalls.makeDirectory(path, permissions: 0o700)
                } catch .eexist {
                    continue
                }
            }
            known = own
            return own
        }
    }
}
