import Bytes
import Metadata
import Tables

/// `properties/`: one value a file; writing one is a commit, an empty one goes back to the default.
final class PropertiesDirectory: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("properties")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("properties") }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o755) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard tree.table.state.properties.text(name) != nil else { throw .noEntry }
        return try PropertyFile.file(name, tree).node()
    }

    func create(
        _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext
    ) throws(FileTreeError) -> (node: any TreeNode, file: any OpenFile) {
        throw .immutable("there is no property \"\(name)\"; ls \(path) shows all there are")
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let properties = tree.table.state.properties
        let declared = properties.all.map { ByteString($0.declaration.name) }
        let unknown = properties.overrides.keys.filter { TableProperties.declaration($0) == nil }
        return tree.snapshot("properties", of: (declared + unknown).sorted())
    }
}

/// One property as a file.
enum PropertyFile {
    static func file(_ name: ByteString, _ tree: TableTree) -> GeneratedFile {
        GeneratedFile(
            tree, "properties/" + name, permissions: tree.table.isReadOnly ? 0o444 : 0o644,
            writer: { bytes, _ throws(FileTreeError) in
                let isBlank = bytes.bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
                do throws(StoreError) {
                    try tree.table.setProperty(name, isBlank ? nil : bytes)
                } catch {
                    throw FileTreeError(error)
                }
            }
        ) { () throws(FileTreeError) in
            let state = tree.table.state
            let isSet = state.properties.overrides[name] != nil
            let text = state.properties.text(name) ?? ByteString()
            let time = isSet ? state.timestamp : state.definition.createdTime
            return Picture(text.bytes + [UInt8(ascii: "\n")], modified: time * 1_000_000)
        }
    }
}
