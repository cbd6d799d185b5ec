import Bytes
import Ingest
import Metadata
import Platform
import Synchronization
import Tables

// Files: attributes, opening, writing.

extension StagingArea {
    func attributes(of id: NodeID) throws(FileTreeError) -> FileAttributes {
        let entry = state.withLock { $0[id] }
        guard let entry else { throw .stale }
        let inode = InodeNumber(id.rawValue)
        guard let upload = entry.upload else {
            return FileAttributes(
                inode: inode, kind: .directory, permissions: entry.permissions, linkCount: 2,
                user: entry.user, group: entry.group,
                time: entry.modified ?? table.state.timestamp * 1_000_000)
        }
        let status = upload.status
        var attributes = FileAttributes(
            inode: inode, kind: .regular, permissions: entry.permissions,
            sizeBytes: UInt64(status?.sizeBytes ?? 0), blocks: UInt64(status?.blocks ?? 0),
            linkCount: entry.parent == nil ? 0 : 1, user: entry.user, group: entry.group,
            time: entry.modified ?? status?.modificationNanoseconds ?? 0,
            blockSizeBytes: blockSizeBytes)
        attributes.changed = max(attributes.modified, status?.changeNanoseconds ?? 0)
        return attributes
    }

    /// What `cp` writes at a time. Where answers are held it is less: in the kernel, whoever removes or renames the
    /// file waits for the write, and holds up all of its directory meanwhile.
    private var blockSizeBytes: UInt32 {
        table.backPressure.isLimiting
            ? FileAttributes.heldBlockSizeBytes : FileAttributes.stagingBlockSizeBytes
    }

    func create(
        _ name: ByteString, in directory: NodeID, permissions: UInt32, flags: Int32,
        _ context: RequestContext
    ) throws(FileTreeError) -> (id: NodeID, file: OpenUpload) {
        let path = state.withLock { $0.path(of: name, in: directory) }
        let bytes = try makeBytes(for: path)
        let group = Self.threadGroup(context)
        var upload = Upload(
            rule: rule(for: path), bytes: bytes,
            requester: IngestRequester(
                userID: context.user, groupID: context.group, processID: context.process))
        let isWriting = OpenMode(flags).isWriting
        upload.opened(by: group, isWriting: isWriting)
        let id = services.newStagedNode()
        let entry = StagingTable.Entry(
            parent: directory, name: name, kind: .file(upload), user: context.user, group: context.group,
            permissions: permissions & 0o666 | 0o200)
        let refusal = state.withLock { state -> FileTreeError? in
            guard state[directory]?.children != nil else { return .noEntry }
            guard state.child(name, of: directory) == nil else {
                return .exists("\(mountPath(path)) is being written already")
            }
            state.insert(id, entry)
            return nil
        }
        if let refusal {
            bytes.discard()
            throw refusal
        }
        return (id, OpenUpload(self, id, threadGroup: group, isWriting: isWriting))
    }

    func open(_ id: NodeID, flags: Int32, _ context: RequestContext) throws(FileTreeError) -> OpenUpload {
        let mode = OpenMode(flags)
        let group = Self.threadGroup(context)
        let refusal = state.withLock { state -> FileTreeError? in
            guard let upload = state[id]?.upload else { return .stale }
            if mode.isWriting, let refusal = Self.refusal(of: mode, upload) { return refusal }
            if !mode.isWriting, upload.bytes == nil {
                return .gone("the file is committed; its rows are in the table")
            }
            _ = state.updateUpload(id) { $0.opened(by: group, isWriting: mode.isWriting) }
            // An empty file that was made a moment ago is being filled.
            if mode.isWriting, upload.machine.phase == .receiving { state.revive(id) }
            return nil
        }
        if let refusal { throw refusal }
        let file = OpenUpload(self, id, threadGroup: group, isWriting: mode.isWriting)
        if mode.isWriting, mode.isTruncating {
            do throws(FileTreeError) {
                try truncate(id, to: 0)
            } catch {
                file.release()
                throw error
            }
        }
        return file
    }

    private static func refusal(of mode: OpenMode, _ upload: Upload) -> FileTreeError? {
        switch upload.machine.phase {
        case .committing: .busy("the file is being committed")
        case .committed where mode.isAppending && !mode.isTruncating:
            .immutable("the file is committed; a row cannot be added to it, copy another file in")
        case .refused: .gone("the file was refused; its bytes are in rejected/")
        default: nil
        }
    }

    /// Cuts or lengthens a file. A committed one that is cut to nothing begins anew.
    func truncate(_ id: NodeID, to sizeBytes: Int64) throws(FileTreeError) {
        let (bytes, isCommitted, path) = state.withLock { state -> (StagedBytes?, Bool, ByteString) in
            guard let upload = state[id]?.upload else { return (nil, false, "") }
            return (upload.bytes, upload.machine.phase == .committed, state.path(of: id))
        }
        if isCommitted {
            guard sizeBytes == 0 else { throw .immutable("\(mountPath(path)) is committed") }
            return try restart(id, path)
        }
        guard let bytes else { throw .stale }
        let action = state.withLock { state in
            state.updateUpload(id) { upload in
                sizeBytes == 0 ? upload.machine.truncatedToEmpty() : upload.machine.wrote()
            }
        }
        guard action == .accept else { throw .immutable("\(mountPath(path)) is being committed") }
        do throws(Errno) {
            try bytes.descriptor.truncate(to: sizeBytes)
        } catch {
            throw FileTreeError(error, "\(mountPath(path)) cannot be cut")
        }
    }

    private func restart(_ id: NodeID, _ path: ByteString) throws(FileTreeError) {
        let fresh = try makeBytes(for: path)
        let rule = rule(for: path)
        let isKnown = state.withLock { state -> Bool in
            guard state[id]?.upload != nil, state[id]?.parent != nil else { return false }
            _ = state.updateUpload(id) { $0.restart(rule: rule, bytes: fresh, hasBytes: false) }
            _ = state.update(id) { $0.modified = nil }
            state.revive(id)
            return true
        }
        guard isKnown else {
            fresh.discard()
            throw .stale
        }
    }

    func setAttributes(
        _ change: AttributeChange, of id: NodeID
    ) throws(FileTreeError) -> FileAttributes {
        if let size = change.sizeBytes { try truncate(id, to: Int64(clamping: size)) }
        let now = services.clock.nowMilliseconds() * 1_000_000
        let isKnown = state.withLock { state -> Bool in
            let updated: Void? = state.update(id) { entry in
                if let permissions = change.permissions {
                    let isDirectory = entry.upload == nil
                    entry.permissions = permissions & (isDirectory ? 0o777 : 0o666)
                }
                if let user = change.user { entry.user = user }
                if let group = change.group { entry.group = group }
                switch change.modified {
                case .now?: entry.modified = now
                case .nanoseconds(let time)?: entry.modified = time
                case nil: break
                }
            }
            return updated != nil
        }
        guard isKnown else { throw .stale }
        return try attributes(of: id)
    }

    /// Writes, and tells what that counts for in the table's back-pressure.
    func write(
        _ id: NodeID, offset: Int64, _ bytes: UnsafeRawBufferPointer
    ) throws(FileTreeError) -> Int {
        let accepted = state.withLock { state in
            state.updateUpload(id) { upload in
                let isFirst = !upload.machine.hasWrittenBytes
                return (isFirst: isFirst, action: upload.machine.wrote(), bytes: upload.bytes)
            }
        }
        guard let accepted else { throw .stale }
        guard accepted.action == .accept, let target = accepted.bytes else {
            throw .immutable("the file is committed; what was written after its close is not part of it")
        }
        do throws(Errno) {
            try target.descriptor.write(bytes, at: offset)
        } catch {
            _ = state.withLock { $0.updateUpload(id) { $0.failure = error } }
            throw FileTreeError(error, "the staged file cannot be written")
        }
        _ = state.withLock { $0.update(id) { $0.modified = nil } }
        return accepted.isFirst ? max(bytes.count, BackPressure.leastFileCost) : bytes.count
    }

    /// Answers a write that is done, later where the table's compaction is behind.
    ///
    /// Pages of a mapping are never held up: nobody waits for them, and the kernel has few places for what it does
    /// by itself, which reading ahead needs too. An interruption is no failure, as the bytes are written.
    func acknowledge(
        _ count: Int, cost: Int, _ context: RequestContext, _ reply: consuming Reply<WriteReply>
    ) {
        let pressure = table.backPressure
        if context.isWriteback {
            pressure.charge(cost)
            return reply.send(count: count)
        }
        if pressure.passes(cost) { return reply.send(count: count) }
        let deferred = reply.deferred()
        let write = HeldWrite(bytes: count, cost: cost) { deferred.claim()?.send(count: count) }
        deferred.onInterrupt { pressure.letGo(write) }
        pressure.hold(write)
    }

    func bytes(of id: NodeID) -> StagedBytes? { state.withLock { $0[id]?.upload?.bytes } }
}
