package import Bytes

/// The properties of a table: what was set, and the defaults for the rest.
///
/// Values are kept in canonical text, so that what is read back can be written again. A name that this
/// version does not know, or a value that it cannot parse, was set by a later one: both are kept, and the
/// default applies.
package struct TableProperties: Hashable, Sendable {
    /// What was set, by name.
    package private(set) var overrides: [ByteString: ByteString]

    package init(overrides: [ByteString: ByteString] = [:]) { self.overrides = overrides }

    package static func declaration(_ name: ByteString) -> PropertyDeclaration? {
        name.utf8Text.flatMap { byName[$0] }
    }

    /// The canonical text of a value, surrounding white space taken away.
    package static func validate(_ name: ByteString, _ text: ByteString) throws(PropertyError) -> ByteString {
        guard let declaration = declaration(name) else {
            throw PropertyError(name: name, message: "there is no property \"\(name.display)\"")
        }
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let trimmed = text.bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard let value = ByteString(Array(trimmed)).utf8Text else {
            throw PropertyError(name: name, message: "the value of \(declaration.name) is not UTF-8")
        }
        switch declaration.parse(value) {
        case .success(let parsed): return ByteString(parsed.canonical)
        case .failure(let refusal): throw PropertyError(name: name, message: refusal.message)
        }
    }

    /// The text in force, set or default; nil for an unknown name.
    package func text(_ name: ByteString) -> ByteString? {
        guard let declaration = Self.declaration(name) else { return overrides[name] }
        if let set = overrides[name]?.utf8Text, case .success(let parsed) = declaration.parse(set) {
            return ByteString(parsed.canonical)
        }
        return ByteString(declaration.defaultText)
    }

    /// All declared properties in the order of their table, with the text in force.
    package var all: [(declaration: PropertyDeclaration, text: ByteString, isSet: Bool)] {
        Self.declarations.map { declaration in
            let name = ByteString(declaration.name)
            return (declaration, text(name) ?? ByteString(), overrides[name] != nil)
        }
    }

    /// nil goes back to the default.
    mutating func set(_ name: ByteString, _ value: ByteString?) { overrides[name] = value }

    private static let byName = Dictionary(uniqueKeysWithValues: declarations.map { ($0.name, $0) })

    private func value(_ name: String) -> PropertyValue {
        guard let declaration = Self.byName[name] else { preconditionFailure("\(name) is not declared") }
        if let set = overrides[ByteString(name)]?.utf8Text, case .success(let parsed) = declaration.parse(set)
        {
            return parsed.value
        }
        guard case .success(let parsed) = declaration.parse(declaration.defaultText) else {
            preconditionFailure("the default of \(name) is out of its range")
        }
        return parsed.value
    }

    private func integer(_ name: String) -> Int64 {
        guard case .integer(let value) = value(name) else { preconditionFailure("\(name) is no integer") }
        return value
    }

    private func ratio(_ name: String) -> Double {
        guard case .ratio(let value) = value(name) else { preconditionFailure("\(name) is no ratio") }
        return value
    }

    private func boolean(_ name: String) -> Bool {
        guard case .boolean(let value) = value(name) else { preconditionFailure("\(name) is no boolean") }
        return value
    }

    private func name(_ name: String) -> String {
        guard case .text(let text) = value(name) else { preconditionFailure("\(name) is no text") }
        return text
    }

    private func choice<C: RawRepresentable>(_ name: String) -> C where C.RawValue == String {
        guard case .text(let text) = value(name), let choice = C(rawValue: text) else {
            preconditionFailure("\(name) is no \(C.self)")
        }
        return choice
    }
}

/// Typed values.
extension TableProperties {
    package enum Strategy: String, CaseIterable, Sendable {
        case lazyLeveled = "lazy-leveled"
        case sizeRatio = "size-ratio"
        case basic
        case off
    }
    package enum CommitOn: String, CaseIterable, Sendable { case close, rename }
    package enum Duplicates: String, CaseIterable, Sendable { case skip, append, refuse }
    package enum StateFormat: String, CaseIterable, Sendable { case avro, json }
    package enum StateCompression: String, CaseIterable, Sendable { case zstd, snappy, deflate, none }

    package var compactionStrategy: Strategy { choice("compaction.strategy") }
    package var compactionEnabled: Bool { boolean("compaction.enabled") }
    package var compactionFanIn: Int { Int(integer("compaction.fanIn")) }
    package var compactionMinRuns: Int { Int(integer("compaction.minRuns")) }
    package var compactionSpaceAmplification: Double { ratio("compaction.spaceAmplification") }
    package var compactionSizeRatio: Int64 { integer("compaction.sizeRatio") }
    package var compactionBatchSize: Int { Int(integer("compaction.batchSize")) }
    package var compactionTargetFileSize: Int64 { integer("compaction.targetFileSize") }
    package var compactionMaxJobsPerPartition: Int { Int(integer("compaction.maxJobsPerPartition")) }
    package var compactionMaxJobs: Int { Int(integer("compaction.maxJobs")) }
    /// Empty where no row ages.
    package var ageOffColumn: ByteString { ByteString(name("ageOff.column")) }
    package var ageOffDays: Int64? { limit("ageOff.days") }
    package var compactionMemoryLimit: Int64 { integer("compaction.memoryLimit") }
    package var compactionSplitFilesFirst: Bool { boolean("compaction.splitFilesFirst") }
    package var compactionPartialReferences: Bool { boolean("compaction.partialReferences") }
    package var partitionSplitThresholdRows: Int64? { limit("partition.splitThresholdRows") }
    package var partitionSplitThresholdBytes: Int64? { limit("partition.splitThresholdBytes") }
    package var ingestCommitOn: CommitOn { choice("ingest.commitOn") }
    package var ingestDedupeDays: Int64 { integer("ingest.dedupeDays") }
    package var ingestDuplicates: Duplicates { choice("ingest.duplicates") }
    package var ingestMinSliceBytes: Int64 { integer("ingest.minSliceBytes") }
    package var ingestMemoryLimit: Int64 { integer("ingest.memoryLimit") }
    package var stateFormat: StateFormat { choice("state.format") }
    package var stateCompression: StateCompression { choice("state.compression") }
    package var stateCompressionLevel: Int { Int(integer("state.compressionLevel")) }
    package var stateEntriesPerManifest: Int { Int(integer("state.entriesPerManifest")) }
    package var stateTombstoneThreshold: Double { ratio("state.compaction.tombstoneThreshold") }
    package var stateMaxTombstones: Int { Int(integer("state.compaction.maxTombstones")) }
    package var stateMaxManifests: Int { Int(integer("state.compaction.maxManifests")) }
    package var stateLargeRemoveThreshold: Int? {
        limit("state.compaction.largeRemoveThreshold").map { Int($0) }
    }
    package var stateCompactAfterMerge: Bool { boolean("state.compaction.afterMerge") }
    package var stateReadParallelism: Int { Int(integer("state.read.parallelism")) }
    package var stateRetentionVersions: Int { Int(integer("state.retention.versions")) }
    package var stateRetentionHours: Int64 { integer("state.retention.hours") }
    package var stateMinManifestAgeHours: Int64 { integer("state.gc.minManifestAgeHours") }
    package var stateWriteAfterVersions: Int { Int(integer("state.writeAfterVersions")) }
    package var stateWriteAfterActions: Int { Int(integer("state.writeAfterActions")) }
    package var stateWriteAfterQuietSeconds: Int64 { integer("state.writeAfterQuietSeconds") }
    package var logRetentionHours: Int64 { integer("log.retention.hours") }
    package var gcEnabled: Bool { boolean("gc.enabled") }
    package var gcDelayMinutes: Int64 { integer("gc.delayMinutes") }

    private func limit(_ name: String) -> Int64? {
        guard case .integer(let value) = value(name) else { return nil }
        return value
    }
}
