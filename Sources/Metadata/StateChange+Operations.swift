import Bytes

extension StateChange {
    mutating func apply(_ operation: Action.Operation) throws(StateError) {
        switch operation {
        case .putReference(let reference): try put(reference)
        case .removeReference(let file, let partition): try removeReference(file, partition)
        case .putPartition(let partition): try put(partition)
        case .putJob(let job): try put(job)
        case .removeJob(let id, _): try removeJob(id)
        case .setProperty(let name, let value):
            facts.properties.set(name, value)
            affected = nil
        case .putTag(let name, let tagged):
            guard tagged <= version else { throw error("tag \(name.display) names version \(tagged)") }
            facts.tags[name] = tagged
        case .removeTag(let name):
            guard facts.tags.removeValue(forKey: name) != nil else {
                throw error("tag \(name.display) is removed and does not exist")
            }
        case .condemn(let ids): try condemn(ids)
        case .forget(let ids): try forget(ids)
        case .declareDead(let session): declareDead(session)
        case .forgetSessions(let sessions): try forgetSessions(sessions)
        case .receipt(var receipt):
            receipt.version = version
            receipt.timestamp = transaction.timestamp
            facts.receipts.append(receipt)
        }
    }

    // MARK: References and partitions

    private mutating func put(_ reference: FileReference) throws(StateError) {
        guard let file = liveFile(reference.file) else {
            throw error("file \(reference.file) is referenced and is not live")
        }
        let root = PartitionID(
            RootPath.path(columns: facts.files.partitionColumns, tuple: file.partitionValues))
        guard facts.partitions.root(of: reference.partition) == root else {
            throw error(
                "file \(reference.file) is referenced outside its root, in \"\(reference.partition)\"")
        }
        // The first explicit reference takes the place of the implicit one.
        let implicit = implicitPartition(of: file)
        if implicit != reference.partition, facts.references.partitions(of: file.id).isEmpty {
            released.append(ReferenceKey(file: file.id, partition: implicit))
        }
        facts.references.put(reference, at: version)
        affect(reference.partition)
        touched.insert(reference.file)
    }

    private mutating func removeReference(_ file: FileID, _ partition: PartitionID) throws(StateError) {
        guard facts.references.remove(file, in: partition, at: version) else {
            throw error("file \(file) has no reference in partition \"\(partition)\" to remove")
        }
        released.append(ReferenceKey(file: file, partition: partition))
        touched.insert(file)
    }

    private mutating func put(_ partition: Partition) throws(StateError) {
        guard partition.children.isEmpty || partition.children.count == 2 else {
            throw error("partition \"\(partition.id)\" has \(partition.children.count) children")
        }
        if let min = partition.minKey, let max = partition.maxKey, min >= max {
            throw error("partition \"\(partition.id)\" has an empty range")
        }
        if let known = facts.partitions[partition.id] {
            guard known.root == partition.root, known.parent == partition.parent,
                known.minKey == partition.minKey, known.maxKey == partition.maxKey
            else { throw error("partition \"\(partition.id)\" changes its place or range") }
            guard known.children.isEmpty || known.children == partition.children else {
                throw error("partition \"\(partition.id)\" is split twice")
            }
        }
        facts.partitions.put(partition, at: version)
    }

    // MARK: Jobs

    private mutating func put(_ job: Job) throws(StateError) {
        // Whether a job is set aside decides where its files count.
        affect(job.partition)
        var job = job
        if let known = facts.jobs[job.id] {
            guard known.partition == job.partition else {
                throw error("job \(job.id) changes its partition")
            }
            guard job.attempt >= known.attempt else {
                throw error("job \(job.id) goes back from attempt \(known.attempt) to \(job.attempt)")
            }
            job.createdAtVersion = known.createdAtVersion
            job.createdAtTimestamp = known.createdAtTimestamp
            release(known)
        } else {
            job.createdAtVersion = version
            job.createdAtTimestamp = transaction.timestamp
        }
        if job.status == .running {
            guard let session = job.session else { throw error("job \(job.id) runs without a session") }
            guard !facts.deadSessions.contains(session) else {
                throw error("job \(job.id) is given to session \(session), which is dead")
            }
        }
        for file in job.inputs { try hold(file, for: job) }
        facts.jobs[job.id] = job
    }

    private mutating func hold(_ file: FileID, for job: Job) throws(StateError) {
        guard let live = liveFile(file) else {
            throw error("job \(job.id) takes file \(file), which is not live")
        }
        let explicit = facts.references.partitions(of: file)
        let isReferenced =
            explicit.isEmpty
            ? implicitPartition(of: live) == job.partition : explicit.contains(job.partition)
        guard isReferenced else {
            throw error(
                "job \(job.id) takes file \(file), which is not referenced in partition \"\(job.partition)\"")
        }
        let key = ReferenceKey(file: file, partition: job.partition)
        if let holder = holders[key] {
            throw error("job \(job.id) takes file \(file), which job \(holder) holds")
        }
        holders[key] = job.id
    }

    private mutating func removeJob(_ id: JobID) throws(StateError) {
        guard let job = facts.jobs.removeValue(forKey: id) else {
            throw error("job \(id) ends and does not exist")
        }
        affect(job.partition)
        release(job)
    }

    private mutating func release(_ job: Job) {
        for file in job.inputs { holders[ReferenceKey(file: file, partition: job.partition)] = nil }
    }

    private mutating func declareDead(_ session: SessionID) {
        facts.deadSessions.insert(session)
        // Only what fails counts as a failure; a session's end does not.
        for (id, job) in facts.jobs where job.status == .running && job.session == session {
            facts.jobs[id]?.status = .waiting
            facts.jobs[id]?.session = nil
            facts.jobs[id]?.attempt += 1
        }
    }

    private mutating func forgetSessions(_ sessions: [SessionID]) throws(StateError) {
        let holders = Set(facts.jobs.values.compactMap(\.session))
        for session in sessions {
            guard !holders.contains(session) else {
                throw error("session \(session) is forgotten and holds a job")
            }
            guard facts.deadSessions.remove(session) != nil else {
                throw error("session \(session) is forgotten and was not declared dead")
            }
        }
    }

    // MARK: Garbage

    private mutating func condemn(_ ids: [FileID]) throws(StateError) {
        for id in ids {
            guard facts.garbage[id] != nil, !isLive(id) else {
                throw error("file \(id) is condemned and is not garbage")
            }
            facts.garbage.condemn(id, at: version)
        }
    }

    private mutating func forget(_ ids: [FileID]) throws(StateError) {
        for id in ids {
            guard let entry = facts.garbage[id] else {
                throw error("file \(id) is forgotten and is not garbage")
            }
            guard entry.condemnedAtVersion != nil else {
                throw error("file \(id) is forgotten and was not condemned")
            }
            facts.garbage.forget(id, at: version)
        }
    }
}
