import Bytes
import Metadata
import Platform
import Storage
import TransactionLog

/// Many leaves, many references, many jobs: what a commit costs must not follow their number.
enum ReferenceBenchmark {
    private static let session = SessionID(1)

    /// `make-references STORE TABLE LEAVES FILES SPAN`: a tree, and files that so many leaves reference each.
    static func make(_ arguments: inout Arguments) throws {
        let log = try TableMaking.create(
            TableMaking.storage(arguments.text()), arguments.text(), isFlat: true)
        let tree = KeyTree(leafCount: arguments.number())
        let files = arguments.number()
        let shared = SharedFiles(tree: tree, span: arguments.number())
        let nodes = (1...tree.nodeCount).map { tree.partition($0) }
        _ = try log.commit(TransactionBody.initialise(nodes, in: log.current).transaction())
        for start in stride(from: 0, to: files, by: 2_000) {
            let batch = (start..<min(start + 2_000, files)).map { shared.file($0) }
            _ = try log.commit(TransactionBody.addFiles(batch).transaction())
        }
        try log.writeState()
        report(log)
    }

    /// `assign-all STORE TABLE LEAVES COUNT`: a job in each of so many leaves, 1,024 a commit.
    static func assignAll(_ arguments: inout Arguments) throws {
        let log = try TableMaking.open(TableMaking.storage(arguments.text()), arguments.text())
        let tree = KeyTree(leafCount: arguments.number())
        let count = arguments.number()
        for start in stride(from: 0, to: count, by: 1_024) {
            let jobs = (start..<min(start + 1_024, count)).map { job($0, of: tree, in: log.current) }
            _ = try log.commit(TransactionBody.assignJobs(jobs).transaction(session: session))
        }
        try log.writeState()
        report(log)
    }

    /// `open-references STORE TABLE`: opens the table and counts what it has.
    static func open(_ arguments: inout Arguments) throws {
        let time = Measurement()
        let log = try TableMaking.open(TableMaking.storage(arguments.text()), arguments.text())
        let (wall, user, system) = time.elapsed
        report(log, [("wall", wall), ("user", user), ("system", system)])
    }

    // MARK: One commit after the other

    /// `split-partitions STORE TABLE COUNT FILES`: a new table with so many files over all keys is split so often,
    /// each time with the references of all of them.
    static func split(_ arguments: inout Arguments) throws {
        let log = try TableMaking.create(
            TableMaking.storage(arguments.text()), arguments.text(), isFlat: true)
        let count = arguments.number()
        let files = (0..<arguments.number()).map { number in
            var entry = TableMaking.entry(number, isFlat: true)
            entry.rowCount = 1 << 32
            entry.minKey = KeyTree.key(0)
            entry.maxKey = KeyTree.key(.max)
            return entry
        }
        _ = try log.commit(TableMaking.transaction(files))
        var series = CommitSeries()
        try series.run(log, count: count) { number in split(number + 1, in: log.current) }
        series.report(counts(log))
    }

    private static func split(_ node: Int, in state: TableState) -> Transaction {
        // A leaf until now: the tree that was split so often.
        let leaf = KeyTree(leafCount: node).partition(node)
        let children = [KeyTree.id(2 * node), KeyTree.id(2 * node + 1)]
        let key = KeyTree.key(KeyTree.middle(node))
        let splits = state.files(in: leaf.id).compactMap { state.reference($0, in: leaf.id) }.map {
            ReferenceSplit(
                $0, leftRows: $0.rowCount / 2, isEstimated: false, at: key, keys: nil, into: children)
        }
        return TransactionBody.splitPartition(
            leaf, at: key, into: (children[0], children[1]), references: splits
        ).transaction()
    }

    /// `add-references STORE TABLE LEAVES FIRST COMMITS FILES SPAN`: files that so many leaves reference each.
    static func add(_ arguments: inout Arguments) throws {
        let log = try TableMaking.open(TableMaking.storage(arguments.text()), arguments.text())
        let tree = KeyTree(leafCount: arguments.number())
        let (first, commits, files) = (arguments.number(), arguments.number(), arguments.number())
        let shared = SharedFiles(tree: tree, span: arguments.number())
        var series = CommitSeries()
        try series.run(log, count: commits) { commit in
            let start = first + commit * files
            return TransactionBody.addFiles((start..<start + files).map { shared.file($0) }).transaction()
        }
        series.report(counts(log))
    }

    /// `assign-jobs STORE TABLE LEAVES COUNT`: each commit gives a leaf a job with all of its references.
    static func assign(_ arguments: inout Arguments) throws {
        let log = try TableMaking.open(TableMaking.storage(arguments.text()), arguments.text())
        let tree = KeyTree(leafCount: arguments.number())
        var series = CommitSeries()
        try series.run(log, count: arguments.number()) { number in
            TransactionBody.assignJob(job(number, of: tree, in: log.current)).transaction(session: session)
        }
        series.report(counts(log))
    }

    /// `replace-references STORE TABLE LEAVES COUNT`: each commit puts a job's output in the place of its inputs.
    static func replace(_ arguments: inout Arguments) throws {
        let log = try TableMaking.open(TableMaking.storage(arguments.text()), arguments.text())
        let tree = KeyTree(leafCount: arguments.number())
        var series = CommitSeries()
        try series.run(log, count: arguments.number()) { number in
            let state = log.current
            guard let job = state.jobs[jobID(number)] else { Output.fail("there is no job \(number)") }
            let rows = Dictionary(uniqueKeysWithValues: job.inputs.map { ($0, SharedFiles.rowsPerReference) })
            let output = SharedFiles.output(
                of: tree.leaf(place(number, in: tree)), number: number,
                rows: SharedFiles.rowsPerReference * Int64(job.inputs.count))
            return TransactionBody.replaceReferences(
                of: job, with: [output], rowsTaken: rows, in: state, now: SystemClock().nowMilliseconds()
            ).transaction(session: session)
        }
        series.report(counts(log))
    }

    // MARK: Jobs

    private static func jobID(_ number: Int) -> JobID { JobID(UInt64(number + 1)) }

    /// Neighbours in number are far from each other in keys.
    private static func place(_ number: Int, in tree: KeyTree) -> Int { number * 7_919 % tree.leafCount }

    private static func job(_ number: Int, of tree: KeyTree, in state: TableState) -> Job {
        let leaf = KeyTree.id(tree.leaf(place(number, in: tree)))
        return Job(
            id: jobID(number), partition: leaf, inputs: state.references.files(in: leaf), status: .running,
            session: session, strategy: "size-ratio", reason: "measured")
    }

    // MARK: What there is

    private static func counts(_ log: TransactionLog) -> [(String, Double)] {
        let state = log.current
        return [
            ("rows", Double(state.references.count)), ("files", Double(state.fileCount)),
            ("partitions", Double(state.partitions.count)), ("jobs", Double(state.jobs.count)),
            ("version", Double(state.version.rawValue)),
        ]
    }

    private static func report(_ log: TransactionLog, _ more: [(String, Double)] = []) {
        Output.report(more + counts(log))
    }
}
