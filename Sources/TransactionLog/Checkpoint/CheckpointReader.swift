import Bytes
import JSON
import Metadata

/// Reads the state of one version from its JSON checkpoint, whoever wrote it.
struct CheckpointReader: Sendable {
    let store: LogStorage

    func read(_ version: Version) throws(LogError) -> TableState {
        let texts = try CheckpointTexts(of: version, in: store).texts
        // One line of ours tells, so that a damaged one is not taken for somebody else's.
        guard texts.contains(where: { CheckpointLines.isOwn($0.bytes) }) else {
            return try ForeignCheckpoint.decode(texts, version: version)
        }
        return try CheckpointLines.decode(texts, version: version)
    }
}
