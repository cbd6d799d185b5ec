import Compaction
package import Metadata
import Planning

extension Table {
    /// Whether a leaf is to be split, in the words of the report of partitions; nil of an inner node.
    package func splitDue(of partition: PartitionID, in state: TableState) -> String? {
        guard state.partitions.isLeaf(partition) else { return nil }
        let references = state.files(in: partition).compactMap { file in
            state.reference(file, in: partition).map {
                SplitPlan.Reference(
                    rows: $0.rowCount, isEstimated: $0.isEstimated, fileRows: file.rowCount,
                    fileBytes: file.sizeBytes)
            }
        }
        let due = SplitPlan(state.properties).due(references)
        let isUnsplittable = due != .notDue && compactor.unsplittable[partition] != nil
        return (isUnsplittable ? PartitionReport.Split.unsplittable : due.reported).rawValue
    }
}

extension SplitPlan.Due {
    fileprivate var reported: PartitionReport.Split {
        switch self {
        case .notDue: .none
        case .due: .due
        case .mayBeDueAfterCompaction: .afterCompaction
        }
    }
}
