import Bytes
import JSON
import Metadata

extension CheckpointLines {
    /// True where the first line is a header of ours, or the last an end.
    static func isOwn(_ text: [UInt8]) -> Bool {
        let end = text.firstIndex(of: 0x0A) ?? text.count
        if (try? VersionFile.member(text, 0..<end))?.0 == CheckpointHeader.key { return true }
        let last = text.dropLast().lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return text[last...].starts(with: "{\"end\":".utf8)
    }

    /// The state that all files of a checkpoint say, checked against every number that they say of it.
    static func decode(
        _ texts: [CheckpointTexts.Text], version: Version
    ) throws(LogError) -> TableState {
        var content = CheckpointContent()
        for (index, text) in texts.enumerated() {
            let lines = VersionFile.lineRanges(text.bytes)
            try VersionFile.checkEnd(text.bytes, lines, text.name.display)
            for (number, line) in lines.dropLast().enumerated() {
                do throws(WireError) {
                    let (key, value) = try VersionFile.member(text.bytes, line)
                    if number > 0 {
                        try content.take(key, value)
                    } else {
                        let header = try CheckpointHeader(WireObject(key.display, value))
                        try content.begin(header, version, part: index + 1, of: texts.count)
                    }
                } catch {
                    throw .damaged(file: text.name.display, line: number + 1, error)
                }
            }
        }
        do throws(WireError) { return try content.finish() } catch {
            throw .damaged(file: LogPath.checkpointName(version).display, line: nil, error)
        }
    }
}

/// What the lines of a checkpoint say, collected.
private struct CheckpointContent {
    private var header: CheckpointHeader?
    private var tableProtocol: TableProtocol?
    private var definition: TableDefinition?
    private var schemas: [(id: ByteString, text: ByteString)] = []
    private var operations: [Action.Operation] = []
    private var receipts: [IngestReceipt] = []
    private var references: [ReferenceSet.Entries.Entry] = []
    private var garbage: [GarbageSet.Entries.Entry] = []
    private var partitions: [PartitionSet.Entries.Entry] = []
    private var files: [FileEntry] = []
    private let wire = ActionWire(partitionColumns: [])

    mutating func begin(
        _ found: CheckpointHeader, _ version: Version, part: Int, of parts: Int
    ) throws(WireError) {
        guard found.version == version else {
            throw WireError(.malformed, "the file says that it is of version \(found.version)")
        }
        guard found.part == part, found.parts == parts else {
            throw WireError(
                .malformed,
                "the file says that it is part \(found.part) of \(found.parts), not \(part) of \(parts)"
            )
        }
        if var known = header {
            known.part = part
            guard known == found else {
                throw WireError(.malformed, "the file is a part of another checkpoint")
            }
        }
        header = found
    }

    mutating func take(_ key: ByteString, _ value: JSONValue) throws(WireError) {
        guard key == "firn" else {
            let object = try WireObject(key.display, value)
            return try take(try wire.action(key: key, value: value), object)
        }
        let object = try WireObject("firn", value)
        switch try object.string("op") {
        case "schema": schemas.append((id: try object.string("id"), text: try object.string("text")))
        case "receipt": receipts.append(try ActionWire.receipt(object))
        case "garbage":
            let entry = try ActionWire.garbage(object)
            garbage.append(.init(key: entry.file, value: entry, version: try Self.version(object)))
        case "putReference":
            let entry = try ActionWire.reference(object)
            let key = ReferenceKey(file: entry.file, partition: entry.partition)
            references.append(.init(key: key, value: entry, version: try Self.version(object)))
        case "putPartition":
            let entry = try ActionWire.partition(object)
            partitions.append(.init(key: entry.id, value: entry, version: try Self.version(object)))
        default: operations.append(try wire.operation(object))
        }
    }

    private static func version(_ object: WireObject) throws(WireError) -> Version {
        Version(try object.integer("writtenAtVersion"))
    }

    private mutating func take(_ action: Action, _ object: WireObject) throws(WireError) {
        switch action {
        case .tableProtocol(let found): tableProtocol = found
        case .definition(let found): definition = found
        case .add(var entry):
            entry.addedAtVersion = Version(try object.integer("addedAtVersion"))
            entry.addedAtTimestamp = try object.integer("addedAtTimestamp")
            files.append(entry)
        default: throw WireError(.malformed, "\"\(object.action)\" does not belong into a checkpoint")
        }
    }

    func finish() throws(WireError) -> TableState {
        guard let header, let tableProtocol, let definition else {
            throw WireError(.malformed, "the protocol or the metaData is missing")
        }
        var facts = TableState.Facts(
            version: header.version, timestamp: header.timestamp, tableProtocol: tableProtocol,
            definition: definition)
        for schema in schemas { facts.schemaRegistry[schema.id] = schema.text }
        try apply(operations, to: &facts)
        facts.receipts = ReceiptWindow(receipts)
        facts.references = ReferenceSet(ReferenceEntries(entries: references))
        facts.garbage = GarbageSet(ManifestSet(entries: garbage))
        facts.partitions = PartitionSet(
            partitionColumns: definition.partitionColumns, ManifestSet(entries: partitions))
        facts.files.add(files)
        guard Int64(files.count) == header.fileCount, facts.files.totalBytes == header.totalBytes,
            Set(files.lazy.map(\.id)).count == files.count
        else {
            throw WireError(
                .malformed,
                "\(header.fileCount) files of \(header.totalBytes) bytes are announced, "
                    + "\(files.count) of \(facts.files.totalBytes) are there")
        }
        return TableState(facts)
    }

    private func apply(
        _ operations: [Action.Operation], to facts: inout TableState.Facts
    ) throws(WireError) {
        var overrides: [ByteString: ByteString] = [:]
        for operation in operations {
            switch operation {
            case .setProperty(let name, let value): overrides[name] = value
            case .putTag(let name, let version): facts.tags[name] = version
            case .declareDead(let session): facts.deadSessions.insert(session)
            case .putJob(let job): facts.jobs.put(job.id, job, at: facts.version)
            default: throw WireError(.malformed, "an operation does not belong into a checkpoint")
            }
        }
        facts.properties = TableProperties(overrides: overrides)
    }
}
