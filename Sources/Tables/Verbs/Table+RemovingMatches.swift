import Bytes
import Metadata
import Planning
import Platform
import Records

extension Table {
    private static let namedFiles = 10

    /// Live files all of whose rows satisfy a filter, as partition values and statistics prove.
    ///
    /// - Parameter keepingPartial: leaves files that may match in part as they are; else they are a reason to refuse.
    func removing(
        where text: ByteString, keepingPartial: Bool, in state: TableState
    ) throws(StoreError) -> VerbPlan {
        var pass = PruningPass(try Self.pruning(text, in: state))
        var matching: [FileView] = []
        var partial: [FileView] = []
        state.files.forEach { file in
            switch pass.match(file).match {
            case .always: matching.append(file)
            case .maybe: partial.append(file)
            case .never: break
            }
        }
        if !partial.isEmpty, !keepingPartial {
            let names = partial.map(\.path).sorted().prefix(Self.namedFiles).map(\.display)
            let more = partial.count - names.count
            throw StoreError(
                .eopnotsupp,
                "only some of the rows of \(partial.count) files may match, and a file is removed whole: "
                    + names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
                    + "; --keep-partial keeps them and removes the \(matching.count) files that match wholly")
        }
        var what = matching.count == 1 ? "1 file matches wholly" : "\(matching.count) files match wholly"
        if !partial.isEmpty { what += ", \(partial.count) that may match in part stay" }
        var plan = try removal("REMOVE", what, of: matching, in: state)
        plan.notes = [("where", text)]
        return plan
    }
}
