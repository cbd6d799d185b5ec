import Bytes
import Metadata
import Platform

extension Table {
    /// Every file becomes garbage, jobs are cancelled, and the trees stay or begin anew.
    func reinitialising(_ trees: TreesAnew, in state: TableState) throws(StoreError) -> VerbPlan {
        let files = CountText.text(state.fileCount, "file", "files")
        let body: TransactionBody
        let what: String
        switch trees {
        case .keep:
            body = .clear(state)
            what = "the partitions stay"
        case .none:
            body = .reinitialise([], in: state)
            what = "every partition is one leaf again"
        case .splitAt(let keys):
            guard state.definition.partitionColumns.isEmpty else {
                throw StoreError(
                    .einval,
                    "the table has a tree for each value of its partition columns: split them one by one afterwards, "
                        + "with firn split")
            }
            var growth = TreeGrowth(context.entropy)
            let root = Partition(
                id: PartitionID(""), root: PartitionTuple([]), parent: nil, minKey: nil, maxKey: nil)
            growth.grow(root, at: keys)
            body = .reinitialise(growth.updated + growth.new, in: state)
            what = "the tree begins with \(CountText.text(keys.count + 1, "leaf", "leaves"))"
        }
        var plan = VerbPlan(body, "the table is emptied of \(files); \(what)")
        state.files.forEach { plan.removed.append(VerbPlan.File($0)) }
        plan.removed.sort { $0.path < $1.path }
        return plan
    }
}
