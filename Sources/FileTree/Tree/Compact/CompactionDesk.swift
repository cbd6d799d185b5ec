import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import Tables

/// Takes in what people move into `compact/`.
///
/// `mv` renames file after file, so a request waits until half a second was quiet (five seconds at most); what
/// came until then becomes one durable job a partition. Until it is durable it is shown as gathering.
final class CompactionDesk: Sendable {
    static let quietNanoseconds: UInt64 = 500_000_000
    static let longestNanoseconds: UInt64 = 5_000_000_000
    static let arrivalNanoseconds: UInt64 = 1_000_000_000

    struct Batch: Sendable {
        var number: UInt64
        var files: [FileID] = []
        var members: Set<FileID> = []
        var began: UInt64
        var last: UInt64
    }

    private let table: Table
    private let services: TreeServices
    private let gathering = Mutex<Batch?>(nil)
    /// What was moved in a moment ago, by its name here.
    private let arrivals = Mutex<[ByteString: any TreeNode]>([:])

    init(_ table: Table, _ services: TreeServices) {
        self.table = table
        self.services = services
    }

    /// What was accepted and is not durable yet becomes so before the mount ends.
    func close() { submit() }

    var batch: Batch? { gathering.withLock { $0 } }

    /// Accepts files for the next jobs, all or none.
    func gather(_ files: [FileID]) throws(FileTreeError) {
        do throws(StoreError) { try table.checkWritable() } catch { throw FileTreeError(error) }
        let state = table.state
        for file in files { try check(file, in: state) }
        let now = SystemClock().monotonicNanoseconds()
        let (refused, isFirst) = gathering.withLock { batch -> (FileID?, Bool) in
            if let twice = files.first(where: { batch?.members.contains($0) ?? false }) {
                return (twice, false)
            }
            let isFirst = batch == nil
            if isFirst { batch = Batch(number: table.context.entropy.identifier(), began: now, last: now) }
            batch?.files += files
            batch?.members.formUnion(files)
            batch?.last = now
            return (nil, isFirst)
        }
        if let refused { throw .busy("file \(refused) was moved into compact/ a moment ago") }
        if isFirst { wait(Self.quietNanoseconds) }
    }

    /// Keeps a name that was moved in resolving for a second, unlisted: `mv` of several looks at each where it
    /// should be now. No longer, because a file that is found at its target cannot be moved there again: the
    /// kernel and `mv` see one file under two names, and neither asks for a second job.
    func arrived(_ name: ByteString, _ node: any TreeNode, in directory: any TreeNode) {
        arrivals.withLock { $0[name] = node }
        services.timers.schedule(afterNanoseconds: Self.arrivalNanoseconds) { [weak self, services] in
            self?.arrivals.withLock { $0[name] = nil }
            services.notifier?.invalidateEntry(directory.id, name)
        }
    }

    func arrival(_ name: ByteString) -> (any TreeNode)? { arrivals.withLock { $0[name] } }

    private func check(_ id: FileID, in state: TableState) throws(FileTreeError) {
        guard let file = state.files.view(id) else {
            throw .gone("file \(id) is not live any more")
        }
        for partition in state.partitions(of: file) {
            if let job = state.job(holding: id, in: partition) {
                throw .busy("\(file.path) is in job \(job.id) already; see \(table.name)/compact/\(job.id)")
            }
        }
    }

    private func wait(_ nanoseconds: UInt64) {
        services.timers.schedule(afterNanoseconds: nanoseconds) { [weak self] in self?.look() }
    }

    private func look() {
        guard let batch else { return }
        let now = SystemClock().monotonicNanoseconds()
        let due = min(batch.last + Self.quietNanoseconds, batch.began + Self.longestNanoseconds)
        if now < due { return wait(due - now) }
        services.requests.submit { [self] in submit() }
    }

    private func submit() {
        let batch = gathering.withLock { batch in
            defer { batch = nil }
            return batch
        }
        guard let batch else { return }
        let state = table.state
        var byPartition: [PartitionID: [FileID]] = [:]
        for file in batch.files {
            guard let view = state.files.view(file) else { continue }
            byPartition[state.partitions(of: view)[0], default: []].append(file)
        }
        for (_, files) in byPartition.sorted(by: { $0.key < $1.key }) { request(files) }
    }

    /// Makes one job; files that another job took meanwhile are left out.
    private func request(_ files: [FileID]) {
        var files = files
        while !files.isEmpty {
            do throws(CompactionRefusal) {
                _ = try table.compactor.request(files: files)
                return
            } catch {
                table.refuse(
                    "rename", table.name + "/compact", error.errno, context: nil, rule: error.description)
                switch error {
                case .inJob(let path, _), .gone(let path, _, _), .notReferenced(let path, _):
                    let id = FileID(path: path)
                    guard files.contains(id) else { return }
                    files.removeAll { $0 == id }
                default: return
                }
            }
        }
    }

    /// Asks for whole partitions, by their paths; all of them where none is named.
    func request(partitions words: [ByteString]) throws(FileTreeError) {
        let known = table.state.files.rootPartitions().map(\.id)
        let asked = words.isEmpty ? known : words.map { PartitionID($0) }
        for partition in asked {
            do throws(CompactionRefusal) {
                _ = try table.compactor.request(partitions: [partition])
            } catch {
                // Of all partitions, those that have their job already are served.
                if words.isEmpty, case .partitionInJob = error { continue }
                throw FileTreeError(error)
            }
        }
    }

    func setPaused(_ isPaused: Bool) throws(FileTreeError) {
        do throws(StoreError) { try table.checkWritable() } catch { throw FileTreeError(error) }
        if isPaused { table.compactor.pause() } else { table.compactor.resume() }
    }

    var jobs: [JobView] { table.compactor.jobs }
    func job(_ id: JobID) -> JobView? { jobs.first { $0.job.id == id } }

    func perform(_ action: (Compactor) throws(CompactionRefusal) -> Void) throws(FileTreeError) {
        do throws(CompactionRefusal) { try action(table.compactor) } catch { throw FileTreeError(error) }
    }
}

extension FileTreeError {
    init(_ refusal: CompactionRefusal) { self.init(refusal.errno, refusal.description) }
}
