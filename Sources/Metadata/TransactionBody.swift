package import Bytes

/// What a transaction does to files, references, partitions and jobs, with what must be so for it: everything but
/// who commits it, and when.
///
/// Each static function is one operation of the state, made for the state that it is given. Whoever commits it
/// finds the same preconditions checked against the newest state; a ``TransactionConflict`` names file, partition
/// and job.
package struct TransactionBody: Sendable {
    /// As the commit is named: `SPLIT PARTITION`.
    package var operation: ByteString
    package var preconditions: [Precondition]
    package var actions: [Action]
    /// Free facts for the commit.
    package var notes: [(name: ByteString, value: ByteString)]

    package init(
        _ operation: ByteString, _ preconditions: [Precondition], _ actions: [Action],
        notes: [(name: ByteString, value: ByteString)] = []
    ) {
        self.operation = operation
        self.preconditions = preconditions
        self.actions = actions
        self.notes = notes
    }

    package func transaction(id: CommitID, session: SessionID?) -> Transaction {
        Transaction(
            id: id, operation: operation, session: session, preconditions: preconditions, actions: actions,
            notes: notes)
    }
}

// MARK: Files and references

extension TransactionBody {
    /// Adds files, each with all of its references at once; one without any is referenced where its entry says.
    package static func addFiles(
        _ files: [(entry: FileEntry, references: [FileReference])], operation: ByteString = "ADD FILES"
    ) -> TransactionBody {
        var preconditions: [Precondition] = []
        var actions: [Action] = []
        for file in files {
            preconditions.append(.unknownFile(file.entry.id))
            actions.append(.add(file.entry))
            if file.references.isEmpty, let partition = file.entry.partition {
                preconditions.append(.partitionExists(partition))
            }
            for reference in file.references {
                preconditions.append(.partitionExists(reference.partition))
                actions.append(.operation(.putReference(reference)))
            }
        }
        return TransactionBody(operation, preconditions, actions)
    }

    /// Splits references, each into those of the children of its partition; none may be in a job.
    package static func splitReferences(_ splits: [ReferenceSplit]) -> TransactionBody {
        TransactionBody(
            "SPLIT REFERENCES",
            splits.map { .unassigned(file: $0.file, partition: $0.partition) },
            splits.map { .operation(.splitReference($0)) })
    }

    /// Garbage that is about to be deleted: from here on no reader may start on it.
    package static func condemnFiles(_ files: [FileID]) -> TransactionBody {
        TransactionBody(
            "CONDEMN", files.map { .isGarbage($0, condemned: false) }, [.operation(.condemn(files))])
    }

    /// Garbage whose bytes are deleted.
    package static func forgetFiles(_ files: [FileID]) -> TransactionBody {
        TransactionBody(
            "FORGET", files.map { .isGarbage($0, condemned: true) }, [.operation(.forget(files))])
    }

    /// All files become garbage; jobs are cancelled; the partition tree stays.
    package static func clear(_ state: TableState) -> TransactionBody {
        TransactionBody("CLEAR", [.isAt(state.version)], clearing(state))
    }

    private static func clearing(_ state: TableState) -> [Action] {
        var actions: [Action] = state.jobs.keys.sorted().map {
            .operation(.removeJob($0, outcome: .cancelled))
        }
        state.files.forEach { file in
            actions.append(
                .remove(
                    FileRemoval(
                        path: file.path, id: file.id, deletionTimestamp: state.timestamp, dataChange: true,
                        sizeBytes: file.sizeBytes)))
        }
        return actions
    }
}

// MARK: Partitions

extension TransactionBody {
    /// The first trees of a table: nodes of any number of roots, every node with its children.
    package static func initialise(_ nodes: [Partition], in state: TableState) -> TransactionBody {
        TransactionBody(
            "INITIALISE PARTITIONS", [.isAt(state.version), .hasNoFiles(root: nil)],
            removals(of: state) + nodes.map { .operation(.putPartition($0)) })
    }

    /// Forgets every file, then keeps the trees, or begins with these.
    package static func reinitialise(_ nodes: [Partition]?, in state: TableState) -> TransactionBody {
        var body = clear(state)
        body.operation = "REINITIALISE"
        guard let nodes else { return body }
        body.actions += removals(of: state) + nodes.map { .operation(.putPartition($0)) }
        return body
    }

    private static func removals(of state: TableState) -> [Action] {
        state.partitions.sorted().map { .operation(.removePartition($0.id)) }
    }

    /// Splits a leaf in two at a key, and of its references those that are told how.
    package static func splitPartition(
        _ leaf: Partition, at key: ByteString, into children: (left: PartitionID, right: PartitionID),
        references: [ReferenceSplit] = []
    ) -> TransactionBody {
        var parent = leaf
        parent.children = [children.left, children.right]
        let left = Partition(
            id: children.left, root: leaf.root, parent: leaf.id, minKey: leaf.minKey, maxKey: key)
        let right = Partition(
            id: children.right, root: leaf.root, parent: leaf.id, minKey: key, maxKey: leaf.maxKey)
        let moves = splitReferences(references)
        return TransactionBody(
            "SPLIT PARTITION", [.partitionIsLeaf(leaf.id)] + moves.preconditions,
            [parent, left, right].map { .operation(.putPartition($0)) } + moves.actions,
            notes: [("partition", leaf.id.name)])
    }

    /// Makes leaves into trees of many levels: `updated` are leaves with the children that they get, `new` all that
    /// come below.
    package static func extendTree(updated: [Partition], new: [Partition]) -> TransactionBody {
        TransactionBody(
            "EXTEND PARTITION TREE", updated.map { .partitionIsLeaf($0.id) },
            (updated + new).map { .operation(.putPartition($0)) })
    }
}

// MARK: Jobs

extension TransactionBody {
    /// Takes all of a job's references, or none.
    package static func assignJob(_ job: Job) -> TransactionBody { assignJobs([job]) }

    package static func assignJobs(_ jobs: [Job]) -> TransactionBody {
        let sessions = Set(jobs.compactMap(\.session))
        return TransactionBody(
            "ASSIGN COMPACTION",
            jobs.flatMap(\.references).map { .unassigned(file: $0.file, partition: $0.partition) }
                + sessions.sorted { $0.rawValue < $1.rawValue }.map { .sessionIsAlive($0) },
            jobs.map { .operation(.putJob($0)) })
    }

    /// Gives a running job back: it waits for its next attempt.
    package static func releaseJob(_ job: Job) -> TransactionBody {
        var next = job
        next.attempt += 1
        next.session = nil
        next.status = .waiting
        return TransactionBody("RELEASE COMPACTION", held(job), [.operation(.putJob(next))])
    }

    /// What a running job wrote takes the place of the references that it holds.
    ///
    /// - Parameters:
    ///   - rowsTaken: how many rows each input had in the job's partition; asked of inputs that stay live elsewhere.
    ///   - proof: the job left out delete markers as old as this sequence.
    package static func replaceReferences(
        of job: Job, with outputs: [FileEntry], rowsTaken: [FileID: Int64], proof: Int64? = nil,
        in state: TableState, now: Int64
    ) -> TransactionBody {
        var body = TransactionBody("COMPACT", held(job), [])
        if let proof {
            body.preconditions.append(
                .nothingAsOld(partition: job.partition, sequence: proof, besides: job.id))
        }
        let finished = Set(job.finishes.map(\.file))
        for input in job.inputs {
            guard let file = state.files.view(input) else { continue }
            let isOnly = finished.contains(input) || state.referenceCount(of: input) == 1
            if !finished.contains(input) {
                body.preconditions.append(
                    .reference(file: input, partition: job.partition, isOnly: isOnly))
            }
            guard isOnly else {
                body.actions.append(
                    .operation(
                        .removeReference(
                            file: input, partition: job.partition, rowCount: rowsTaken[input] ?? 0)))
                continue
            }
            body.actions.append(
                .remove(
                    FileRemoval(
                        path: file.path, id: input, deletionTimestamp: now, dataChange: false,
                        sizeBytes: file.sizeBytes, job: job.id)))
        }
        body.actions += outputs.map { .add($0) }
        body.actions.append(.operation(.removeJob(job.id, outcome: .committed)))
        return body
    }

    private static func held(_ job: Job) -> [Precondition] {
        guard let session = job.session else { return [.jobIsWaiting(job.id, attempt: job.attempt)] }
        return [.holdsJob(job.id, attempt: job.attempt, session: session)]
    }
}
