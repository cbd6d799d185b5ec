import Bytes
import Metadata
import Testing

@Suite("The state store: files")
struct StateStoreFileTests {
    private static let root = StateStore.root
    private static let (left, right) = (StateStore.left, StateStore.right)

    @Test("HandleIngest", arguments: ingest)
    func handleIngest(_ situation: StateStoreCase) throws { try situation() }

    private static let ingest: [StateStoreCase] = [
        .init("AddAndReadFiles") { store in
            try store.add(1, 2)
            #expect(store.files(in: root) == [1, 2])
            #expect(store.reference(of: 1, root)?.rowCount == 100)
        },
        .init("SetLastUpdateTimeForFile") { store in
            try store.apply(.addFiles([(store.entry(1), [])]), at: 1_800_000_000_000)
            #expect(store.state.files.view(FileID(1))?.addedAtTimestamp == 1_800_000_000_000)
        },
        .init("AddFileSplitOverTwoPartitions", splits: 1) { store in
            try store.addHalved(1)
            #expect(store.partitions(of: 1) == [left, right])
            #expect(store.files(in: left) == [1] && store.files(in: right) == [1])
        },
        .init("AddFileWithReferencesSplitOverTwoPartitions", splits: 1) { store in
            let references = [store.reference(1, left, rows: 30), store.reference(1, right, rows: 70)]
            try store.apply(.addFiles([(store.entry(1), references)]))
            #expect(store.reference(of: 1, left)?.rowCount == 30)
            #expect(store.state.totalRows == 100 && store.state.takenRows == 0)
        },
        .init("AddTwoFilesWithReferences", splits: 1) { store in
            try store.apply(
                .addFiles(
                    [1, 2].map { id in
                        (store.entry(id), [store.reference(id, left), store.reference(id, right)])
                    }))
            #expect(store.state.references.count == 4)
        },
        .init("AddFileWithNoReferencesForGC") { store in
            // A file that is to be collected at once comes and goes in one transaction.
            var body = TransactionBody.addFiles([(store.entry(1), [])])
            body.actions.append(removal(1))
            try store.apply(body)
            #expect(store.state.fileCount == 0 && store.state.garbage[FileID(1)] != nil)
        },
        .init("FailToAddSameFileTwice") { store in
            try store.add(1)
            store.expect(.fileExists, .addFiles([(store.entry(1), [])]))
        },
        .init("FailToAddAnotherReferenceForSameFile", splits: 1) { store in
            try store.apply(.addFiles([(store.entry(1, in: left), [])]))
            store.expectInvalid(
                "is live already",
                TransactionBody("ADD", [], [.operation(.putReference(store.reference(1, right)))]))
        },
        .init("FailToAddFileToPartitionThatDoesNotExist") { store in
            store.expect(.partitionUnknown, .addFiles([(store.entry(1, in: left), [])]))
            store.expect(.partitionUnknown, .addFiles([(store.entry(1), [store.reference(1, left)])]))
        },
        .init("FailToAddOverlappingReferences", splits: 2) { store in
            let references = [store.reference(1, left), store.reference(1, StateStore.leftLeft)]
            store.expectInvalid("above it", .addFiles([(store.entry(1), references)]))
        },
        .init("FailToAddReferencesWithMoreRowsThanTheFile", splits: 1) { store in
            let references = [store.reference(1, left, rows: 60), store.reference(1, right, rows: 60)]
            store.expectInvalid("has 100 rows", .addFiles([(store.entry(1), references)]))
        },
    ]

    @Test("SplitFiles", arguments: splitting)
    func splitFiles(_ situation: StateStoreCase) throws { try situation() }

    private static let splitting: [StateStoreCase] = [
        .init("SplitOneFileInRootPartition") { store in
            try store.add(1)
            try store.split(root, at: "m", left, right)
            try store.apply(.splitReferences([store.halves(1)]))
            #expect(store.partitions(of: 1) == [left, right])
            #expect(store.reference(of: 1, left)?.rowCount == 50 && store.files(in: root) == [])
        },
        .init("SplitTwoFilesInOnePartition") { store in
            try store.add(1, 2)
            try store.split(root, at: "m", left, right)
            try store.apply(.splitReferences([store.halves(1), store.halves(2)]))
            #expect(store.files(in: left) == [1, 2] && store.files(in: right) == [1, 2])
        },
        .init("SplitOneFileFromTwoOriginalPartitions", splits: 1) { store in
            try store.addHalved(1)
            try store.split(left, at: "f", StateStore.leftLeft, StateStore.leftRight)
            let (third, fourth) = (PartitionID("00000000000000c1"), PartitionID("00000000000000c2"))
            try store.split(right, at: "t", third, fourth)
            try store.apply(.splitReferences([store.halves(1, left), store.halves(1, right)]))
            #expect(store.partitions(of: 1) == [StateStore.leftLeft, StateStore.leftRight, third, fourth])
            #expect(store.state.totalRows == 100)
        },
        .init("SplitFilesInDifferentPartitions", splits: 1) { store in
            try store.add(1, in: left)
            try store.add(2)
            try store.split(left, at: "f", StateStore.leftLeft, StateStore.leftRight)
            try store.apply(.splitReferences([store.halves(1, left), store.halves(2)]))
            #expect(store.files(in: left) == [2] && store.files(in: StateStore.leftLeft) == [1])
        },
        .init("OnlyPerformOneLevelOfSplits", splits: 2) { store in
            try store.add(1)
            try store.apply(.splitReferences([store.halves(1)]))
            #expect(store.partitions(of: 1) == [left, right])
        },
        .init("NotSplitOneFileInLeafPartition", splits: 1) { store in
            try store.add(1, in: left)
            store.expectInvalid("no children", .splitReferences([store.halves(1, left)]))
        },
        .init("DoNothingWhenNoFilesExist", splits: 1) { store in
            try store.apply(.splitReferences([]))
            #expect(store.state.fileCount == 0)
        },
        .init("FailToSplitFileWhichDoesNotExist", splits: 1) { store in
            store.expect(.fileUnknown, .splitReferences([store.halves(1)]))
        },
        .init("FailToSplitFileWhenReferenceDoesNotExistInPartition", splits: 1) { store in
            try store.add(1, in: left)
            store.expect(.notReferenced, .splitReferences([store.halves(1)]))
        },
        .init("FailToSplitWhenTheOriginalFileWasSplitIncorrectlyToMultipleLevels", splits: 2) { store in
            try store.add(1)
            let parts = [store.reference(1, StateStore.leftLeft), store.reference(1, right)]
            store.expectInvalid(
                "not split into its children",
                .splitReferences([ReferenceSplit(file: FileID(1), partition: root, parts: parts)]))
        },
        .init("FailToSplitIntoPartsThatDoNotAddUp", splits: 1) { store in
            try store.add(1)
            let parts = [store.reference(1, left, rows: 50), store.reference(1, right, rows: 51)]
            store.expectInvalid(
                "its parts have 101",
                .splitReferences([ReferenceSplit(file: FileID(1), partition: root, parts: parts)]))
        },
        .init("FailToLeaveOutAChildThatMayHaveRows", splits: 1) { store in
            try store.add(1)
            let parts = [store.reference(1, left, rows: 100)]
            store.expectInvalid(
                "may have rows in",
                .splitReferences([ReferenceSplit(file: FileID(1), partition: root, parts: parts)]))
        },
        .init("GiveOneReferenceToAFileOnOneSide", splits: 1) { store in
            try store.apply(.addFiles([(store.entry(1, keys: ("a", "c")), [])]))
            let parts = [store.reference(1, left, rows: 100)]
            try store.apply(
                .splitReferences([ReferenceSplit(file: FileID(1), partition: root, parts: parts)]))
            #expect(store.partitions(of: 1) == [left])
        },
        .init("ThrowExceptionWhenSplittingFileHasBeenAssignedToTheJob", splits: 1) { store in
            try store.add(1)
            try store.apply(.assignJob(store.job(5, [1])))
            store.expect(.assigned, .splitReferences([store.halves(1)]))
        },
        .init("IgnoreFileWithJobIdAssigned", splits: 1) { store in
            try store.add(1, 2)
            try store.apply(.assignJob(store.job(5, [1])))
            let free = store.state.files(in: root).filter { store.state.holder(of: $0.id, in: root) == nil }
            #expect(free.map(\.id) == [FileID(2)])
            try store.apply(.splitReferences([store.halves(2)]))
            #expect(store.files(in: root) == [1])
        },
    ]

    @Test("FilesByPartition", arguments: byPartition)
    func filesByPartition(_ situation: StateStoreCase) throws { try situation() }

    private static let byPartition: [StateStoreCase] = [
        .init("ReturnMultipleFilesOnEachPartition", splits: 1) { store in
            try store.add(1, 2, in: left)
            try store.add(3, 4, in: right)
            #expect(store.files(in: left) == [1, 2] && store.files(in: right) == [3, 4])
        },
        .init("NotReturnPartitionsWithNoFiles", splits: 1) { store in
            try store.add(1, in: left)
            #expect(store.state.occupiedPartitions() == [left])
        },
    ]

    @Test("ClearFiles", arguments: clearing)
    func clearFiles(_ situation: StateStoreCase) throws { try situation() }

    private static let clearing: [StateStoreCase] = [
        .init("DeleteReferencedFileOnClear", splits: 1) { store in
            try store.addHalved(1)
            try store.apply(.assignJob(store.job(5, [1], in: left)))
            try store.apply(.clear(store.state))
            #expect(store.state.fileCount == 0 && store.state.references.isEmpty && store.state.jobs.isEmpty)
            #expect(store.state.partitions.count == 3 && store.state.garbage[FileID(1)] != nil)
        },
        .init("DeleteUnreferencedFileOnClear") { store in
            try store.add(1)
            try store.apply(TransactionBody("REMOVE", [], [removal(1)]))
            try store.apply(.clear(store.state))
            // What waits for its deletion goes on waiting: its bytes are still there.
            #expect(store.state.garbage[FileID(1)] != nil)
        },
        .init("NotClearWhatCameMeanwhile") { store in
            try store.add(1)
            let body = TransactionBody.clear(store.state)
            try store.add(2)
            store.expect(.versionMoved, body)
        },
    ]
}
