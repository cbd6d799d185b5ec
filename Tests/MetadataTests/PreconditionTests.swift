import Bytes
import Metadata
import Testing

@Suite("Preconditions")
struct PreconditionTests {
    /// Files 1 and 2 are live, 2 is held by job 5, which runs; 3 is garbage, 4 condemned; job 6 waits, job 7 was set
    /// aside; session 9 is dead.
    private func state() throws -> TableState {
        try makeState()
            .next(
                .add(fileEntry(1)), .add(fileEntry(2)), .add(fileEntry(3)), .add(fileEntry(4)),
                .add(fileEntry(8)), .add(fileEntry(10))
            )
            .next(
                removal(3), removal(4), .operation(.condemn([FileID(4)])),
                .operation(.declareDead(SessionID(9)))
            )
            .next(
                job(5, inputs: [2]), job(6, inputs: [8], status: .waiting, session: nil),
                job(7, inputs: [10], status: .setAside, session: nil),
                .operation(.setProperty(name: "gc.enabled", value: "false")),
                .operation(
                    .receipt(IngestReceipt(name: "a", contentHash: "00", rowCount: 0, fileCount: 0))))
    }

    private static let root = PartitionID("")

    @Test(
        "what still holds passes",
        arguments: [
            .unassigned(file: FileID(1), partition: root),
            .holdsJob(JobID(5), attempt: 1, session: SessionID(7)), .jobIsWaiting(JobID(6), attempt: 1),
            .jobIsSetAside(JobID(7), attempt: 1), .fewerRunning(than: 2, in: nil),
            .fewerRunning(than: 2, in: root), .fewerRunning(than: 1, in: PartitionID("x")),
            .jobExists(JobID(5)), .unknownFile(FileID(99)), .isLive(FileID(2)), .partitionIsLeaf(root),
            .isGarbage(FileID(3), condemned: false), .isGarbage(FileID(4), condemned: true),
            .property(name: "gc.enabled", value: "false"), .property(name: "compaction.fanIn", value: nil),
            .notReceived(name: "a", contentHash: "01"), .sessionIsAlive(SessionID(7)),
        ] as [Precondition])
    func holding(precondition: Precondition) throws {
        let state = try state()
        #expect(throws: Never.self) {
            try state.check([.schema(id: state.schemaID), precondition], now: 1_700_000_000_003)
        }
    }

    @Test(
        "what no longer holds is a conflict that names what stands in the way",
        arguments: [
            (.schema(id: nil), "not none"),
            (.unassigned(file: FileID(2), partition: root), "is held by job 0000000000000005"),
            (.unassigned(file: FileID(3), partition: root), "was removed in version 2"),
            (.unassigned(file: FileID(1), partition: PartitionID("x")), "not referenced in partition \"x\""),
            (.holdsJob(JobID(5), attempt: 2, session: SessionID(7)), "at attempt 1, not 2"),
            (.holdsJob(JobID(5), attempt: 1, session: SessionID(8)), "held by session 0000000000000007"),
            (.holdsJob(JobID(5), attempt: 1, session: SessionID(9)), "was declared dead"),
            (.holdsJob(JobID(6), attempt: 1, session: SessionID(7)), "is waiting"),
            (.jobIsWaiting(JobID(5), attempt: 1), "is running"),
            (.jobIsWaiting(JobID(6), attempt: 3), "at attempt 1, not 3"),
            (.jobIsSetAside(JobID(5), attempt: 1), "is running"),
            (.jobIsSetAside(JobID(7), attempt: 2), "at attempt 1, not 2"),
            (.jobIsSetAside(JobID(77), attempt: 1), "does not exist any more"),
            (.fewerRunning(than: 1, in: nil), "1 job of the table is running, and no more than 1 may"),
            (.fewerRunning(than: 1, in: root), "1 job of partition \"\" is running"),
            (.jobExists(JobID(77)), "does not exist any more"),
            (.unknownFile(FileID(1)), "is live already"),
            (.unknownFile(FileID(3)), "waits to be deleted"),
            (.isLive(FileID(3)), "data/20240101T000000Z-0000000000000003.parquet was removed in version 2"),
            (.isLive(FileID(99)), "is not known"),
            (.isGarbage(FileID(1), condemned: false), "is live"),
            (.isGarbage(FileID(3), condemned: true), "was not condemned"),
            (.property(name: "gc.enabled", value: nil), "is false, not unset"),
            (.notReceived(name: "a", contentHash: "00"), "was taken in version 3"),
            (.sessionIsAlive(SessionID(9)), "was declared dead"),
        ] as [(Precondition, String)])
    func failing(precondition: Precondition, reason: String) throws {
        let state = try state()
        let conflict = try #require(throws: TransactionConflict.self) {
            try state.check([precondition], now: 1_700_000_000_003)
        }
        #expect(conflict.message.contains(reason), "\(conflict)")
        #expect(conflict.precondition == precondition && conflict.version == Version(3))
    }

    @Test("a receipt beyond the dedupe window is no obstacle, even before it is dropped")
    func oldReceipt() throws {
        let state = try state()
        let later = 1_700_000_000_003 + 7 * 86_400_000 as Int64
        #expect(throws: TransactionConflict.self) {
            try state.check([.notReceived(name: "a", contentHash: "00")], now: later)
        }
        #expect(throws: Never.self) {
            try state.check([.notReceived(name: "a", contentHash: "00")], now: later + 1)
        }
    }
}
