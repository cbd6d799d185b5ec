import Bytes
import Metadata
import Testing

@Suite("Table properties")
struct TablePropertiesTests {
    @Test(
        "every default is in its range and in canonical form",
        arguments: TableProperties.declarations.map(\.name))
    func defaults(name: String) throws {
        let declaration = try #require(TableProperties.declaration(ByteString(name)))
        let text = ByteString(declaration.defaultText)
        #expect(try TableProperties.validate(ByteString(name), text) == text)
        #expect(declaration.summary.hasSuffix("."))
    }

    @Test(
        "each key of the format's document is a property with the document's default",
        arguments: [
            ("state.format", "avro"), ("state.compression", "zstd"), ("state.compressionLevel", "3"),
            ("state.entriesPerManifest", "50000"), ("state.compaction.tombstoneThreshold", "0.1"),
            ("state.compaction.maxManifests", "20"),
            // The document disables it by the greatest 32-bit integer.
            ("state.compaction.largeRemoveThreshold", "off"), ("state.compaction.afterMerge", "true"),
            ("state.read.parallelism", "8"), ("state.retention.versions", "2"),
            ("state.retention.hours", "168"), ("state.gc.minManifestAgeHours", "1"),
        ])
    func documentKeys(name: ByteString, value: ByteString) throws {
        #expect(TableProperties().text(name) == value)
        // What is out of range is refused with the range.
        let declaration = try #require(TableProperties.declaration(name))
        do throws(PropertyError) {
            _ = try TableProperties.validate(name, "-1.5x")
            Issue.record("\(name) took nonsense")
        } catch {
            #expect(error.message.contains(declaration.allowed) && error.message.contains(name.display))
        }
    }

    @Test("levels of zstd go from 1 to 22")
    func compressionLevels() throws {
        for level in ["1", "22"] as [ByteString] {
            #expect(try TableProperties.validate("state.compressionLevel", level) == level)
        }
        for level in ["0", "23", "-1", "3.5"] as [ByteString] {
            #expect(throws: PropertyError.self) {
                try TableProperties.validate("state.compressionLevel", level)
            }
        }
    }

    @Test("every typed value can be had")
    func typed() {
        let properties = TableProperties()
        #expect(properties.compactionStrategy == .lazyLeveled && properties.compactionEnabled)
        #expect(properties.compactionFanIn == 4 && properties.compactionMinRuns == 5)
        #expect(properties.compactionSpaceAmplification == 1.25 && properties.compactionSizeRatio == 3)
        #expect(properties.compactionBatchSize == 12 && properties.compactionTargetFileSize == 256 << 20)
        #expect(properties.compactionMemoryLimit == 128 << 20 && properties.compactionSplitFilesFirst)
        #expect(
            properties.partitionSplitThresholdRows == nil && properties.partitionSplitThresholdBytes == nil)
        #expect(properties.compactionMaxJobs == 64 && properties.compactionMaxJobsPerPartition == 4)
        #expect(properties.ageOffColumn.isEmpty && properties.ageOffDays == nil)
        #expect(properties.ingestCommitOn == .close && properties.ingestDuplicates == .skip)
        #expect(properties.ingestDedupeDays == 7 && properties.ingestMinSliceBytes == 1 << 20)
        #expect(properties.ingestMemoryLimit == 256 << 20 && properties.stateCompression == .zstd)
        #expect(properties.stateCompressionLevel == 3 && properties.stateEntriesPerManifest == 50_000)
        #expect(properties.stateTombstoneThreshold == 0.1 && properties.stateMaxTombstones == 20_000)
        #expect(properties.stateMaxManifests == 20 && properties.stateLargeRemoveThreshold == nil)
        #expect(properties.stateCompactAfterMerge && properties.stateReadParallelism == 8)
        #expect(properties.stateRetentionVersions == 2 && properties.stateRetentionHours == 168)
        #expect(properties.stateMinManifestAgeHours == 1 && properties.stateWriteAfterVersions == 10)
        #expect(properties.stateWriteAfterActions == 1000 && properties.stateWriteAfterQuietSeconds == 5)
        #expect(properties.logRetentionHours == 24 && properties.gcEnabled && properties.gcDelayMinutes == 15)
    }

    @Test(
        "a value is read in the form in which it is shown",
        arguments: [
            ("compaction.targetFileSize", "268435456", "256MiB"),
            ("compaction.targetFileSize", " 1GiB\n", "1GiB"),
            ("compaction.targetFileSize", "65537", "65537"), ("compaction.spaceAmplification", "2", "2.0"),
            ("compaction.enabled", "false\n", "false"), ("state.compaction.largeRemoveThreshold", "7", "7"),
            ("state.compaction.largeRemoveThreshold", "off", "off"),
            ("compaction.strategy", "basic", "basic"), ("ageOff.column", " day\n", "day"),
            ("ageOff.column", "\n", ""), ("ageOff.days", "30", "30"), ("compaction.maxJobs", "1", "1"),
        ])
    func canonical(name: String, text: String, canonical: String) throws {
        let value = try TableProperties.validate(ByteString(name), ByteString(text))
        #expect(value == ByteString(canonical))
        let properties = TableProperties(overrides: [ByteString(name): value])
        #expect(properties.text(ByteString(name)) == value)
        #expect(try TableProperties.validate(ByteString(name), value) == value)
    }

    @Test(
        "a bad value is refused with what is expected",
        arguments: [
            ("compaction.fanIn", "1", "an integer from 2 to 64"), ("compaction.fanIn", "", "an integer"),
            ("compaction.fanIn", "4.0", "an integer"),
            ("compaction.targetFileSize", "1MB", "a size from 64KiB"),
            ("compaction.targetFileSize", "9999999TiB", "a size"),
            ("compaction.enabled", "yes", "true or false"),
            ("compaction.spaceAmplification", "nan", "a number"),
            ("compaction.strategy", "leveled", "lazy-leveled, size-ratio, basic, off"),
            ("ageOff.column", "a\u{7}b", "the name of a column"), ("ageOff.days", "0", "off or an integer"),
            ("compaction.maxJobsPerPartition", "0", "an integer from 1"),
            ("compaction.partialReferences", "maybe", "true or false"),
            ("state.format", "parquet", "avro, json"), ("no.such", "1", "there is no property"),
        ])
    func refused(name: String, text: String, expected: String) throws {
        let error = try #require(throws: PropertyError.self) {
            _ = try TableProperties.validate(ByteString(name), ByteString(text))
        }
        #expect(error.message.contains(expected), "\(error)")
    }

    @Test("what a later version set is kept and the default applies")
    func unknown() {
        let properties = TableProperties(overrides: ["later.on": "x", "compaction.fanIn": "a few"])
        #expect(properties.compactionFanIn == 4 && properties.text("later.on") == "x")
        #expect(properties.overrides.count == 2)
    }
}
