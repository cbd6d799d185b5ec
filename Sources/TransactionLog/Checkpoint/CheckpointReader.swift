import Bytes
import JSON
import Metadata

/// Reads the state of one version from its JSON checkpoint, whoever wrote it.
struct CheckpointReader: Sendable {
    let store: LogStorage

    func read(_ version: Version) throws(LogError) -> TableState {
        let texts = try CheckpointTexts(of: version, in: store).texts
        guard let first = texts.first, CheckpointLines.isOwn(first.bytes) else {
            return try ForeignCheckpoint.decode(texts, version: version)
        }
        return try CheckpointLines.decode(texts, version: version)
    }
}
