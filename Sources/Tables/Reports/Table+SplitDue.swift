import Compaction
package import Metadata
import Planning

extension Table {
    /// Whether a leaf is to be split, as the report of partitions says it; nil of an inner node.
    package func splitDue(of partition: PartitionID, in state: TableState) -> String? {
        guard state.partitions.isLeaf(partition) else { return nil }
        let unsplittable = Set(compactor.unsplittable.keys)
        return PartitionReport.split(of: partition, in: state, unsplittable: unsplittable).rawValue
    }
}
