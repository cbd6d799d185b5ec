extension TableProperties {
    /// Every property that there is.
    package static let declarations: [PropertyDeclaration] =
        compaction + ageOff + partition + ingest + state + logAndGarbage

    private static let kiB: Int64 = 1 << 10
    private static let miB: Int64 = 1 << 20
    private static let tiB: Int64 = 1 << 40

    private static let compaction: [PropertyDeclaration] = [
        .init(
            "compaction.enabled", .boolean, "true",
            "Whether the background compactor works on the table."),
        .init(
            "compaction.strategy", .choice(Strategy.allCases.map(\.rawValue)), "lazy-leveled",
            "How the compactor chooses what to merge; off leaves only what is asked for."),
        .init(
            "compaction.fanIn", .integer(2...64), "4",
            "Runs of about the same size that lazy-leveled merges into one."),
        .init(
            "compaction.minRuns", .integer(2...1000), "5",
            "Runs that a partition must have before lazy-leveled merges anything."),
        .init(
            "compaction.spaceAmplification", .ratio(1.01...100), "1.25",
            "Bytes of a partition over those of its largest run at which lazy-leveled merges all."),
        .init(
            "compaction.sizeRatio", .integer(1...100), "3",
            "How often the largest run must fit into the others together for size-ratio to merge them."),
        .init(
            "compaction.batchSize", .integer(2...1000), "12",
            "Most runs, or for basic files, in one job of size-ratio and basic."),
        .init(
            "compaction.targetFileSize", .bytes(64 * kiB...tiB), "256MiB",
            "Size at which a merge begins another output file."),
        .init(
            "compaction.maxJobsPerPartition", .integer(1...1_000_000), "4",
            "Most planned merges of one partition that run at once, over all processes."),
        .init(
            "compaction.maxJobs", .integer(1...1_000_000), "64",
            "Most planned merges of the table that run at once, over all processes."),
        .init(
            "compaction.memoryLimit", .bytes(16 * miB...tiB), "128MiB",
            "Memory that one merge may take."),
        .init(
            "compaction.splitFilesFirst", .boolean, "true",
            "Whether references above the leaves are split down before their files are merged."),
        .init(
            "compaction.partialReferences", .boolean, "false",
            "Whether a job may leave files of which only some partitions' rows are live."),
    ]

    private static let ageOff: [PropertyDeclaration] = [
        .init(
            "ageOff.column", .column, "",
            "The column of dates or timestamps that says how old a row is; without one no row ages."),
        .init(
            "ageOff.days", .limit(1...100_000), "off",
            "Days after which rows leave the table: whole files at once, others as they are merged."),
    ]

    private static let partition: [PropertyDeclaration] = [
        .init(
            "partition.splitThresholdRows", .limit(1...Int64.max), "off",
            "Rows above which a leaf partition is split."),
        .init(
            "partition.splitThresholdBytes", .limit(1...Int64.max), "off",
            "Bytes above which a leaf partition is split."),
    ]

    private static let ingest: [PropertyDeclaration] = [
        .init(
            "ingest.commitOn", .choice(CommitOn.allCases.map(\.rawValue)), "close",
            "Whether a file in ingest/ commits when it is closed or when it is renamed."),
        .init(
            "ingest.dedupeDays", .integer(0...3650), "7",
            "Days for which a copy of the same name and content is recognised."),
        .init(
            "ingest.duplicates", .choice(Duplicates.allCases.map(\.rawValue)), "skip",
            "What becomes of a recognised copy: skip succeeds without a commit."),
        .init(
            "ingest.minSliceBytes", .bytes(0...tiB), "1MiB",
            "Smaller slices of a file share one data file at the lowest partition that covers them."),
        .init(
            "ingest.memoryLimit", .bytes(16 * miB...tiB), "256MiB",
            "Memory for sorting one ingested file, beyond which it spills to disk."),
    ]

    private static let state: [PropertyDeclaration] = [
        .init(
            "state.format", .choice(StateFormat.allCases.map(\.rawValue)), "avro",
            "The format of states: Avro, or checkpoints of JSON lines, each of which has the whole table."),
        .init(
            "state.compression", .choice(StateCompression.allCases.map(\.rawValue)), "zstd",
            "The codec of manifests."),
        .init(
            "state.compressionLevel", .integer(1...22), "3",
            "The level of zstd; deflate takes it too, at most 9."),
        .init("state.entriesPerManifest", .integer(100...1_000_000), "50000", "Most entries in a manifest."),
        .init(
            "state.compaction.tombstoneThreshold", .ratio(0...1), "0.1",
            "Share of dead entries above which manifests are written anew."),
        .init(
            "state.compaction.maxTombstones", .integer(0...10_000_000), "20000",
            "Dead entries above which manifests are written anew."),
        .init(
            "state.compaction.maxManifests", .integer(1...10_000), "20",
            "Manifests less than half full above which those are written anew."),
        .init(
            "state.compaction.largeRemoveThreshold", .limit(1...Int64.max), "off",
            "Removals in one commit after which the next state has no tombstones."),
        .init(
            "state.compaction.afterMerge", .boolean, "true",
            "Whether the three limits above are halved for the state after a merge of data files."),
        .init("state.read.parallelism", .integer(1...64), "8", "Threads that read and write manifests."),
        .init(
            "state.retention.versions", .integer(1...100_000), "2", "Newest states that are always kept."),
        .init("state.retention.hours", .integer(0...87_600), "168", "Hours for which every state is kept."),
        .init(
            "state.gc.minManifestAgeHours", .integer(0...87_600), "1",
            "Hours for which a manifest that no state lists is left alone."),
        .init(
            "state.writeAfterVersions", .integer(1...100_000), "10",
            "Versions after which a state is written."),
        .init(
            "state.writeAfterActions", .integer(1...10_000_000), "1000",
            "Actions after which a state is written."),
        .init(
            "state.writeAfterQuietSeconds", .integer(0...86_400), "5",
            "Seconds without a commit after which a state is written."),
    ]

    private static let logAndGarbage: [PropertyDeclaration] = [
        .init(
            "log.retention.hours", .integer(0...87_600), "24",
            "Hours for which every version can be had and its changes be listed."),
        .init("gc.enabled", .boolean, "true", "Whether files that nothing needs are deleted."),
        .init(
            "gc.delayMinutes", .integer(0...5_256_000), "15",
            "Minutes between a file's last reference and its deletion."),
    ]
}
