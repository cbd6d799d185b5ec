import Bytes
import Metadata
import Planning
import Testing

@Suite("Requested jobs")
struct RequestPlanTests {
    private static let root = PartitionID("")

    /// Files 1 and 2 of the left leaf, 3 of both, 4 of the right one.
    private func table(
        partial: Bool = false
    ) throws -> (table: PlannedState, left: PartitionID, right: PartitionID, files: [FileID]) {
        var table = try PlannedState(properties: [
            ("compaction.partialReferences", partial ? "true" : "false")
        ])
        let (left, right) = try table.split(at: "m", 1)
        func both() -> [FileReference] {
            [left, right].map { FileReference(file: FileID(0), partition: $0, rowCount: 5) }
        }
        let files = [
            try table.add("a", "c", in: left), try table.add("b", "d", in: left),
            try table.add("k", "o", references: both()), try table.add("p", "q", in: right),
        ]
        return (table, left, right, files)
    }

    private func hold(
        _ file: FileID, _ partition: PartitionID, job id: UInt64, in table: inout PlannedState
    ) throws {
        let job = Job(
            id: JobID(id), partition: partition, inputs: [file], status: .running, session: SessionID(1),
            strategy: "test", reason: "")
        try table.commit([.operation(.putJob(job))])
    }

    @Test("a file of two partitions is finished by the job of the first that is asked for")
    func shared() throws {
        let (table, left, right, files) = try table()
        let all = try RequestPlan(partitions: [left, right], in: table.state, now: 0).jobs
        #expect(all.map(\.partition) == [left, right])
        #expect(all.map(\.inputs) == [[files[0], files[1], files[2]], [files[3]]])
        #expect(all.allSatisfy { $0.strategy == "requested" && $0.work == .merge })
        #expect(all[0].reason == "requested: 3 files" && all[1].reason == "requested: 1 file")
        let one = try RequestPlan(files: [files[2]], in: table.state, now: 0).jobs
        #expect(one.map(\.inputs) == [[files[2]]])
        let twice = try RequestPlan(
            files: [files[2]], references: [ReferenceKey(file: files[2], partition: right)],
            in: table.state, now: 0
        ).jobs
        #expect(twice.map(\.inputs) == [[files[2]]])
    }

    @Test("with partial references each reference has a job of its own")
    func partial() throws {
        let (table, left, right, files) = try table(partial: true)
        let one = try RequestPlan(files: [files[2]], in: table.state, now: 0).jobs
        #expect(one.map(\.partition) == [left, right])
        #expect(one.map(\.inputs) == [[files[2]], [files[2]]])
    }

    @Test("of a partition what a job holds is left out; a file that is named is refused, and says by whom")
    func held() throws {
        var (table, left, right, files) = try table()
        try hold(files[0], left, job: 9, in: &table)
        let rest = try RequestPlan(partitions: [left], in: table.state, now: 0).jobs
        #expect(rest.map(\.inputs) == [[files[1], files[2]]])
        #expect(
            refusal { try RequestPlan(files: [files[1], files[0]], in: table.state, now: 0) }
                == .inJob(file: try #require(table.state.files.view(files[0])).path, job: JobID(9)))
        try hold(files[1], left, job: 10, in: &table)
        try hold(files[2], left, job: 11, in: &table)
        #expect(
            refusal { try RequestPlan(partitions: [left], in: table.state, now: 0) }
                == .partitionInJob(left, job: JobID(9)))
        let stray = FileID(77)
        #expect(refusal { try RequestPlan(files: [stray], in: table.state, now: 0) } == .notLive(stray))
        #expect(
            refusal { try RequestPlan(partitions: [Self.root], in: table.state, now: 0) }
                == .emptyPartition(Self.root))
        let elsewhere = ReferenceKey(file: files[0], partition: right)
        let path = try #require(table.state.files.view(files[0])).path
        #expect(
            refusal { try RequestPlan(references: [elsewhere], in: table.state, now: 0) }
                == .notReferenced(file: path, right))
    }

    private func refusal(_ body: () throws -> RequestPlan) -> RequestPlan.Refusal? {
        #expect(throws: RequestPlan.Refusal.self) { try body() }
    }
}
