import Bytes
import Metadata
import Tables

/// What the extended attributes of a partition's directory tell of it.
///
/// | attribute `user.firn.…` | value |
/// |---|---|
/// | `id` | of the partition; a root's is its path |
/// | `min`, `max` | the keys from `min` up to, and without, `max`; not there where the range is unbounded |
/// | `leaf` | `true` or `false` |
/// | `files`, `runs` | referenced in the partition itself, without those below it |
/// | `rows` | of these files in this partition, in all |
/// | `rowsEstimated` | those of them that are an estimate; 0 where `rows` is exact |
/// | `split` | of a leaf: `due`, `after compaction` (perhaps, once its rows are counted), `unsplittable`, or `no` |
enum PartitionFacts {
    static func attributes(
        of place: PartitionCatalogue.Place, in state: TableState, _ table: Table
    ) -> [(name: ByteString, value: ByteString)] {
        let id = place.partition
        let node = state.partitions[id]
        guard node != nil || state.files.rootPartition(id) != nil else { return [] }
        var result: [(name: ByteString, value: ByteString)] = []
        func add(_ name: String, _ value: ByteString) {
            result.append((ByteString("user.firn." + name), value))
        }
        add("id", id.name)
        if let keys = try? KeyText(state.definition) {
            if let min = node?.minKey { add("min", keys.text(min)) }
            if let max = node?.maxKey { add("max", keys.text(max)) }
        }
        add("leaf", state.partitions.isLeaf(id) ? "true" : "false")
        let files = state.files(in: id)
        var rows: Int64 = 0
        var estimated: Int64 = 0
        for file in files {
            guard let reference = state.reference(file, in: id) else { continue }
            rows += reference.rowCount
            if reference.isEstimated { estimated += reference.rowCount }
        }
        add("files", ByteString("\(files.count)"))
        add("runs", ByteString("\(state.runs(in: id).runs.count)"))
        add("rows", ByteString("\(rows)"))
        add("rowsEstimated", ByteString("\(estimated)"))
        if let due = table.splitDue(of: id, in: state) { add("split", ByteString(due)) }
        return result
    }
}
