import Bytes
import Metadata
import Platform
import TransactionLog

extension Table {
    /// A tag keeps its version past retention; as version files expire, a state of it has to be there.
    func tagging(
        _ version: Version, _ name: ByteString, moving: Bool, in state: TableState
    ) throws(StoreError) -> VerbPlan {
        guard TableName.isValid(name), VersionWord.number(name) == nil, VersionWord.milliseconds(name) == nil
        else {
            throw StoreError(
                .einval,
                "\"\(name)\" cannot be a tag: it has 1 to 128 letters, digits, '.', '_' or '-', starts with a letter "
                    + "or digit, and is neither a number nor a time")
        }
        _ = try wholeState(at: version, in: state)
        var plan = VerbPlan("TAG", "version \(version) is tagged \"\(name)\"", in: state)
        if let known = state.tags[name] {
            if known == version { return plan }
            guard moving else {
                throw StoreError(
                    .eexist, "tag \"\(name)\" names version \(known) already; --move lets it name \(version)")
            }
        }
        do throws(LogError) {
            if try !log.stateVersions().contains(version) { plan.stateToWrite = version }
        } catch {
            throw StoreError(error)
        }
        plan.actions = [.operation(.putTag(name: name, version: version))]
        plan.notes = [("tag", name), ("tagged", ByteString(version.description))]
        return plan
    }

    func deletingTag(_ name: ByteString, in state: TableState) throws(StoreError) -> VerbPlan {
        // Its name is no version: a number is not looked for.
        let version = try VersionWord.tagged(name, in: state)
        var plan = VerbPlan("DELETE TAG", "tag \"\(name)\" of version \(version) is deleted", in: state)
        plan.actions = [.operation(.removeTag(name: name))]
        plan.notes = [("tag", name), ("tagged", ByteString(version.description))]
        return plan
    }
}
