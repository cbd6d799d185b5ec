package import Bytes

extension TableState {
    /// Throws the first precondition that does not hold, in a sentence that names what stands in the way.
    ///
    /// `now` is epoch milliseconds: receipts older than the dedupe window no longer count.
    package func check(_ preconditions: [Precondition], now: Int64) throws(TransactionConflict) {
        for precondition in preconditions {
            if let obstacle = obstacle(to: precondition, now: now) {
                throw TransactionConflict(precondition, message: obstacle, version: version)
            }
        }
    }

    private func obstacle(to precondition: Precondition, now: Int64) -> String? {
        switch precondition {
        case .schema(let id):
            return id == schemaID
                ? nil
                : "the table's schema is now \(schemaID?.display ?? "none"), not \(id?.display ?? "none")"
        case .unassigned(let file, let partition): return obstacle(toTaking: file, in: partition)
        case .holdsJob(let id, let attempt, let session):
            return obstacle(toHolding: id, attempt: attempt, session: session)
        case .jobIsWaiting(let id, let attempt):
            guard let job = jobs[id] else { return "job \(id) does not exist any more" }
            if job.status != .waiting {
                return "job \(id) of partition \(name(job.partition)) is \(job.status)"
            }
            return job.attempt == attempt ? nil : "job \(id) is at attempt \(job.attempt), not \(attempt)"
        case .jobExists(let id): return jobs[id] == nil ? "job \(id) does not exist any more" : nil
        case .unknownFile(let id):
            if let live = files.view(id) { return "file \(live.path) is live already" }
            return garbage[id].map { "file \($0.path) was live and waits to be deleted" }
        case .isLive(let id): return files.contains(id) ? nil : absence(of: id)
        case .partitionIsLeaf(let id):
            return partitions.isLeaf(id) ? nil : "partition \(name(id)) was split"
        case .isGarbage(let id, let condemned): return obstacle(toDeleting: id, condemned: condemned)
        case .property(let property, let value):
            let current = properties.overrides[property]
            return current == value
                ? nil
                : "property \(property) is \(current?.display ?? "unset"), not \(value?.display ?? "unset")"
        case .notReceived(let received, let contentHash):
            return receipt(received, contentHash, now: now).map {
                "\(received) with the same content was taken in version \($0.version)"
            }
        case .sessionIsAlive(let session):
            return deadSessions.contains(session) ? "session \(session) was declared dead" : nil
        case .isAt(let planned):
            return version == planned
                ? nil : "the table is at version \(version) by now, and version \(planned) was looked at"
        case .sessionIsDead(let session):
            return deadSessions.contains(session) ? nil : "session \(session) is not known to be dead"
        }
    }

    /// The receipt of this name and content within the table's dedupe window.
    package func receipt(_ name: ByteString, _ contentHash: ByteString, now: Int64) -> IngestReceipt? {
        guard let receipt = receipts.receipt(name: name, contentHash: contentHash) else { return nil }
        return receipt.timestamp >= now - properties.ingestDedupeDays * 86_400_000 ? receipt : nil
    }

    private func obstacle(toTaking id: FileID, in partition: PartitionID) -> String? {
        guard let file = files.view(id) else { return absence(of: id) }
        guard partitions(of: file).contains(partition) else {
            return "file \(file.path) is not referenced in partition \(name(partition)) any more"
        }
        return job(holding: id, in: partition).map {
            "file \(file.path) of partition \(name(partition)) is held by job \($0.id)"
        }
    }

    private func obstacle(toHolding id: JobID, attempt: Int, session: SessionID) -> String? {
        if deadSessions.contains(session) { return "session \(session) was declared dead" }
        guard let job = jobs[id] else { return "job \(id) does not exist any more" }
        guard job.status == .running else {
            return "job \(id) of partition \(name(job.partition)) is \(job.status)"
        }
        guard job.attempt == attempt else { return "job \(id) is at attempt \(job.attempt), not \(attempt)" }
        guard job.session == session else {
            return "job \(id) is held by session \(job.session?.description ?? "none"), not \(session)"
        }
        return nil
    }

    private func obstacle(toDeleting id: FileID, condemned: Bool) -> String? {
        if let live = files.view(id) { return "file \(live.path) is live" }
        guard let entry = garbage[id] else { return "file \(id) is not known" }
        return condemned && entry.condemnedAtVersion == nil ? "file \(entry.path) was not condemned" : nil
    }

    private func absence(of id: FileID) -> String {
        guard let gone = garbage[id] else { return "file \(id) is not known" }
        let by = gone.job.map { " by job \($0)" } ?? ""
        return "file \(gone.path) was removed in version \(gone.removedAtVersion)\(by)"
    }

    private func name(_ partition: PartitionID) -> String { "\"\(partition)\"" }
}
