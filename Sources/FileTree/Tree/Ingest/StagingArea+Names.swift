import Bytes
import Ingest
import Platform
import Synchronization
import Tables

// Names: directories, removal, and renames, which commit what they finish.

extension StagingArea {
    func makeDirectory(
        _ name: ByteString, in directory: NodeID, permissions: UInt32, _ context: RequestContext
    ) throws(FileTreeError) -> NodeID {
        let id = services.newStagedNode()
        let entry = StagingTable.Entry(
            parent: directory, name: name, kind: .directory([:]), user: context.user, group: context.group,
            permissions: permissions, modified: services.clock.nowMilliseconds() * 1_000_000)
        let refusal = state.withLock { state -> FileTreeError? in
            guard state[directory]?.children != nil else { return .noEntry }
            guard state.child(name, of: directory) == nil else { return FileTreeError(.eexist) }
            state.insert(id, entry)
            return nil
        }
        if let refusal { throw refusal }
        return id
    }

    func removeDirectory(_ name: ByteString, in directory: NodeID) throws(FileTreeError) {
        let refusal = state.withLock { state -> FileTreeError? in
            guard let id = state.child(name, of: directory) else { return .noEntry }
            guard let children = state[id]?.children else { return .notDirectory }
            guard children.isEmpty else { return .notEmpty }
            state.removeDirectory(id)
            return nil
        }
        if let refusal { throw refusal }
    }

    func removeFile(_ name: ByteString, in directory: NodeID) throws(FileTreeError) {
        let (id, refusal) = state.withLock { state -> (NodeID?, FileTreeError?) in
            guard let id = state.resolve(name, in: directory) else { return (nil, .noEntry) }
            guard let upload = state[id]?.upload else { return (id, .isDirectory) }
            switch upload.machine.phase {
            case .committing: return (id, .busy("the file is being committed"))
            case .committed:
                return (id, .immutable("the file is committed; its rows are in the table"))
            default:
                state.removeName(of: id)
                return (id, nil)
            }
        }
        if let refusal { throw refusal }
        if let id { discardIfUnused(id) }
    }

    /// A rename below `ingest/`. From an unfinished to a finished name it is the commit: of the file, or of all
    /// files of the directory at once. What is refused stays staged under its old name.
    ///
    /// `answer` is called once, by whichever thread ends the commit.
    func rename(
        _ name: ByteString, in directory: NodeID, to target: NodeID, _ newName: ByteString,
        _ flags: RenameFlags, _ context: RequestContext,
        _ answer: @escaping @Sendable (Result<Void, FileTreeError>) -> Void
    ) {
        let plan: CommittingRename?
        do throws(FileTreeError) {
            plan = try state.withLock { (state) throws(FileTreeError) in
                try planRename(name, in: directory, to: target, newName, flags, &state)
            }
        } catch {
            return answer(.failure(error))
        }
        guard let plan else { return answer(.success(())) }
        commit(plan) { [self] result in
            switch result {
            case .success:
                finish(plan)
                answer(.success(()))
            case .failure(let refusal):
                takeBack(plan)
                refuse(plan.files[0], refusal, "rename", context)
                answer(.failure(FileTreeError(refusal)))
            }
        }
    }

    private func commit(
        _ plan: CommittingRename, _ answer: @escaping @Sendable (Result<Void, IngestRefusal>) -> Void
    ) {
        let isAccepted: Bool
        switch plan.files.count {
        case 0: return answer(.success(()))
        case 1:
            isAccepted = services.closes.submit { [self] in
                submit(plan.files[0], cancellation) { answer($0.map { _ in () }) }
            }
        default:
            isAccepted = services.commits.submit { [self] in
                let outcome = Result { () throws(IngestRefusal) in
                    _ = try table.ingest.commit(plan.files, cancellation: cancellation)
                }
                answer(outcome)
            }
        }
        if !isAccepted { answer(.failure(.mountIsEnding)) }
    }

    /// A rename that commits.
    private struct CommittingRename {
        var source: NodeID
        var target: NodeID
        var newName: ByteString
        var ids: [NodeID]
        var files: [StagedFile]
        var isDirectory: Bool
    }

    /// Does what is only a rename, or begins what is a commit.
    private func planRename(
        _ name: ByteString, in directory: NodeID, to target: NodeID, _ newName: ByteString,
        _ flags: RenameFlags, _ state: inout StagingTable
    ) throws(FileTreeError) -> CommittingRename? {
        guard let id = state.resolve(name, in: directory), let entry = state[id] else { throw .noEntry }
        guard state[target]?.children != nil else { throw .noEntry }
        if let upload = entry.upload, upload.machine.phase != .receiving {
            throw upload.machine.phase == .committing
                ? .busy("the file is being committed")
                : .immutable("the file is committed and keeps the name under which it came")
        }
        if state.isBelow(target, id) { throw .busy("a directory cannot be moved into itself") }
        try replace(newName, in: target, by: entry, id, flags, &state)
        let newPath = state.path(of: newName, in: target)
        let newRule = rule(for: newPath)
        let oldRule = rule(for: state.path(of: id))
        let isCommit =
            !StagingName.isUnfinished(path: newPath)
            && (oldRule == .atRename || entry.upload?.machine.rule == .atRename)
        guard isCommit, entry.upload?.machine.hasWrittenBytes ?? true else {
            state.move(id, to: target, newName)
            for file in entry.upload == nil ? state.files(below: id) : [id] {
                let rule = entry.upload == nil ? rule(for: state.path(of: file)) : newRule
                _ = state.updateUpload(file) { $0.machine.renamed(to: rule) }
            }
            return nil
        }
        return try beginCommit(id, entry, to: target, newName, newPath, &state)
    }

    private func replace(
        _ newName: ByteString, in target: NodeID, by entry: StagingTable.Entry, _ id: NodeID,
        _ flags: RenameFlags, _ state: inout StagingTable
    ) throws(FileTreeError) {
        guard let old = state.child(newName, of: target), old != id, let existing = state[old] else { return }
        if flags.contains(.noReplace) { throw FileTreeError(.eexist) }
        if let children = existing.children {
            guard entry.children != nil else { throw .isDirectory }
            guard children.isEmpty else { throw .notEmpty }
            state.removeDirectory(old)
        } else {
            guard entry.children == nil else { throw .notDirectory }
            guard existing.upload?.machine.phase == .receiving else {
                throw .busy("\(mountPath(newName)) is being committed")
            }
            state.removeName(of: old)
            state.dropIfUnused(old)?.discard()
        }
    }

    private func beginCommit(
        _ id: NodeID, _ entry: StagingTable.Entry, to target: NodeID, _ newName: ByteString,
        _ newPath: ByteString, _ state: inout StagingTable
    ) throws(FileTreeError) -> CommittingRename {
        let oldPath = state.path(of: id)
        var ids: [NodeID] = []
        var files: [StagedFile] = []
        for file in entry.upload == nil ? state.files(below: id) : [id] {
            let tail = ByteString(state.path(of: file).bytes.dropFirst(oldPath.count))
            // What is unfinished by its own name in a directory that is finished waits for its own rename.
            if entry.upload == nil, StagingName.isUnfinished(path: ByteString(tail.bytes.dropFirst())) {
                continue
            }
            guard let upload = state[file]?.upload, let bytes = upload.bytes else { continue }
            guard !upload.openers.contains(where: \.isWriting) else {
                throw .busy("\(mountPath(oldPath + tail)) is still open for writing")
            }
            if let failure = upload.failure {
                throw FileTreeError(failure, "a write to \(mountPath(oldPath + tail)) failed")
            }
            ids.append(file)
            files.append(
                StagedFile(
                    relativePath: newPath + tail, localPath: bytes.localPath, sizeBytes: bytes.sizeBytes,
                    requester: upload.requester))
        }
        for file in ids { _ = state.updateUpload(file) { $0.machine.commitByRename() } }
        return CommittingRename(
            source: id, target: target, newName: newName, ids: ids, files: files,
            isDirectory: entry.upload == nil)
    }

    /// The commit was refused: all is staged as before.
    private func takeBack(_ plan: CommittingRename) {
        state.withLock { state in
            for id in plan.ids {
                _ = state.updateUpload(id) { upload in
                    upload.machine.finished(committed: false)
                    guard let bytes = upload.bytes else { return }
                    upload.restart(rule: .atRename, bytes: bytes, hasBytes: true)
                }
            }
        }
    }

    private func finish(_ plan: CommittingRename) {
        let isEmpty = state.withLock { state -> Bool in
            for id in plan.ids { _ = state.updateUpload(id) { $0.machine.finished(committed: true) } }
            state.move(plan.source, to: plan.target, plan.newName)
            return plan.isDirectory
        }
        for id in plan.ids { retire(id) }
        if isEmpty { removeEmptyDirectories(at: plan.source) }
    }

    /// A directory whose files were committed is gone, so that the next one of its name is another.
    private func removeEmptyDirectories(at id: NodeID) {
        state.withLock { state in
            func prune(_ id: NodeID) {
                for child in (state[id]?.children ?? [:]).values where state[child]?.children != nil {
                    prune(child)
                }
                if state[id]?.children?.isEmpty ?? false { state.removeDirectory(id) }
            }
            prune(id)
        }
    }
}
