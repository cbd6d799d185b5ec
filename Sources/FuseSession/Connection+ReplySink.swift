import Bytes
import CFuse3
import FileTree
import Glibc
import JSON
import Platform
import Synchronization
import Telemetry

extension Connection: ReplySink {
    func answer(_ request: RequestToken, _ answer: Answer) -> AnswerOutcome {
        dropInterrupt(request)
        var failure: FileTreeError?
        let outcome: AnswerOutcome
        switch answer {
        case .failed(let error):
            failure = error
            outcome = fail(request, error)
        case .done: outcome = Self.outcome(fuse_reply_err(request.fuse, 0))
        case .entry(let entry): outcome = sendEntry(request, entry)
        case .noEntry(let lifetime): outcome = sendStructure(request, fuse_entry_out(absentFor: lifetime))
        case .attributes(let reply): outcome = sendStructure(request, fuse_attr_out(reply))
        case .target(let target): outcome = sendBytes(request, target)
        case .opened(let open): outcome = sendOpen(request, open)
        case .created(let entry, let open): outcome = sendCreated(request, entry, open)
        case .bytes(let bytes):
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(request.limit))
            metrics.recordRead(bytes: part.count)
            outcome = sendBytes(request, part)
        case .fileRange(let descriptor, let offset, let count):
            outcome = sendRange(request, descriptor, offset: offset, count: min(count, request.limit))
        case .extendedAttribute(let value): outcome = sendAttribute(request, value)
        case .listing(let snapshot, let offset):
            outcome = sendBytes(request, snapshot.slice(from: offset, limit: request.limit))
        case .written(let count):
            metrics.recordWrite(bytes: count)
            outcome = Self.outcome(fuse_reply_write(request.fuse, count))
        case .position(let position): outcome = Self.outcome(fuse_reply_lseek(request.fuse, off_t(position)))
        case .events(let events): outcome = Self.outcome(fuse_reply_poll(request.fuse, events))
        case .statistics(let statistics): outcome = sendStatistics(request, statistics)
        }
        finish(request, isFailure: failure != nil)
        return outcome
    }

    func answerListing(
        _ request: RequestToken, _ snapshot: DirectorySnapshot, offset: UInt64,
        entry: (DirectorySnapshot.Entry) -> EntryReply?
    ) -> AnswerOutcome {
        dropInterrupt(request)
        var looked: [NodeID] = []
        let outcome = buffers.withBuffer(request.limit) { buffer in
            let used = Self.encode(
                snapshot, from: offset,
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<request.limit]),
                entry: entry, looked: &looked)
            return sendBytes(request, UnsafeRawBufferPointer(rebasing: buffer[..<used]))
        }
        if outcome == .requesterGone { for node in looked { handler.forget(node, count: 1) } }
        finish(request, isFailure: false)
        return outcome
    }

    func onInterrupt(_ request: RequestToken, _ body: @escaping @Sendable () -> Void) {
        registerInterrupt(request, body)
    }

    func dropped(_ request: RequestToken) {
        log.error("\(request.operation.name) was dropped without an answer")
    }

    private func finish(_ request: RequestToken, isFailure: Bool) {
        let now = SystemClock().monotonicNanoseconds()
        metrics.record(request.operation, nanoseconds: now &- request.started, failed: isFailure)
        waitingCount.wrappingSubtract(1, ordering: .releasing)
    }

    /// The one place where refusals become errnos and log lines.
    private func fail(_ request: RequestToken, _ error: FileTreeError) -> AnswerOutcome {
        let who = fuse_req_ctx(request.fuse).pointee
        let outcome = Self.outcome(fuse_reply_err(request.fuse, error.code))
        guard let message = error.message else { return outcome }
        let fields: Log.Fields = [
            "operation": .string(ByteString(request.operation.name)),
            "errno": .string(ByteString(Errno(rawValue: error.code).name)),
            "uid": .integer(Int64(who.uid)), "pid": .integer(Int64(who.pid)),
        ]
        if error.code == EIO { log.error(message, fields) } else { log.warning(message, fields) }
        return outcome
    }

    // MARK: Entries and open files

    private func sendEntry(_ request: RequestToken, _ entry: EntryReply) -> AnswerOutcome {
        let outcome = sendStructure(request, fuse_entry_out(entry))
        if outcome == .requesterGone { handler.forget(entry.node, count: 1) }
        return outcome
    }

    private func sendOpen(_ request: RequestToken, _ open: OpenReply) -> AnswerOutcome {
        let backingID = open.passthroughDescriptor.flatMap {
            backing.open(request.node, open.handle, descriptor: $0)
        }
        let outcome = sendStructure(request, fuse_open_out(open, backing: backingID))
        return settle(outcome, open, backingID)
    }

    private func sendCreated(_ request: RequestToken, _ entry: EntryReply, _ open: OpenReply) -> AnswerOutcome
    {
        let backingID = open.passthroughDescriptor.flatMap {
            backing.open(entry.node, open.handle, descriptor: $0)
        }
        let entrySize = MemoryLayout<fuse_entry_out>.size
        let openSize = MemoryLayout<fuse_open_out>.size
        let outcome = withUnsafeTemporaryAllocation(byteCount: entrySize + openSize, alignment: 8) { buffer in
            buffer.storeBytes(of: fuse_entry_out(entry), as: fuse_entry_out.self)
            buffer.storeBytes(
                of: fuse_open_out(open, backing: backingID), toByteOffset: entrySize, as: fuse_open_out.self)
            return sendBytes(request, UnsafeRawBufferPointer(buffer))
        }
        if outcome == .requesterGone { handler.forget(entry.node, count: 1) }
        return settle(outcome, open, backingID)
    }

    private func settle(_ outcome: AnswerOutcome, _ open: OpenReply, _ backingID: Int32?) -> AnswerOutcome {
        switch outcome {
        case .requesterGone:
            if open.passthroughDescriptor != nil { backing.release(open.handle) }
            return .requesterGone
        case .delivered, .deliveredPassthrough: return backingID == nil ? .delivered : .deliveredPassthrough
        }
    }

    // MARK: Bytes

    private func sendStructure<T: BitwiseCopyable>(_ request: RequestToken, _ value: T) -> AnswerOutcome {
        withUnsafeBytes(of: value) { sendBytes(request, $0) }
    }

    private func sendBytes(_ request: RequestToken, _ bytes: ByteString) -> AnswerOutcome {
        bytes.withUnsafeBytes { sendBytes(request, $0) }
    }

    private func sendBytes(_ request: RequestToken, _ bytes: UnsafeRawBufferPointer) -> AnswerOutcome {
        let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        return Self.outcome(fuse_reply_buf(request.fuse, start, bytes.count))
    }

    private func sendRange(_ request: RequestToken, _ descriptor: Int32, offset: Int64, count: Int)
        -> AnswerOutcome
    {
        buffers.withBuffer(count) { buffer in
            var filled = 0
            while filled < count {
                let got = pread(
                    descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
                if got > 0 { filled += got }
                if got == 0 { break }
                if got < 0, errno != EINTR {
                    let error = FileTreeError(code: errno, "a data file could not be read")
                    return fail(request, error)
                }
            }
            metrics.recordRead(bytes: filled)
            return sendBytes(request, UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        }
    }

    private func sendAttribute(_ request: RequestToken, _ value: ByteString) -> AnswerOutcome {
        if request.limit == 0 { return Self.outcome(fuse_reply_xattr(request.fuse, value.count)) }
        if value.count > request.limit { return Self.outcome(fuse_reply_err(request.fuse, ERANGE)) }
        return sendBytes(request, value)
    }

    private func sendStatistics(_ request: RequestToken, _ statistics: FileSystemStatistics) -> AnswerOutcome
    {
        var out = statvfs()
        out.f_bsize = UInt(statistics.blockSizeBytes)
        out.f_frsize = UInt(statistics.blockSizeBytes)
        out.f_blocks = UInt(statistics.blocks)
        out.f_bfree = UInt(statistics.freeBlocks)
        out.f_bavail = UInt(statistics.availableBlocks)
        out.f_files = UInt(statistics.files)
        out.f_ffree = UInt(statistics.freeFiles)
        out.f_favail = UInt(statistics.freeFiles)
        out.f_namemax = UInt(statistics.nameLimitBytes)
        return Self.outcome(fuse_reply_statfs(request.fuse, &out))
    }

    /// A reply fails when the request was aborted or the connection ended: nobody takes it.
    private static func outcome(_ status: Int32) -> AnswerOutcome {
        status == 0 ? .delivered : .requesterGone
    }

    // MARK: Listings with attributes

    /// Writes whole `fuse_direntplus` records, an entry_out before each entry; gives the bytes used.
    private static func encode(
        _ snapshot: DirectorySnapshot, from offset: UInt64, into buffer: UnsafeMutableRawBufferPointer,
        entry: (DirectorySnapshot.Entry) -> EntryReply?, looked: inout [NodeID]
    ) -> Int {
        let header = MemoryLayout<fuse_entry_out>.size
        var used = 0
        var position = offset
        while let next = snapshot.entry(at: position), used + header + next.encoded.count <= buffer.count {
            // Node 0 lists the name alone; `.` and `..` are never looked up.
            var out = fuse_entry_out()
            if !next.isDot, let reply = entry(next) {
                out = fuse_entry_out(reply)
                looked.append(reply.node)
            }
            buffer.storeBytes(of: out, toByteOffset: used, as: fuse_entry_out.self)
            (buffer.baseAddress! + used + header).copyMemory(
                from: next.encoded.baseAddress!, byteCount: next.encoded.count)
            used += header + next.encoded.count
            position = next.nextOffset
        }
        return used
    }
}
