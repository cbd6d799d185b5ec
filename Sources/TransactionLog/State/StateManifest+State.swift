import Bytes
import JSON
import Metadata

extension StateManifest {
    /// What is small of a state; the sets are left empty.
    init(_ state: TableState, createdAt: Int64) {
        version = state.version
        self.createdAt = createdAt
        timestamp = state.timestamp
        fileCount = Int64(state.fileCount)
        totalBytes = state.totalBytes
        files = StoredSet()
        references = StoredSet()
        garbage = StoredSet()
        partitions = StoredSet()
        schemaRegistry = state.schemaRegistry.sorted { $0.key < $1.key }.map { (id: $0.key, text: $0.value) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("metaData")
        ActionWire.writeDefinition(state.definition, to: &writer)
        writer.key("protocol")
        ActionWire.writeProtocol(state.tableProtocol, to: &writer)
        writer.endObject()
        metadata = ByteString(writer.bytes)
        protocolVersion = Int32(state.tableProtocol.minReaderVersion)
        properties = state.properties.overrides.sorted { $0.key < $1.key }.map {
            (name: $0.key, value: $0.value)
        }
        tags = state.tags.sorted { $0.key < $1.key }.map { (name: $0.key, version: $0.value) }
        jobs = []
        listedJobs = StoredSet()
        receipts = []
        receiptManifests = []
        deadSessions = state.deadSessions.sorted { $0.rawValue < $1.rawValue }
    }

    static func text(of job: Job) -> ByteString { object { ActionWire.write(job, stamped: true, to: &$0) } }

    static func text(of receipt: IngestReceipt) -> ByteString {
        object { ActionWire.write(receipt, stamped: true, to: &$0) }
    }

    static func job(_ text: ByteString) throws(WireError) -> Job {
        try ActionWire.job(WireObject("jobs", try parse(text)))
    }

    private static func receipt(_ text: ByteString) throws(WireError) -> IngestReceipt {
        try ActionWire.receipt(WireObject("receipts", try parse(text)))
    }

    /// The jobs that no manifest lists.
    func inlineJobs() throws(LogError) -> [Job] { try inline(jobs, Self.job) }

    /// The receipts that no manifest lists, oldest first.
    func inlineReceipts() throws(LogError) -> [IngestReceipt] { try inline(receipts, Self.receipt) }

    private func inline<Value>(
        _ texts: [ByteString], _ read: (ByteString) throws(WireError) -> Value
    ) throws(LogError) -> [Value] {
        do throws(WireError) {
            var values: [Value] = []
            for text in texts { values.append(try read(text)) }
            return values
        } catch {
            throw .damaged(file: LogPath.stateName(version).display, line: nil, error)
        }
    }

    private static func object(_ write: (inout JSONWriter) -> Void) -> ByteString {
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        writer.endObject()
        return ByteString(writer.bytes)
    }

    /// What a state says of the table before any of its files.
    struct Head: Sendable {
        var tableProtocol: TableProtocol
        var definition: TableDefinition
        /// Of the commit that made the version.
        var timestamp: Int64
    }

    /// The table's protocol and definition.
    ///
    /// `definition` gives that of a table whose states lack it, as other programs' do.
    func head(orElse definition: () throws(LogError) -> TableDefinition) throws(LogError) -> Head {
        guard metadata != nil else { return try head(definition()) }
        do throws(WireError) { return try head() } catch {
            throw .damaged(file: LogPath.stateName(version).display, line: nil, error)
        }
    }

    /// The state's facts without the sets; `definition` as in ``head(orElse:)``.
    func facts(
        orElse definition: () throws(LogError) -> TableDefinition
    ) throws(LogError) -> TableState.Facts {
        let head = try head(orElse: definition)
        var facts = TableState.Facts(
            version: version, timestamp: head.timestamp, tableProtocol: head.tableProtocol,
            definition: head.definition)
        facts.schemaRegistry.merge(schemas(of: head.definition)) { _, new in new }
        if metadata == nil { return facts }
        facts.properties = TableProperties(
            overrides: Dictionary(properties.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        facts.tags = Dictionary(tags.map { ($0.name, $0.version) }, uniquingKeysWith: { $1 })
        facts.deadSessions = Set(deadSessions)
        return facts
    }

    /// The registry by the ids with which files refer to it: other programs' keys may have a word before them.
    func schemas(of definition: TableDefinition) -> [ByteString: ByteString] {
        let isOwn = definition.provider == "firn"
        var schemas = definition.carriedSchemas
        for (id, text) in schemaRegistry { schemas[isOwn ? id : ForeignRegistry.id(id)] = text }
        return schemas
    }

    private func head(_ definition: TableDefinition) throws(LogError) -> Head {
        guard definition.provider != "firn" else {
            throw .damaged(file: LogPath.stateName(version).display, line: nil, "the state has no metadata")
        }
        if protocolVersion > 4 {
            throw .unsupported(
                "\(LogPath.stateName(version)) asks for protocol \(protocolVersion) of IndexTables")
        }
        return Head(
            tableProtocol: TableProtocol(
                minReaderVersion: Int(protocolVersion), minWriterVersion: Int(protocolVersion)),
            definition: definition,
            timestamp: createdAt)
    }

    private func head() throws(WireError) -> Head {
        var tableProtocol = TableProtocol(
            minReaderVersion: Int(protocolVersion), minWriterVersion: Int(protocolVersion))
        guard let text = metadata else { throw WireError(.malformed, "the state has no metadata") }
        let value = try Self.parse(text)
        let definition = try ActionWire.definition(WireObject("metaData", value["metaData"] ?? value))
        if let found = value["protocol"] {
            let wire = try WireObject("protocol", found)
            tableProtocol =
                try definition.provider == "firn"
                ? ActionWire.tableProtocol(wire) : ForeignWire.tableProtocol(wire)
        }
        if definition.provider == "firn" { try ActionWire.check(tableProtocol) }
        return Head(
            tableProtocol: tableProtocol, definition: definition,
            timestamp: timestamp > 0 ? timestamp : createdAt)
    }

    private static func parse(_ text: ByteString) throws(WireError) -> JSONValue {
        do throws(DecodeError) { return try JSONValue.parse(text.bytes) } catch {
            throw WireError(.malformed, error.description)
        }
    }
}
