import Bytes

// Jobs: a reference has at most one.
extension StateChange {
    mutating func put(_ job: Job) throws(StateError) {
        // Whether a job is set aside decides where its files count.
        affect(of: job)
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
            release(known, except: Set(job.references))
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
        for reference in job.references { try hold(reference, for: job) }
        facts.jobs.put(job.id, job, at: version)
    }

    private mutating func affect(of job: Job) {
        affect(job.partition)
        for reference in job.finishes { affect(reference.partition) }
    }

    private mutating func hold(_ key: ReferenceKey, for job: Job) throws(StateError) {
        guard let live = liveFile(key.file) else {
            throw error("job \(job.id) takes file \(key.file), which is not live")
        }
        let isReferenced =
            facts.references.count(of: key.file) == 0
            ? implicitPartition(of: live) == key.partition
            : facts.references.contains(key.file, in: key.partition)
        guard isReferenced else {
            throw error(
                "job \(job.id) takes file \(live.path.display), which is not referenced in partition "
                    + "\"\(key.partition)\"")
        }
        if let holder = holders[key] {
            if holder == job.id { return }
            throw error("job \(job.id) takes file \(live.path.display), which job \(holder) holds")
        }
        holders.set(key, job.id)
    }

    mutating func removeJob(_ id: JobID) throws(StateError) {
        guard let job = facts.jobs[id] else { throw error("job \(id) ends and does not exist") }
        facts.jobs.remove(id, at: version)
        affect(of: job)
        release(job)
    }

    private mutating func release(_ job: Job, except kept: Set<ReferenceKey> = []) {
        for reference in job.references where !kept.contains(reference) { holders.set(reference, nil) }
    }

    mutating func declareDead(_ session: SessionID) {
        facts.deadSessions.insert(session)
        // Only what fails counts as a failure; a session's end does not.
        var released: [Job] = []
        facts.jobs.forEach { _, job in
            guard job.status == .running, job.session == session else { return }
            var job = job
            job.status = .waiting
            job.session = nil
            job.attempt += 1
            released.append(job)
        }
        for job in released { facts.jobs.put(job.id, job, at: version) }
    }

    mutating func forgetSessions(_ sessions: [SessionID]) throws(StateError) {
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
}
