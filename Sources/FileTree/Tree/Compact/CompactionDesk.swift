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
        var request = CompactionRequest()
        /// What the jobs will take.
        var claims: Set<ReferenceKey> = []
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

    /// Accepts what is asked for into the next jobs, all or nothing.
    func gather(_ request: CompactionRequest) throws(FileTreeError) {
        do throws(StoreError) { try table.checkWritable() } catch { throw FileTreeError(error) }
        let claims = try claims(of: request, in: table.state)
        guard !claims.isEmpty else { return }
        let now = services.clock.monotonicNanoseconds()
        let (taken, isFirst) = gathering.withLock { batch -> (ReferenceKey?, Bool) in
            if let known = batch?.claims, let twice = claims.first(where: known.contains) {
                return (twice, false)
            }
            let isFirst = batch == nil
            if isFirst { batch = Batch(number: table.context.entropy.identifier(), began: now, last: now) }
            batch?.request.append(request)
            batch?.claims.formUnion(claims)
            batch?.last = now
            return (nil, isFirst)
        }
        if let taken { throw gatheringAlready(taken.file) }
        if isFirst { wait(Self.quietNanoseconds) }
    }

    /// Keeps a name that was moved in resolving for a second, unlisted: `mv` of several looks at each where it
    /// should be now.
    func arrived(_ name: ByteString, _ node: any TreeNode, in directory: any TreeNode) {
        arrivals.withLock { $0[name] = node }
        services.timers.schedule(afterNanoseconds: Self.arrivalNanoseconds) { [weak self, services] in
            self?.arrivals.withLock { $0[name] = nil }
            services.notifier?.invalidateEntry(directory.id, name)
        }
    }

    func arrival(_ name: ByteString) -> (any TreeNode)? { arrivals.withLock { $0[name] } }

    // MARK: What may be asked for

    /// Everything that is free in some partitions. What has a job already is left out, as long as there is more.
    ///
    /// - Parameter path: of the directory that stands for them.
    func whole(
        _ partitions: [PartitionID], of path: ByteString, in state: TableState
    ) throws(FileTreeError) -> CompactionRequest {
        var request = CompactionRequest()
        var seen: Set<FileID> = []
        var obstacle: FileTreeError?
        let gathered = batch?.claims ?? []
        let isPartial = state.properties.compactionPartialReferences
        for partition in partitions {
            for file in state.files(in: partition) {
                // Where files are finished together, one of the partitions does it for all.
                if !isPartial, !seen.insert(file.id).inserted { continue }
                let key = ReferenceKey(file: file.id, partition: partition)
                if let job = state.holder(of: file.id, in: partition) {
                    obstacle = obstacle ?? inJob(path, job)
                } else if state.claims(of: key).contains(where: gathered.contains) {
                    obstacle = obstacle ?? gatheringAlready(file.id)
                } else {
                    request.references.append(key)
                }
            }
        }
        if request.isEmpty, let obstacle { throw obstacle }
        return request
    }

    /// The references that the request takes; throws where one is not there or not free.
    private func claims(
        of request: CompactionRequest, in state: TableState
    ) throws(FileTreeError) -> [ReferenceKey] {
        var claims: [ReferenceKey] = []
        for id in request.files {
            guard let file = state.files.view(id) else { throw notLive(id, in: state) }
            claims += state.claims(of: file)
        }
        for key in request.references {
            guard let file = state.files.view(key.file) else { throw notLive(key.file, in: state) }
            guard state.isReferenced(file, in: key.partition) else {
                throw .gone("\(file.path) is not referenced in partition \"\(key.partition)\" any more")
            }
            claims += state.claims(of: key)
        }
        for key in claims {
            guard let job = state.holder(of: key.file, in: key.partition) else { continue }
            throw inJob(state.files.view(key.file)?.path ?? ByteString(key.file.description), job)
        }
        return claims
    }

    private func notLive(_ id: FileID, in state: TableState) -> FileTreeError {
        if let entry = state.garbage[id] { return .replaced(entry) }
        return .gone("file \(id) is not live any more")
    }

    private func inJob(_ path: ByteString, _ job: Job) -> FileTreeError {
        let directory = "\(table.name)/compact/\(job.id)"
        return .busy(
            "\(path) is in job \(job.id) already; see \(directory)",
            remedy: "wait for its end, or cancel it: rmdir \(directory)")
    }

    private func gatheringAlready(_ file: FileID) -> FileTreeError {
        .busy(
            "file \(file) was moved into compact/ a moment ago",
            remedy: "its job begins by itself; see \(table.name)/compact")
    }

    // MARK: Jobs

    private func wait(_ nanoseconds: UInt64) {
        services.timers.schedule(afterNanoseconds: nanoseconds) { [weak self] in self?.look() }
    }

    private func look() {
        guard let batch else { return }
        let now = services.clock.monotonicNanoseconds()
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
        for part in batch.request.byPartition(in: table.state) { submit(part.request) }
    }

    /// Makes one job; files that another job took meanwhile are left out.
    private func submit(_ request: CompactionRequest) {
        var request = request
        while !request.isEmpty {
            do throws(CompactionRefusal) {
                _ = try table.compactor.request(files: request.files, references: request.references)
                return
            } catch {
                table.refuse(
                    "rename", table.name + "/compact", error.errno, context: nil,
                    rule: StoreError(error, in: table.state).message)
                switch error {
                case .inJob(let path, _), .gone(let path, _, _), .notReferenced(let path, _):
                    let before = request.files.count + request.references.count
                    request.remove(FileID(path: path))
                    guard request.files.count + request.references.count < before else { return }
                default: return
                }
            }
        }
    }

    /// Asks for whole partitions with all below them, by what a person calls them; all of them where none is named.
    func request(partitions words: [ByteString]) throws(FileTreeError) {
        let state = table.state
        let catalogue = PartitionCatalogue(state)
        var asked: [PartitionID] = []
        do throws(StoreError) {
            for word in words { asked += catalogue.partitions(below: try catalogue.place(at: word)) }
        } catch {
            throw FileTreeError(error)
        }
        let occupied =
            words.isEmpty ? state.occupiedPartitions() : asked.filter { !state.files(in: $0).isEmpty }
        if occupied.isEmpty, let word = words.first {
            throw FileTreeError(.enoent, "partition \"\(word)\" has no files")
        }
        for partition in occupied {
            do throws(CompactionRefusal) {
                _ = try table.compactor.request(partitions: [partition])
            } catch {
                // Of several partitions, those that have their job already are served.
                if occupied.count > 1, case .partitionInJob = error { continue }
                throw FileTreeError(StoreError(error, in: state))
            }
        }
    }

    func setPaused(_ isPaused: Bool) throws(FileTreeError) {
        do throws(StoreError) { try table.checkWritable() } catch { throw FileTreeError(error) }
        table.setCompactionPaused(isPaused)
    }

    /// A job as this process knows it.
    func job(_ id: JobID) -> JobView? { table.compactor.view(of: id) }

    /// A job as the process that runs it knows it.
    func jobAsTold(_ id: JobID) -> JobView? { table.jobView(id) }

    func cancel(_ id: JobID) throws(FileTreeError) {
        do throws(CompactionRefusal) { try table.cancelCompaction(id) } catch {
            throw FileTreeError(StoreError(error, in: table.state))
        }
    }

    func perform(_ action: (Table) throws(CompactionRefusal) -> Void) throws(FileTreeError) {
        do throws(CompactionRefusal) { try action(table) } catch {
            throw FileTreeError(StoreError(error, in: table.state))
        }
    }
}

extension FileTreeError {
    /// A file that is not live any more.
    static func replaced(_ entry: GarbageEntry) -> FileTreeError {
        let cause = entry.job.map { "was replaced by job \($0)" } ?? "was removed"
        return .gone(
            "\(entry.path) \(cause) in version \(entry.removedAtVersion)",
            remedy: "list the directory again: what holds its rows now is there")
    }
}
