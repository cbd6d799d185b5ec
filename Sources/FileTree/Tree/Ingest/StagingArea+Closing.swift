import Bytes
import Ingest
import Platform
import Storage
import Synchronization
import Tables
import Telemetry

// Closing: which close is the commit, what its outcome is told to, and what becomes of the file.

extension StagingArea {
    /// A descriptor is closed. The answer is the outcome of the commit where this close is one.
    func flush(_ id: NodeID, _ context: RequestContext, _ reply: consuming Reply<Void>) {
        let isWorthALook = state.withLock { state in
            guard let machine = state[id]?.upload?.machine else { return false }
            return machine.hasWrittenBytes && (machine.phase == .receiving || machine.phase == .committing)
        }
        guard isWorthALook else { return reply.done() }
        let deferred = reply.deferred()
        let cancellation = Cancellation(parent: self.cancellation)
        // Whether the commit happened is not known before it has ended: the answer waits for that.
        deferred.onInterrupt { cancellation.cancel() }
        let isAccepted = services.closes.submit { [self] in
            close(id, context, deferred, cancellation)
        }
        if !isAccepted { deferred.fail(.gone("the mount is ending")) }
    }

    private func close(
        _ id: NodeID, _ context: RequestContext, _ reply: DeferredReply<Void>, _ cancellation: Cancellation
    ) {
        let flusher = Self.flusher(context, of: id)
        let (action, failure) = state.withLock { state -> (UploadMachine.FlushAction, Errno?) in
            let isNamed = state[id]?.parent != nil
            return state.updateUpload(id) { upload in
                if let failure = upload.failure { return (.acknowledge, failure) }
                guard isNamed else { return (.acknowledge, nil) }
                let action = upload.machine.flushed(by: flusher)
                if action == .awaitCommit { upload.waiting.append(reply) }
                return (action, nil)
            } ?? (.acknowledge, nil)
        }
        switch action {
        case .commit:
            commit(id, context, cancellation) { error in
                if let error { reply.fail(error) } else { reply.claim()?.done() }
            }
        case .awaitCommit: break
        case .acknowledge:
            if let failure {
                reply.fail(FileTreeError(failure, "an earlier write failed; the file is not committed"))
            } else {
                if isAwaitingRelease(id) { settling.begin(id) }
                reply.claim()?.done()
            }
        }
    }

    private func isAwaitingRelease(_ id: NodeID) -> Bool {
        state.withLock { state in
            guard let machine = state[id]?.upload?.machine else { return false }
            return machine.phase == .receiving && machine.rule == .atClose
        }
    }

    /// What the process that closes looks like.
    private static func flusher(_ context: RequestContext, of id: NodeID) -> UploadMachine.Flusher {
        let group = threadGroup(context)
        guard group > 0 else { return UploadMachine.Flusher(threadGroup: 0) }
        let status = try? Processes.status(of: group)
        let others = (try? Processes.descriptors(of: group)) ?? []
        return UploadMachine.Flusher(
            threadGroup: group, isDyingBySignal: status?.fatalSignal != nil,
            holdsOtherDescriptors: others.contains { $0.inode == id.rawValue && $0.isWritable })
    }

    /// The last use of a handle has ended. What this commits, nobody can be told but in `errors`.
    func release(_ id: NodeID, threadGroup: Int32, isWriting: Bool) {
        let (action, failure) = state.withLock { state -> (UploadMachine.ReleaseAction, Errno?) in
            let isNamed = state[id]?.parent != nil
            return state.updateUpload(id) { upload in
                // Without a name, or after a failed write, nothing is committed.
                if !isNamed || upload.failure != nil { upload.machine.renamed(to: .atRename) }
                return (upload.released(by: threadGroup, isWriting: isWriting), upload.failure)
            } ?? (.nothing, nil)
        }
        switch action {
        case .nothing:
            settling.end(id)
            if let failure, isUnused(id) {
                services.commits.submit { [self] in
                    quarantine(id, failure, "a write failed, so the file is not whole")
                }
            }
        case .discardEmpty:
            settling.end(id)
            retire(id)
        case .quarantine:
            settling.end(id)
            services.commits.submit { [self] in
                quarantine(id, .eintr, "its writer was ended by a signal before it closed the file")
            }
        case .commit:
            settling.begin(id)
            services.closes.submit { [self] in
                commit(id, nil, cancellation) { [self] _ in settling.end(id) }
            }
        }
        discardIfUnused(id)
    }

    private func isUnused(_ id: NodeID) -> Bool {
        state.withLock { state in
            guard let entry = state[id], let upload = entry.upload else { return false }
            return entry.parent != nil && upload.openers.isEmpty && upload.machine.phase == .receiving
        }
    }

    /// Commits one file whose machine says so, and tells those who wait. `answer` is called once, by whichever thread
    /// ends the commit: a small file waits for it without a thread, together with others.
    private func commit(
        _ id: NodeID, _ context: RequestContext?, _ cancellation: Cancellation,
        _ answer: @escaping @Sendable (FileTreeError?) -> Void
    ) {
        guard let file = stagedFile(id) else { return answer(.stale) }
        submit(file, cancellation) { [self] result in
            switch result {
            case .success:
                finish(id, committed: true)
                for reply in takeWaiting(id) { reply.claim()?.done() }
                answer(nil)
            case .failure(let refusal):
                refuse(file, refusal, "close", context)
                keep(file, refusal)
                finish(id, committed: false)
                answer(fail(id, FileTreeError(refusal)))
            }
        }
    }

    /// Gives a file to the table; on a thread of `closes`. A small one waits behind no large one.
    func submit(
        _ file: StagedFile, _ cancellation: Cancellation,
        _ answer: @escaping @Sendable (Result<IngestOutcome, IngestRefusal>) -> Void
    ) {
        guard IngestService.waitsWithOthers(file) else {
            let isAccepted = services.commits.submit { [table] in
                table.ingest.submit(file, cancellation: cancellation, answer: answer)
            }
            if !isAccepted { answer(.failure(.mountIsEnding)) }
            return
        }
        // What the outcome is told to is not work for the thread that has the next batch to write.
        let own = Thread.currentID
        table.ingest.submit(file, cancellation: cancellation) { [services] result in
            let isOwn = Thread.currentID == own
            if isOwn || !services.requests.submit({ answer(result) }) { answer(result) }
        }
    }

    private func fail(_ id: NodeID, _ error: FileTreeError) -> FileTreeError {
        for reply in takeWaiting(id) { reply.fail(error) }
        discardIfUnused(id)
        return error
    }

    private func takeWaiting(_ id: NodeID) -> [DeferredReply<Void>] {
        state.withLock { state in
            state.updateUpload(id) { upload in
                defer { upload.waiting = [] }
                return upload.waiting
            } ?? []
        }
    }

    private func finish(_ id: NodeID, committed: Bool) {
        state.withLock { state in
            _ = state.updateUpload(id) { $0.machine.finished(committed: committed) }
            if !committed { state.removeName(of: id) }
        }
        if committed { retire(id) }
    }

    /// The name of a committed file resolves a little longer. Its local file has no name any more, so that no
    /// crash makes it look like one that was not committed.
    func retire(_ id: NodeID) {
        let committed = state.withLock { state -> StagedBytes? in
            let upload = state[id]?.upload
            state.retire(id)
            return upload?.machine.phase == .committed ? upload?.bytes : nil
        }
        committed?.discard()
        services.timers.schedule(afterNanoseconds: Self.retentionNanoseconds) { [weak self] in
            guard let self else { return }
            let isExpired = state.withLock { state in
                // One that was begun anew has another life.
                let phase = state[id]?.upload?.machine.phase
                return (phase == .committed || phase == .receiving) && state.expire(id)
            }
            if isExpired { discardIfUnused(id) }
        }
    }

    func discardIfUnused(_ id: NodeID) {
        state.withLock { $0.dropIfUnused(id) }?.discard()
    }

    func stagedFile(_ id: NodeID) -> StagedFile? {
        state.withLock { state in
            guard let upload = state[id]?.upload, let bytes = upload.bytes else { return nil }
            return StagedFile(
                relativePath: state.path(of: id), localPath: bytes.localPath, sizeBytes: bytes.sizeBytes,
                requester: upload.requester)
        }
    }

    /// The bytes of a file that is not whole go to `rejected/`.
    private func quarantine(_ id: NodeID, _ errno: Errno, _ reason: String) {
        guard let file = stagedFile(id) else { return }
        let refusal = IngestRefusal(
            errno, .content, reason, path: file.relativePath, remedy: "copy the file again")
        refuse(file, refusal, "close", nil)
        keep(file, refusal)
        state.withLock { $0.removeName(of: id) }
        discardIfUnused(id)
    }

    /// Writes a refusal into `errors`.
    func refuse(
        _ file: StagedFile, _ refusal: IngestRefusal, _ operation: String, _ context: RequestContext?
    ) {
        let requester =
            context
            ?? RequestContext(
                user: file.requester.userID, group: file.requester.groupID,
                process: file.requester.processID)
        let place = refusal.line.map { "line \($0)" + (refusal.column.map { ", column \($0)" } ?? "") + ": " }
        table.refuse(
            operation, mountPath(refusal.path ?? file.relativePath), refusal.errno, context: requester,
            rule: (place ?? "") + refusal.message, expected: refusal.expected,
            found: refusal.found?.display, remedy: refusal.remedy)
    }

    /// Keeps the bytes in `rejected/`.
    func keep(_ file: StagedFile, _ refusal: IngestRefusal) {
        guard file.sizeBytes > 0 else { return }
        do throws(StorageError) {
            try table.ingest.reject(file, refusal)
        } catch {
            table.context.log.error("\(mountPath(file.relativePath)): its bytes could not be kept: \(error)")
        }
    }
}

extension IngestRefusal {
    static var mountIsEnding: IngestRefusal {
        IngestRefusal(.ecanceled, .cancelled, "the mount is ending", remedy: "copy the file again")
    }
}

extension FileTreeError {
    init(_ refusal: IngestRefusal) { self.init(refusal.errno, nil) }
}
