import Bytes
import Glibc

extension RecordedReplies {
    static func fileRange(_ descriptor: Int32, offset: Int64, count: Int) -> Recorded {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = pread(descriptor, buffer.baseAddress, count, off_t(offset))
            if got < 0 { code = errno }
            filled = max(0, got)
        }
        return code == 0 ? .bytes(bytes) : .failed(FileTreeError(code: code))
    }

    static func listing(_ snapshot: DirectorySnapshot, offset: UInt64, limit: Int) -> Recorded {
        let end = offset + UInt64(snapshot.slice(from: offset, limit: limit).count)
        var names: [String] = []
        var position = offset
        while position < end, let entry = snapshot.entry(at: position) {
            names.append(entry.name.display)
            position = entry.nextOffset
        }
        return .listing(names, nextOffset: end)
    }
}

extension RecordedReplies.Recorded {
    /// The entry of a lookup, mkdir or create.
    package var entry: EntryReply? {
        switch self {
        case .entry(let entry), .created(let entry, _): entry
        default: nil
        }
    }

    package var opened: OpenReply? {
        switch self {
        case .opened(let open), .created(_, let open): open
        default: nil
        }
    }

    package var attributes: FileAttributes? {
        switch self {
        case .attributes(let reply): reply.attributes
        case .entry(let entry), .created(let entry, _): entry.attributes
        default: nil
        }
    }

    package var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    package var error: FileTreeError? { if case .failed(let error) = self { error } else { nil } }
    package var isDone: Bool { if case .done = self { true } else { false } }

    /// The names of a listing, with `.` and `..`.
    package var names: [String]? {
        switch self {
        case .listing(let names, _): names
        case .detailedListing(let entries, _): entries.map(\.name)
        default: nil
        }
    }
}
