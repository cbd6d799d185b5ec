import Bytes
import Metadata

/// What somebody means who moves files or directories into `compact/`.
struct CompactionRequest: Sendable {
    /// Files with all that they hold, wherever it is referenced: moved from `live/`.
    var files: [FileID] = []
    /// What a file holds for one partition: moved from that partition's directory.
    var references: [ReferenceKey] = []

    var isEmpty: Bool { files.isEmpty && references.isEmpty }

    mutating func append(_ other: CompactionRequest) {
        files += other.files
        references += other.references
    }

    /// Without what a job cannot take any more.
    mutating func remove(_ file: FileID) {
        files.removeAll { $0 == file }
        references.removeAll { $0.file == file }
    }

    /// Each file with a partition in which it is found.
    func inputs(in state: TableState) -> [ReferenceKey] {
        files.compactMap { id in
            state.files.view(id).map { ReferenceKey(file: id, partition: state.partitions(of: $0)[0]) }
        } + references
    }

    /// What is still live, by the partition that it becomes a job of.
    ///
    /// Where files are finished together, one job takes all of a file; where each partition goes its own way, a
    /// file is a matter of each of its partitions.
    func byPartition(in state: TableState) -> [(partition: PartitionID, request: CompactionRequest)] {
        var parts: [PartitionID: CompactionRequest] = [:]
        for id in files {
            guard let file = state.files.view(id) else { continue }
            let partitions = state.partitions(of: file)
            if state.properties.compactionPartialReferences {
                for partition in partitions {
                    parts[partition, default: CompactionRequest()].references
                        .append(ReferenceKey(file: id, partition: partition))
                }
            } else {
                parts[partitions[0], default: CompactionRequest()].files.append(id)
            }
        }
        for key in references {
            guard let file = state.files.view(key.file), state.isReferenced(file, in: key.partition) else {
                continue
            }
            parts[key.partition, default: CompactionRequest()].references.append(key)
        }
        return parts.sorted { $0.key < $1.key }.map { (partition: $0.key, request: $0.value) }
    }
}

extension TableState {
    /// The references that a job takes which is to compact one of them.
    func claims(of key: ReferenceKey) -> [ReferenceKey] { [key] + finishes(of: key.file, in: key.partition) }

    /// All references of a file.
    func claims(of file: FileView) -> [ReferenceKey] {
        partitions(of: file).map { ReferenceKey(file: file.id, partition: $0) }
    }
}
