package import Bytes

extension TableState {
    /// Throws the first precondition that does not hold, in a sentence that names what stands in the way.
    ///
    /// `now` is epoch milliseconds: receipts older than the dedupe window no longer count.
    package func check(_ preconditions: [Precondition], now: Int64) throws(TransactionConflict) {
        for precondition in preconditions {
            guard let obstacle = obstacle(to: precondition, now: now) else { continue }
            throw TransactionConflict(
                precondition, obstacle.reason, message: obstacle.message, version: version,
                file: obstacle.file, partition: obstacle.partition, job: obstacle.job)
        }
    }

    /// The receipt of this name and content within the table's dedupe window.
    package func receipt(_ name: ByteString, _ contentHash: ByteString, now: Int64) -> IngestReceipt? {
        guard let receipt = receipts.receipt(name: name, contentHash: contentHash) else { return nil }
        return receipt.timestamp >= now - properties.ingestDedupeDays * 86_400_000 ? receipt : nil
    }

    /// What stands in the way of a precondition.
    private struct Obstacle {
        var reason: TransactionConflict.Reason
        var message: String
        var file: ByteString?
        var partition: PartitionID?
        var job: JobID?

        init(
            _ reason: TransactionConflict.Reason, _ message: String, file: ByteString? = nil,
            partition: PartitionID? = nil, job: JobID? = nil
        ) {
            self.reason = reason
            self.message = message
            self.file = file
            self.partition = partition
            self.job = job
        }
    }

    private func obstacle(to precondition: Precondition, now: Int64) -> Obstacle? {
        switch precondition {
        case .schema(let id): schemaObstacle(id)
        case .unassigned(let file, let partition): takingObstacle(file, partition)
        case .reference(let file, let partition, let isOnly):
            referenceObstacle(file, partition, isOnly: isOnly)
        case .holdsJob(let id, let attempt, let session): holdingObstacle(id, attempt, session)
        case .jobIsWaiting(let id, let attempt): statusObstacle(id, .waiting, attempt)
        case .jobIsSetAside(let id, let attempt): statusObstacle(id, .setAside, attempt)
        case .jobExists(let id): jobs[id] == nil ? unknownJob(id) : nil
        case .fewerRunning(let limit, let partition): crowdObstacle(limit, partition)
        case .unknownFile(let id): knownObstacle(id)
        case .isLive(let id): files.contains(id) ? nil : absence(of: id)
        case .partitionExists(let id): partitions.contains(id) ? nil : unknownPartition(id)
        case .partitionIsLeaf(let id): leafObstacle(id)
        case .nothingAsOld(let partition, let sequence, let job):
            ageObstacle(partition, sequence, besides: job)
        case .hasNoFiles(let root): filesObstacle(root)
        case .isGarbage(let id, let condemned): deletionObstacle(id, condemned: condemned)
        case .property(let property, let value): propertyObstacle(property, value)
        case .notReceived(let name, let contentHash):
            receipt(name, contentHash, now: now).map {
                Obstacle(
                    .received, "\(name) with the same content was taken in version \($0.version)", file: name)
            }
        case .sessionIsAlive(let session): deadObstacle(session)
        case .isAt(let planned):
            version == planned
                ? nil
                : Obstacle(
                    .versionMoved,
                    "the table is at version \(version) by now, and version \(planned) was looked at")
        case .sessionIsDead(let session):
            deadSessions.contains(session)
                ? nil : Obstacle(.sessionUnknown, "session \(session) is not known to be dead")
        }
    }

    private func schemaObstacle(_ id: ByteString?) -> Obstacle? {
        if id == schemaID { return nil }
        return Obstacle(
            .schemaChanged,
            "the table's schema is now \(schemaID?.display ?? "none"), not \(id?.display ?? "none")")
    }

    private func propertyObstacle(_ property: ByteString, _ value: ByteString?) -> Obstacle? {
        let current = properties.overrides[property]
        if current == value { return nil }
        return Obstacle(
            .propertyChanged,
            "property \(property) is \(current?.display ?? "unset"), not \(value?.display ?? "unset")")
    }

    private func deadObstacle(_ session: SessionID) -> Obstacle? {
        deadSessions.contains(session)
            ? Obstacle(.sessionDead, "session \(session) was declared dead") : nil
    }

    // MARK: Files and references

    private func takingObstacle(_ id: FileID, _ partition: PartitionID) -> Obstacle? {
        guard let file = files.view(id) else { return absence(of: id) }
        guard isReferenced(file, in: partition) else { return unreferenced(file, partition) }
        return job(holding: id, in: partition).map {
            Obstacle(
                .assigned, "file \(file.path) of partition \(name(partition)) is held by job \($0.id)",
                file: file.path, partition: partition, job: $0.id)
        }
    }

    private func referenceObstacle(_ id: FileID, _ partition: PartitionID, isOnly: Bool) -> Obstacle? {
        guard let file = files.view(id) else { return absence(of: id) }
        guard isReferenced(file, in: partition) else { return unreferenced(file, partition) }
        let count = referenceCount(of: id)
        if (count == 1) == isOnly { return nil }
        return Obstacle(
            .otherReferences, "file \(file.path) is referenced in \(count) partitions by now",
            file: file.path, partition: partition)
    }

    private func unreferenced(_ file: FileView, _ partition: PartitionID) -> Obstacle {
        Obstacle(
            .notReferenced,
            "file \(file.path) is not referenced in partition \(name(partition)) any more",
            file: file.path, partition: partition)
    }

    private func knownObstacle(_ id: FileID) -> Obstacle? {
        if let live = files.view(id) {
            return Obstacle(.fileExists, "file \(live.path) is live already", file: live.path)
        }
        return garbage[id].map {
            Obstacle(.fileExists, "file \($0.path) was live and waits to be deleted", file: $0.path)
        }
    }

    private func deletionObstacle(_ id: FileID, condemned: Bool) -> Obstacle? {
        if let live = files.view(id) {
            let count = referenceCount(of: id)
            let partition = partitions(of: live).first
            return Obstacle(
                .fileReferenced,
                "file \(live.path) is live: \(count) partition\(count == 1 ? " references" : "s reference") it",
                file: live.path, partition: partition)
        }
        guard let entry = garbage[id] else {
            return Obstacle(.fileUnknown, "file \(id) is not known", file: ByteString(id.description))
        }
        if !condemned || entry.condemnedAtVersion != nil { return nil }
        return Obstacle(.fileNotCondemned, "file \(entry.path) was not condemned", file: entry.path)
    }

    private func filesObstacle(_ root: PartitionID?) -> Obstacle? {
        let count = root.map { files.rootPartition($0)?.fileCount ?? 0 } ?? fileCount
        if count == 0 { return nil }
        let place = root.map { "partition \(name($0))" } ?? "the table"
        return Obstacle(.hasFiles, "\(place) has \(count) live files", partition: root)
    }

    private func absence(of id: FileID) -> Obstacle {
        guard let gone = garbage[id] else {
            return Obstacle(.fileUnknown, "file \(id) is not known", file: ByteString(id.description))
        }
        let by = gone.job.map { " by job \($0)" } ?? ""
        return Obstacle(
            .fileGone, "file \(gone.path) was removed in version \(gone.removedAtVersion)\(by)",
            file: gone.path, job: gone.job)
    }

    // MARK: Partitions

    private func leafObstacle(_ id: PartitionID) -> Obstacle? {
        guard partitions.contains(id) else { return unknownPartition(id) }
        if partitions.isLeaf(id) { return nil }
        return Obstacle(.partitionSplit, "partition \(name(id)) was split", partition: id)
    }

    private func unknownPartition(_ id: PartitionID) -> Obstacle {
        Obstacle(.partitionUnknown, "partition \(name(id)) does not exist", partition: id)
    }

    private func ageObstacle(_ partition: PartitionID, _ sequence: Int64, besides job: JobID) -> Obstacle? {
        let own = Set(jobs[job]?.inputs ?? [])
        guard let older = oldest(overlapping: partition, besides: own), older.sequence <= sequence else {
            return nil
        }
        return Obstacle(
            .heldAsOld,
            "file \(older.file.path), which overlaps partition \(name(partition)), holds rows as old as those that "
                + "were merged",
            file: older.file.path, partition: partition, job: job)
    }

    // MARK: Jobs

    private func statusObstacle(_ id: JobID, _ status: Job.Status, _ attempt: Int) -> Obstacle? {
        guard let job = jobs[id] else { return unknownJob(id) }
        if job.status != status { return moved(job, "is \(job.status)") }
        return job.attempt == attempt ? nil : moved(job, "is at attempt \(job.attempt), not \(attempt)")
    }

    private func holdingObstacle(_ id: JobID, _ attempt: Int, _ session: SessionID) -> Obstacle? {
        if let dead = deadObstacle(session) { return dead }
        guard let job = jobs[id] else { return unknownJob(id) }
        guard job.status == .running else { return moved(job, "is \(job.status)") }
        guard job.attempt == attempt else {
            return moved(job, "is at attempt \(job.attempt), not \(attempt)")
        }
        guard job.session == session else {
            return moved(job, "is held by session \(job.session?.description ?? "none"), not \(session)")
        }
        return nil
    }

    private func crowdObstacle(_ limit: Int, _ partition: PartitionID?) -> Obstacle? {
        var count = 0
        jobs.forEach { _, job in
            if job.status == .running, partition.map({ $0 == job.partition }) ?? true { count += 1 }
        }
        if count < limit { return nil }
        let place = partition.map { "partition \(name($0))" } ?? "the table"
        let running = count == 1 ? "1 job of \(place) is" : "\(count) jobs of \(place) are"
        return Obstacle(
            .tooManyJobs, "\(running) running, and no more than \(limit) may", partition: partition)
    }

    private func unknownJob(_ id: JobID) -> Obstacle {
        Obstacle(.jobUnknown, "job \(id) does not exist any more", job: id)
    }

    private func moved(_ job: Job, _ how: String) -> Obstacle {
        Obstacle(
            .jobMoved, "job \(job.id) of partition \(name(job.partition)) \(how)", partition: job.partition,
            job: job.id)
    }

    private func name(_ partition: PartitionID) -> String { "\"\(partition)\"" }
}

extension TableState {
    /// The nodes whose ranges overlap the partition's: it, those above and those below.
    package func overlapping(_ partition: PartitionID) -> [PartitionID] {
        partitions.ancestors(of: partition) + partitions.nodes(below: partition)
    }

    /// The file that holds the oldest row, by sequence, of those referenced where rows of the partition may be.
    package func oldest(
        overlapping partition: PartitionID, besides own: Set<FileID>
    ) -> (file: FileView, sequence: Int64)? {
        var found: (file: FileView, sequence: Int64)?
        for node in overlapping(partition) {
            for file in files(in: node) where !own.contains(file.id) {
                // The sequences of merged rows stand in the entry; without them they are the file's own.
                let oldest = file.job == nil ? file.sequence : file.entry.minSequence ?? file.sequence
                if found.map({ oldest < $0.sequence }) ?? true { found = (file, oldest) }
            }
        }
        return found
    }
}
