import Bytes
import JSON
import Metadata
import Platform
import TransactionLog

/// Carrying out what people ask to be done with versions and files.
extension Table {
    private static let maxAttempts = 100

    /// Plans the request in the newest state and commits it, or only says what it would do.
    ///
    /// What the plan rests on is checked again when the commit is made: where another commit came between, the plan
    /// is made anew from what that left.
    ///
    /// - Parameter user: who asks, for the commit.
    package func perform(
        _ request: VerbRequest, user: UInt32, dryRun: Bool = false
    ) throws(StoreError) -> VerbOutcome {
        if !dryRun || isForeign { try checkWritable() }
        switch request {
        case .split(let partition, let key): return try split(partition, at: key, dryRun: dryRun)
        case .job(let verb, let id): return try perform(verb, on: id, dryRun: dryRun)
        default: break
        }
        var attempt = 0
        while true {
            let state = try refresh()
            let plan = try self.plan(request, in: state)
            if dryRun || plan.actions.isEmpty {
                return VerbOutcome(plan: plan, version: nil, isDryRun: dryRun)
            }
            if let version = plan.stateToWrite { try writeState(at: version) }
            do throws(CommitError) {
                let committed = try commit(
                    plan.operation, preconditions: plan.preconditions, actions: plan.actions,
                    notes: plan.notes + [("user", ByteString("\(user)"))])
                if let nodes = plan.grownNodes { moveDown(nodes) }
                return VerbOutcome(plan: plan, version: committed.version, isDryRun: false)
            } catch {
                attempt += 1
                guard case .conflict = error, attempt < Self.maxAttempts else { throw StoreError(error) }
                let most = UInt64(1_000_000) << UInt64(min(attempt, 6))
                log.options.sleep(context.entropy.uint64(below: most))
            }
        }
    }

    private func plan(_ request: VerbRequest, in state: TableState) throws(StoreError) -> VerbPlan {
        switch request {
        case .tag(let word, let name, let moving):
            try tagging(try version(named: word, in: state), name, moving: moving, in: state)
        case .deleteTag(let name): try deletingTag(name, in: state)
        case .restore(let word): try restoring(try version(named: word, in: state), in: state)
        case .remove(let paths): try removing(paths, in: state)
        case .removeMatching(let filter, let keepingPartial):
            try removing(where: filter, keepingPartial: keepingPartial, in: state)
        case .dropPartition(let path): try droppingPartition(path, in: state)
        case .spread(let partition, let count): try spreading(partition, over: count, in: state)
        case .splitAtAll(let partition, let keys): try splitting(partition, at: keys, in: state)
        case .reinitialise(let trees): try reinitialising(trees, in: state)
        case .split, .job: preconditionFailure("the compactor plans it")
        }
    }

    /// The version that a person means: its number, a time at which it was current, or a tag.
    private func version(named word: ByteString, in state: TableState) throws(StoreError) -> Version {
        if let version = VersionWord.number(word) { return version }
        guard let milliseconds = VersionWord.milliseconds(word) else {
            return try VersionWord.tagged(word, in: state)
        }
        let version: Version
        do throws(LogError) { version = try log.changeReader.version(at: milliseconds) } catch {
            throw StoreError(error)
        }
        if version < Version(0) { throw StoreError(.enoent, "the table was made after \(word)") }
        return version
    }

    private func writeState(at version: Version) throws(StoreError) {
        do throws(LogError) {
            recordState(try log.writeState(at: version))
        } catch {
            throw StoreError(error)
        }
    }

    /// The state at a version that is to be used again, with the proof that each of its files is still there.
    func wholeState(at version: Version, in state: TableState) throws(StoreError) -> TableState {
        guard version <= state.version else {
            throw StoreError(.enoent, "there is no version \(version) yet: the newest is \(state.version)")
        }
        let target = try self.state(at: version)
        if let obstacle = target.obstacle(toReadingIn: state) {
            throw StoreError(.estale, "version \(version) is no longer whole: \(obstacle)")
        }
        return target
    }

    /// Throws where a job holds one of these live files.
    func checkFree(_ files: [FileView], in state: TableState) throws(StoreError) {
        if state.jobs.isEmpty { return }
        for file in files {
            for partition in state.partitions(of: file) {
                guard let job = state.job(holding: file.id, in: partition) else { continue }
                throw StoreError(
                    .ebusy,
                    "compaction job \(job.id) holds \(file.path); wait for its end, or cancel it "
                        + "(rmdir compact/\(job.id) in a mount)")
            }
        }
    }

    /// Leaves a line in `events` of what a request without effect would do.
    package func record(dryRun outcome: VerbOutcome) {
        var object: JSONObject = ["event": "dry-run"]
        for member in outcome.object.members where member.key != "dryRun" && member.key != "version" {
            object[member.key] = member.value
        }
        record(object)
    }
}

extension TableState {
    /// The first file of this version that cannot be relied upon any more as of a newer one; nil where it is whole.
    func obstacle(toReadingIn state: TableState) -> String? {
        var obstacle: String?
        files.forEach(missingIn: state.files) { file in
            if let entry = state.garbage[file.id] {
                obstacle = entry.condemnedAtVersion.map {
                    "its file \(file.path) is being deleted since version \($0)"
                }
            } else {
                obstacle = "its file \(file.path) was deleted"
            }
            return obstacle == nil
        }
        return obstacle
    }
}

extension FileView {
    /// Its removal as a change of data; the commit gives it its time.
    var removal: Action {
        .remove(
            FileRemoval(path: path, id: id, deletionTimestamp: 0, dataChange: true, sizeBytes: sizeBytes))
    }
}
