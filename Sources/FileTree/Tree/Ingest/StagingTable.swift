import Bytes
import Ingest
import Platform

/// One file being copied in.
struct Upload: Sendable {
    var machine: UploadMachine
    /// nil some time after the commit: the rows are in the table, and only size and times are remembered.
    var bytes: StagedBytes?
    var lastStatus: FileStatus?
    var requester: IngestRequester
    /// Who has it open, by handle: a new start must know them.
    var openers: [(threadGroup: Int32, isWriting: Bool)] = []
    /// A write failed: what is there is not what the program meant.
    var failure: Errno?
    /// Closes that wait for the outcome of the commit.
    var waiting: [DeferredReply<Void>] = []

    init(rule: UploadMachine.CommitRule, bytes: StagedBytes, requester: IngestRequester) {
        machine = UploadMachine(rule: rule)
        self.bytes = bytes
        self.requester = requester
    }

    mutating func opened(by threadGroup: Int32, isWriting: Bool) {
        machine.opened(by: threadGroup, forWriting: isWriting)
        openers.append((threadGroup, isWriting))
    }

    mutating func released(by threadGroup: Int32, isWriting: Bool) -> UploadMachine.ReleaseAction {
        if let index = openers.firstIndex(where: { $0 == (threadGroup, isWriting) }) {
            openers.remove(at: index)
        }
        return machine.released(by: threadGroup, forWriting: isWriting)
    }

    /// The same file with other bytes, or with a commit that did not happen taken back.
    mutating func restart(rule: UploadMachine.CommitRule, bytes: StagedBytes, hasBytes: Bool) {
        machine = UploadMachine(rule: rule)
        for opener in openers {
            machine.opened(by: opener.threadGroup, forWriting: opener.isWriting)
        }
        if hasBytes { _ = machine.wrote() }
        self.bytes = bytes
        lastStatus = nil
        failure = nil
    }

    /// Lets go of the bytes of a committed file.
    mutating func forgetBytes() {
        lastStatus = bytes?.status
        bytes = nil
    }

    var status: FileStatus? { bytes?.status ?? lastStatus }
}

/// The names and files below `ingest/`: plain values, changed under the area's lock.
struct StagingTable: Sendable {
    enum Kind: Sendable {
        case directory([ByteString: NodeID])
        case file(Upload)
    }

    struct Entry: Sendable {
        /// nil: it has no name any more.
        var parent: NodeID?
        var name: ByteString
        var kind: Kind
        var user: UInt32
        var group: UInt32
        var permissions: UInt32
        /// What utimes set; the file's own time otherwise. Nanoseconds.
        var modified: Int64?

        var upload: Upload? {
            get { if case .file(let upload) = kind { upload } else { nil } }
            set { if let newValue { kind = .file(newValue) } }
        }
        var children: [ByteString: NodeID]? {
            if case .directory(let children) = kind { children } else { nil }
        }
    }

    let root: NodeID
    private(set) var entries: [NodeID: Entry] = [:]
    /// Committed files by the path that they had: they resolve a little longer, unlisted.
    private(set) var recent: [ByteString: NodeID] = [:]
    /// Committed files whose bytes are still held, oldest first.
    private var held: [(id: NodeID, sizeBytes: Int64)] = []
    private var heldBytes: Int64 = 0
    static let heldCountLimit = 256
    static let heldBytesLimit: Int64 = 64 << 20

    init(root: NodeID) {
        self.root = root
        entries[root] = Entry(
            parent: nil, name: ByteString(), kind: .directory([:]), user: 0, group: 0, permissions: 0o775)
    }

    subscript(id: NodeID) -> Entry? { entries[id] }

    /// True where a file is listed: neither committed nor removed.
    var hasFiles: Bool {
        entries.contains { id, entry in
            entry.upload != nil && entry.parent.map { child(entry.name, of: $0) == id } ?? false
        }
    }

    /// The path below `ingest/`; empty for the root.
    func path(of id: NodeID) -> ByteString {
        var components: [[UInt8]] = []
        var current = id
        while current != root, let entry = entries[current] {
            components.append(entry.name.bytes)
            guard let parent = entry.parent else { break }
            current = parent
        }
        return ByteString(Array(components.reversed().joined(separator: [UInt8(ascii: "/")])))
    }

    func path(of name: ByteString, in directory: NodeID) -> ByteString {
        let parent = path(of: directory)
        return parent.isEmpty ? name : parent + "/" + name
    }

    /// The listed child.
    func child(_ name: ByteString, of directory: NodeID) -> NodeID? { entries[directory]?.children?[name] }

    /// The child, or the committed file that had its name.
    func resolve(_ name: ByteString, in directory: NodeID) -> NodeID? {
        child(name, of: directory) ?? recent[path(of: name, in: directory)]
    }

    mutating func insert(_ id: NodeID, _ entry: Entry) {
        entries[id] = entry
        guard let parent = entry.parent else { return }
        recent[path(of: entry.name, in: parent)] = nil
        setChild(entry.name, of: parent, id)
    }

    mutating func update<R>(_ id: NodeID, _ body: (inout Entry) throws -> R) rethrows -> R? {
        guard entries[id] != nil else { return nil }
        return try body(&entries[id]!)
    }

    mutating func updateUpload<R>(_ id: NodeID, _ body: (inout Upload) throws -> R) rethrows -> R? {
        guard var upload = entries[id]?.upload else { return nil }
        defer { entries[id]?.upload = upload }
        return try body(&upload)
    }

    /// Moves an entry to another name.
    mutating func move(_ id: NodeID, to parent: NodeID, _ name: ByteString) {
        removeName(of: id)
        entries[id]?.parent = parent
        entries[id]?.name = name
        recent[path(of: name, in: parent)] = nil
        setChild(name, of: parent, id)
    }

    /// Takes the name away; the entry stays for those who have it open.
    mutating func removeName(of id: NodeID) {
        guard let entry = entries[id], let parent = entry.parent else { return }
        if child(entry.name, of: parent) == id { setChild(entry.name, of: parent, nil) }
        entries[id]?.parent = nil
    }

    /// A committed file resolves under its path for a while; it is no longer listed.
    mutating func retire(_ id: NodeID) {
        guard let entry = entries[id], let parent = entry.parent else { return }
        let path = path(of: id)
        if child(entry.name, of: parent) == id { setChild(entry.name, of: parent, nil) }
        if let earlier = recent[path], earlier != id { entries[earlier]?.parent = nil }
        recent[path] = id
        let size = entry.upload?.bytes?.sizeBytes ?? 0
        held.append((id, size))
        heldBytes += size
        while heldBytes > Self.heldBytesLimit || held.count > Self.heldCountLimit {
            let oldest = held.removeFirst()
            heldBytes -= oldest.sizeBytes
            forgetBytes(of: oldest.id)
        }
    }

    /// One that was begun anew, or is open, keeps its bytes.
    private mutating func forgetBytes(of id: NodeID) {
        _ = updateUpload(id) { upload in
            if upload.machine.phase == .committed, upload.openers.isEmpty { upload.forgetBytes() }
        }
    }

    /// A retired file gets its listed name back.
    mutating func revive(_ id: NodeID) {
        guard let entry = entries[id], let parent = entry.parent else { return }
        recent[path(of: id)] = nil
        setChild(entry.name, of: parent, id)
    }

    /// Ends the retirement of a file.
    mutating func expire(_ id: NodeID) -> Bool {
        let path = path(of: id)
        guard recent[path] == id else { return false }
        recent[path] = nil
        entries[id]?.parent = nil
        if let index = held.firstIndex(where: { $0.id == id }) {
            heldBytes -= held.remove(at: index).sizeBytes
        }
        return true
    }

    /// Drops an entry that has neither name nor user, and gives the bytes that nobody needs then.
    mutating func dropIfUnused(_ id: NodeID) -> StagedBytes? {
        guard let entry = entries[id], entry.parent == nil, let upload = entry.upload,
            upload.openers.isEmpty, upload.machine.phase != .committing
        else { return nil }
        entries[id] = nil
        return upload.bytes
    }

    mutating func removeDirectory(_ id: NodeID) {
        removeName(of: id)
        entries[id] = nil
    }

    /// All files below a directory.
    func files(below directory: NodeID) -> [NodeID] {
        (entries[directory]?.children ?? [:]).sorted { $0.key < $1.key }.flatMap { _, id in
            entries[id]?.children == nil ? [id] : files(below: id)
        }
    }

    /// Whether `id` is `ancestor` or lies below it.
    func isBelow(_ id: NodeID, _ ancestor: NodeID) -> Bool {
        var current: NodeID? = id
        while let step = current {
            if step == ancestor { return true }
            current = entries[step]?.parent
        }
        return false
    }

    private mutating func setChild(_ name: ByteString, of directory: NodeID, _ id: NodeID?) {
        guard case .directory(var children)? = entries[directory]?.kind else { return }
        // Let go of the stored copy first, so that the dictionary is changed in place.
        entries[directory]?.kind = .directory([:])
        children[name] = id
        entries[directory]?.kind = .directory(children)
    }
}
