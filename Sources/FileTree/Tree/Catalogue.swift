import Bytes
import Metadata

/// Where files stand in `live/` and `runs/`: pure questions to a state.
///
/// A file is shown below the escaped path of its root partition. Firn's own names are unique in a table; a file
/// of another program that lies elsewhere is shown by its whole path, with `/` as `%2F`.
struct Catalogue {
    let state: TableState
    private static let slash = UInt8(ascii: "/")

    init(_ state: TableState) { self.state = state }

    /// The directory, below `live/`, of a file of ours.
    static func directory(of path: ByteString) -> ByteString {
        guard path.hasPrefix("data/") else { return parent(of: path) }
        return parent(of: ByteString(path.bytes.dropFirst(5)))
    }

    static func name(of path: ByteString) -> ByteString {
        guard let slash = path.bytes.lastIndex(of: slash) else { return path }
        return ByteString(path.bytes[(slash + 1)...])
    }

    static func parent(of path: ByteString) -> ByteString {
        guard let slash = path.bytes.lastIndex(of: slash) else { return ByteString() }
        return ByteString(path.bytes[..<slash])
    }

    /// The name under which a file is listed.
    func shownName(_ file: FileView) -> ByteString { Self.shownName(file.path, root: file.root, id: file.id) }

    static func shownName(_ path: ByteString, root: PartitionID, id: FileID) -> ByteString {
        if directory(of: path) == root.name { return name(of: path) }
        let whole = ByteString(
            path.bytes.flatMap { byte -> [UInt8] in
                switch byte {
                case slash: Array("%2F".utf8)
                case UInt8(ascii: "%"): Array("%25".utf8)
                default: [byte]
                }
            })
        return whole.count <= 255 ? whole : ByteString(id.description + ".parquet")
    }

    /// The root partitions whose path is `prefix` or lies below it; by path.
    private func roots(below prefix: ByteString) -> ArraySlice<RootPartition> {
        let roots = state.files.rootPartitions()
        guard !prefix.isEmpty else { return roots[...] }
        // What lies below stands together: between `prefix/` and `prefix0`.
        let start = Self.lowerBound(roots, prefix + "/")
        let end = Self.lowerBound(roots, prefix + "0")
        return roots[start..<end]
    }

    private static func lowerBound(_ roots: [RootPartition], _ path: ByteString) -> Int {
        var low = 0
        var high = roots.count
        while low < high {
            let middle = (low + high) / 2
            if roots[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// True where files are shown in the directory or below it.
    func isDirectory(_ prefix: ByteString) -> Bool {
        if prefix.isEmpty || state.files.rootPartition(PartitionID(prefix)) != nil { return true }
        return !roots(below: prefix).isEmpty
    }

    /// The names of the directories in a directory.
    func directories(in prefix: ByteString) -> [ByteString] {
        Self.directories(of: roots(below: prefix).lazy.map(\.path), in: prefix)
    }

    /// The same of any root partitions' paths, ascending.
    static func directories(of paths: some Sequence<ByteString>, in prefix: ByteString) -> [ByteString] {
        var names: [ByteString] = []
        let start = prefix.isEmpty ? prefix : prefix + "/"
        for path in paths where path.count > start.count && path.hasPrefix(start) {
            let name = ByteString(path.bytes[start.count...].prefix { $0 != slash })
            if names.last != name { names.append(name) }
        }
        return names
    }

    func files(in prefix: ByteString) -> RootFiles { state.files.files(in: PartitionID(prefix)) }

    /// The root partitions at or below a directory.
    func partitions(below prefix: ByteString) -> [PartitionID] {
        var ids = roots(below: prefix).map(\.id)
        let own = PartitionID(prefix)
        if !prefix.isEmpty, state.files.rootPartition(own) != nil { ids.append(own) }
        return ids
    }

    /// The live file that a directory shows under a name.
    func file(named name: ByteString, in prefix: ByteString) -> FileView? {
        for id in Self.candidates(name, in: prefix) {
            if let file = state.files.view(id), file.root.name == prefix, shownName(file) == name {
                return file
            }
        }
        return nil
    }

    /// The same among the files that wait for their deletion.
    func garbage(named name: ByteString, in prefix: ByteString) -> GarbageEntry? {
        for id in Self.candidates(name, in: prefix) {
            if let entry = state.garbage[id],
                Self.shownName(entry.path, root: PartitionID(prefix), id: id) == name,
                Self.directory(of: entry.path) == prefix
            {
                return entry
            }
        }
        return nil
    }

    /// The ids that a file of this name can have.
    static func candidates(_ name: ByteString, in prefix: ByteString) -> [FileID] {
        let path = prefix.isEmpty ? name : prefix + "/" + name
        var ids = [FileID(path: path), FileID(path: "data/" + path)]
        if ids[0] == ids[1] { ids.removeLast() }
        if name.bytes.contains(UInt8(ascii: "%")), let whole = PercentEncoding.decode(name) {
            ids.append(FileID(path: whole))
        }
        if name.hasSuffix(".parquet"), name.count == 24, let value = Hex.parse(name.bytes[..<16]) {
            ids.append(FileID(value))
        }
        return ids
    }
}
