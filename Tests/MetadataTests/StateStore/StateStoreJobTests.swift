import Bytes
import Metadata
import Testing

@Suite("The state store: jobs")
struct StateStoreJobTests {
    private static let root = StateStore.root
    private static let (left, right) = (StateStore.left, StateStore.right)

    @Test("CreateCompactionJobs", arguments: creation)
    func createCompactionJobs(_ situation: StateStoreCase) throws { try situation() }

    private static let creation: [StateStoreCase] = [
        .init("MarkFileWithJobId") { store in
            try store.add(1, 2)
            try store.apply(.assignJob(store.job(5, [1])))
            #expect(store.state.job(holding: FileID(1), in: root)?.id == JobID(5))
            #expect(store.state.job(holding: FileID(2), in: root) == nil)
        },
        .init("MarkOneHalfOfSplitFileWithJobId", splits: 1) { store in
            try store.addHalved(1)
            try store.apply(.assignJob(store.job(5, [1], in: left)))
            #expect(store.state.job(holding: FileID(1), in: left)?.id == JobID(5))
            #expect(store.state.job(holding: FileID(1), in: right) == nil)
        },
        .init("MarkMultipleFilesWithJobIds") { store in
            try store.add(1, 2, 3, 4)
            try store.apply(.assignJobs([store.job(5, [1, 2]), store.job(6, [3, 4])]))
            #expect(store.state.job(holding: FileID(4), in: root)?.id == JobID(6))
        },
        .init("NotMarkFileWithJobIdWhenOneIsAlreadySet") { store in
            try store.add(1)
            try store.apply(.assignJob(store.job(5, [1])))
            store.expect(.assigned, .assignJob(store.job(6, [1])))
            // Also by the same job.
            store.expect(.assigned, .assignJob(store.job(5, [1])))
        },
        .init("NotUpdateOtherFilesIfOneFileAlreadyHasJobId") { store in
            try store.add(1, 2)
            try store.apply(.assignJob(store.job(5, [1])))
            store.expect(.assigned, .assignJob(store.job(6, [2, 1])))
            #expect(store.state.job(holding: FileID(2), in: root) == nil)
        },
        .init("NotMarkFileWithJobIdWhenFileDoesNotExist") { store in
            try store.add(1)
            store.expect(.fileUnknown, .assignJob(store.job(5, [9])))
        },
        .init("NotMarkFileWithJobIdWhenFileDoesNotExistAndStoreIsEmpty") { store in
            store.expect(.fileUnknown, .assignJob(store.job(5, [1])))
        },
        .init("NotMarkFileWithJobIdWhenReferenceDoesNotExistInPartition", splits: 1) { store in
            try store.add(1, in: left)
            store.expect(.notReferenced, .assignJob(store.job(5, [1], in: right)))
        },
        .init("HoldWhatTheJobFinishesToo", splits: 1) { store in
            try store.addHalved(1)
            let other = ReferenceKey(file: FileID(1), partition: right)
            try store.apply(.assignJob(store.job(5, [1], in: left, finishes: [other])))
            store.expect(.assigned, .assignJob(store.job(6, [1], in: right)))
        },
        .init("ReleaseAndAssignAgain") { store in
            try store.add(1)
            let job = store.job(5, [1])
            try store.apply(.assignJob(job))
            try store.apply(.releaseJob(job))
            #expect(
                store.state.jobs[JobID(5)]?.status == .waiting && store.state.jobs[JobID(5)]?.attempt == 2)
            // It waits with its references; its own commit comes too late.
            store.expect(.jobMoved, store.compaction(job, into: 9))
            store.expect(.assigned, .assignJob(store.job(6, [1])))
        },
    ]

    @Test("QueryCompactionFileAssignment", arguments: assignment)
    func queryCompactionFileAssignment(_ situation: StateStoreCase) throws { try situation() }

    private static func free(_ file: UInt64, _ partition: PartitionID = root) -> TransactionBody {
        TransactionBody("QUERY", [.unassigned(file: FileID(file), partition: partition)], [])
    }

    private static let assignment: [StateStoreCase] = [
        .init("FilesNotYetAssigned") { store in
            try store.add(1, 2)
            #expect([1, 2].allSatisfy { store.state.job(holding: FileID($0), in: root) == nil })
        },
        .init("CheckAllFilesAssigned") { store in
            try store.add(1, 2)
            try store.apply(.assignJob(store.job(5, [1, 2])))
            #expect([1, 2].allSatisfy { store.state.job(holding: FileID($0), in: root)?.id == JobID(5) })
        },
        .init("CheckSomeFilesAssigned") { store in
            try store.add(1, 2)
            try store.apply(.assignJob(store.job(5, [1])))
            #expect(store.state.job(holding: FileID(1), in: root) != nil)
            #expect(store.state.job(holding: FileID(2), in: root) == nil)
        },
        .init("CheckFilesAssignedOnOnePartition", splits: 1) { store in
            try store.addHalved(1)
            try store.apply(.assignJob(store.job(5, [1], in: left)))
            #expect(store.state.job(holding: FileID(1), in: right) == nil)
        },
        .init("FailIfFileDoesNotExist") { store in store.expect(.fileUnknown, free(1)) },
        .init("FailIfFileDoesNotExistOnPartition", splits: 1) { store in
            try store.add(1, in: left)
            store.expect(.notReferenced, free(1, right))
        },
        .init("FailIfFileAssignedToOtherJob") { store in
            try store.add(1)
            try store.apply(.assignJob(store.job(5, [1])))
            store.expect(.assigned, free(1))
        },
        .init("FailIfOneFileDoesNotExist") { store in
            try store.add(1)
            let body = TransactionBody(
                "QUERY", free(1).preconditions + free(2).preconditions, [])
            store.expect(.fileUnknown, body)
        },
    ]

    @Test("ApplyCompaction", arguments: compaction)
    func applyCompaction(_ situation: StateStoreCase) throws { try situation() }

    private static let compaction: [StateStoreCase] = [
        .init("SetFileReadyForGC") { store in
            try store.add(1, 2)
            let job = store.job(5, [1, 2])
            try store.apply(.assignJob(job))
            try store.apply(store.compaction(job, into: 9))
            #expect(store.files(in: root) == [9] && store.state.jobs.isEmpty)
            #expect(store.state.garbage[FileID(1)]?.job == JobID(5) && store.state.totalRows == 200)
        },
        .init("ApplyMultipleCompactions") { store in
            try store.add(1, 2)
            let (first, second) = (store.job(5, [1]), store.job(6, [2]))
            try store.apply(.assignJobs([first, second]))
            try store.apply(store.compaction(first, into: 8))
            try store.apply(store.compaction(second, into: 9))
            #expect(store.files(in: root) == [8, 9])
        },
        .init("FailToSetReadyForGCWhenAlreadyReadyForGC") { store in
            try store.add(1)
            let job = store.job(5, [1])
            try store.apply(.assignJob(job))
            let body = store.compaction(job, into: 9)
            try store.apply(body)
            store.expect(.jobUnknown, body)
        },
        .init("FailWhenFilesNotAssignedToJob") { store in
            try store.add(1)
            store.expect(.jobUnknown, store.compaction(store.job(5, [1]), into: 9))
            try store.apply(.assignJob(store.job(6, [1])))
            store.expect(.jobUnknown, store.compaction(store.job(5, [1]), into: 9))
        },
        .init("FailToSetReadyForGCWhichDoesNotExist") { store in
            store.expect(.fileUnknown, .assignJob(store.job(5, [1])))
        },
        .init("FailToSetFilesReadyForGCWhenOneDoesNotExist") { store in
            try store.add(1)
            store.expect(.fileUnknown, .assignJob(store.job(5, [1, 2])))
            #expect(store.state.job(holding: FileID(1), in: root) == nil)
        },
        .init("FailToSetReadyForGCWhenReferenceDoesNotExistInPartition", splits: 1) { store in
            try store.add(1, in: left)
            store.expect(.notReferenced, .assignJob(store.job(5, [1], in: right)))
        },
        .init("FailWhenFileToBeMarkedReadyForGCHasSameFileNameAsNewFile") { store in
            try store.add(1)
            let job = store.job(5, [1])
            try store.apply(.assignJob(job))
            var body = store.compaction(job, into: 1)
            body.actions.swapAt(0, 1)
            store.expectInvalid("is live already", body)
        },
        .init("FailWhenOutputFileAlreadyExists") { store in
            try store.add(1, 2)
            let job = store.job(5, [1])
            try store.apply(.assignJob(job))
            store.expectInvalid("is live already", store.compaction(job, into: 2))
        },
        .init("CommitAtTheInnerNodeAfterASplit") { store in
            try store.add(1)
            let job = store.job(5, [1])
            try store.apply(.assignJob(job))
            try store.split(root, at: "m", left, right)
            try store.apply(store.compaction(job, into: 9))
            #expect(store.files(in: root) == [9])
        },
        .init("RefuseTheCommitOfASessionDeclaredDead") { store in
            try store.add(1)
            let job = store.job(5, [1])
            try store.apply(.assignJob(job))
            let body = store.compaction(job, into: 9)
            try store.apply(
                TransactionBody("DEAD", [], [.operation(.declareDead(StateStore.session))]))
            store.expect(.sessionDead, body)
            #expect(store.state.jobs[JobID(5)]?.status == .waiting)
        },
    ]

    @Test("ApplyCompaction to files of several partitions", arguments: partial)
    func applyPartialCompaction(_ situation: StateStoreCase) throws { try situation() }

    private static let partial: [StateStoreCase] = [
        .init("TakeOneHalfAndLeaveTheOther", splits: 1) { store in
            try store.addHalved(1)
            let job = store.job(5, [1], in: left)
            try store.apply(.assignJob(job))
            try store.apply(store.compaction(job, into: 9))
            #expect(store.partitions(of: 1) == [right] && store.files(in: left) == [9])
            #expect(store.state.takenRows == 50 && store.state.totalRows == 100)
            #expect(store.state.garbage.isEmpty)
        },
        .init("TakeBothHalvesOneAfterTheOther", splits: 1) { store in
            try store.addHalved(1)
            for (id, partition) in [(5, left), (6, right)] as [(UInt64, PartitionID)] {
                let job = store.job(id, [1], in: partition)
                try store.apply(.assignJob(job))
                try store.apply(store.compaction(job, into: id + 10))
            }
            #expect(store.state.takenRows == 0 && store.state.totalRows == 100)
            #expect(store.state.garbage[FileID(1)] != nil && store.state.references.isEmpty)
        },
        .init("RefuseToRemoveAFileThatGainedNoLastReference", splits: 1) { store in
            try store.addHalved(1)
            let (first, second) = (store.job(5, [1], in: left), store.job(6, [1], in: right))
            try store.apply(.assignJobs([first, second]))
            // Made while the other half was there; now it is the last.
            let late = store.compaction(second, into: 8)
            try store.apply(store.compaction(first, into: 9))
            store.expect(.otherReferences, late)
            try store.apply(store.compaction(second, into: 8))
        },
        .init("RescaleWhatWasEstimated", splits: 2) { store in
            let places = [StateStore.leftLeft, StateStore.leftRight, right]
            let rows: [Int64] = [30, 30, 40]
            try store.apply(
                .addFiles([
                    (
                        store.entry(1),
                        zip(places, rows).map { store.reference(1, $0, rows: $1, estimated: true) }
                    )
                ]))
            let job = store.job(5, [1], in: StateStore.leftLeft)
            try store.apply(.assignJob(job))
            try store.apply(store.compaction(job, into: 9, taken: [1: 65]))
            let rest = [StateStore.leftRight, right].compactMap { store.reference(of: 1, $0) }
            #expect(rest.map(\.rowCount) == [15, 20] && rest.allSatisfy(\.isEstimated))
            #expect(store.state.totalRows == 100)
            // One is left: what remains of the file is known.
            let last = store.job(6, [1], in: StateStore.leftRight)
            try store.apply(.assignJob(last))
            try store.apply(store.compaction(last, into: 10, taken: [1: 5]))
            let remains = try #require(store.reference(of: 1, right))
            #expect(remains.rowCount == 30 && !remains.isEstimated)
            #expect(store.state.totalRows == 100)
        },
        .init("RefuseACountThatContradictsWhatWasCounted", splits: 1) { store in
            try store.addHalved(1)
            let job = store.job(5, [1], in: left)
            try store.apply(.assignJob(job))
            store.expectInvalid("51 are taken", store.compaction(job, into: 9, taken: [1: 51]))
        },
        .init("FinishAFileForAllItsPartitions", splits: 1) { store in
            try store.addHalved(1)
            let other = ReferenceKey(file: FileID(1), partition: right)
            let job = store.job(5, [1], in: left, finishes: [other])
            try store.apply(.assignJob(job))
            var body = store.compaction(job, into: 9)
            body.actions.insert(.add(store.entry(10, rows: 50, in: right)), at: 1)
            try store.apply(body)
            #expect(store.files(in: left) == [9] && store.files(in: right) == [10])
            #expect(store.state.takenRows == 0 && store.state.garbage[FileID(1)] != nil)
        },
    ]
}
