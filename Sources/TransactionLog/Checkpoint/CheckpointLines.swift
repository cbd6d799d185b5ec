import Bytes
import JSON
import Metadata

/// The lines of a JSON checkpoint of ours: everything true of a table at one version.
///
/// They stand between a ``CheckpointHeader`` and the end line of version files, in each of its files.
enum CheckpointLines {
    /// How many lines a state makes, without headers and ends.
    static func count(_ state: TableState) -> Int {
        2 + state.schemaRegistry.count + state.properties.overrides.count + state.tags.count
            + state.partitions.count + state.jobs.count + state.receipts.count + state.deadSessions.count
            + state.garbage.count + state.references.count + state.fileCount
    }

    /// Calls `line` for each line with what writes it. Equal states make equal lines.
    static func forEach(
        of state: TableState,
        _ line: ((inout JSONWriter) throws(WireError) -> Void) throws(LogError) -> Void
    ) throws(LogError) {
        let wire = ActionWire(definition: state.definition)
        try line { wire.write(state.tableProtocol, to: &$0) }
        try line { wire.write(state.definition, to: &$0) }
        for (id, text) in state.schemaRegistry.sorted(by: { $0.key < $1.key }) {
            try line { ActionWire.writeSchema(id: id, text: text, to: &$0) }
        }
        for operation in small(state) {
            try line { (writer) throws(WireError) in try wire.write(operation, to: &writer) }
        }
        for job in state.jobs.values.sorted(by: { $0.id < $1.id }) {
            try line { ActionWire.writeStamped(job, to: &$0) }
        }
        for receipt in state.receipts.all { try line { ActionWire.writeStamped(receipt, to: &$0) } }
        try forEachEntry(of: state, line)
        for file in state.files.all().sorted(by: { $0.path < $1.path }) {
            try line { (writer) throws(WireError) in try wire.write(file.entry, stamped: true, to: &writer) }
        }
    }

    private static func small(_ state: TableState) -> [Action.Operation] {
        state.properties.overrides.sorted { $0.key < $1.key }.map {
            .setProperty(name: $0.key, value: $0.value)
        }
            + state.tags.sorted { $0.key < $1.key }.map { .putTag(name: $0.key, version: $0.value) }
            + state.deadSessions.sorted { $0.rawValue < $1.rawValue }.map { .declareDead($0) }
    }

    private static func forEachEntry(
        of state: TableState,
        _ line: ((inout JSONWriter) throws(WireError) -> Void) throws(LogError) -> Void
    ) throws(LogError) {
        for entry in state.partitions.entries.live.sorted(by: { $0.key < $1.key }) {
            try line { ActionWire.write(entry.value, writtenAt: entry.version, to: &$0) }
        }
        for entry in state.garbage.entries.live.sorted(by: { $0.key < $1.key }) {
            try line { ActionWire.write(entry.value, writtenAt: entry.version, to: &$0) }
        }
        let references = state.references.entries.live.sorted {
            ($0.key.file, $0.key.partition) < ($1.key.file, $1.key.partition)
        }
        for entry in references {
            try line { ActionWire.write(entry.value, writtenAt: entry.version, to: &$0) }
        }
    }
}

extension FileSet {
    /// All live files, in no order.
    fileprivate func all() -> [FileView] {
        var files: [FileView] = []
        files.reserveCapacity(count)
        forEach { files.append($0) }
        return files
    }
}
