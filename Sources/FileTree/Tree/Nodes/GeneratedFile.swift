import Bytes
import JSON
import Metadata
import Platform
import Records
import Tables

/// A file whose content is made when somebody looks: one picture from `stat` to `close`.
struct GeneratedFile: Sendable {
    typealias Writer =
        @Sendable (_ bytes: ByteString, _ context: RequestContext) throws(FileTreeError) -> Void

    let tree: TableTree
    /// Below the table.
    let path: ByteString
    var permissions: UInt32 = 0o444
    /// A picture this young is shown again without looking whether it still holds.
    var maxAgeNanoseconds: UInt64 = 0
    /// Takes what is written, each `write` whole.
    var writer: Writer?
    var render: @Sendable () throws(FileTreeError) -> Picture

    init(
        _ tree: TableTree, _ path: ByteString, permissions: UInt32 = 0o444, maxAgeNanoseconds: UInt64 = 0,
        writer: Writer? = nil, render: @escaping @Sendable () throws(FileTreeError) -> Picture
    ) {
        self.tree = tree
        self.path = path
        self.permissions = permissions
        self.maxAgeNanoseconds = maxAgeNanoseconds
        self.writer = writer
        self.render = render
    }

    /// The node of its newest picture.
    func node() throws(FileTreeError) -> PictureNode {
        let inode = InodeNumber(tree.number(path).rawValue)
        do {
            let current = try tree.services.pictures.current(
                inode, now: tree.services.clock.monotonicNanoseconds(), maxAge: maxAgeNanoseconds
            ) { try render() }
            return PictureNode(self, inode, current.node, current.picture)
        } catch let error as FileTreeError {
            throw error
        } catch {
            throw .broken("\(path) cannot be shown: \(error)")
        }
    }
}

/// One picture of a generated file.
final class PictureNode: TreeNode {
    private let file: GeneratedFile
    private let number: InodeNumber
    private let picture: Picture
    let id: NodeID

    init(_ file: GeneratedFile, _ number: InodeNumber, _ id: NodeID, _ picture: Picture) {
        self.file = file
        self.number = number
        self.id = id
        self.picture = picture
    }

    var table: TableTree? { file.tree }
    var path: ByteString { file.tree.path(file.path) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes {
        FileAttributes(
            inode: number, kind: .regular, permissions: file.permissions, sizeBytes: picture.sizeBytes,
            user: file.tree.user, group: file.tree.group, time: picture.modified)
    }

    /// Cutting to nothing is how a shell begins to write; the value changes with the write.
    func setAttributes(
        _ change: AttributeChange, handle: (any OpenFile)?, _ context: RequestContext
    ) throws(FileTreeError) -> FileAttributes {
        guard file.writer != nil else { throw .immutable("\(path) is made when it is read") }
        guard change.permissions == nil, change.user == nil, change.group == nil,
            change.sizeBytes ?? 0 == 0
        else { throw .immutable("\(path) has the mode, owner and size that it has") }
        return try attributes()
    }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        guard OpenMode(flags).isWriting else { return OpenPicture(picture, nil, self, file) }
        guard let writer = file.writer else {
            throw .immutable("\(path) is made when it is read; it cannot be written")
        }
        return OpenPicture(picture, writer, self, file)
    }
}

/// A picture being read, or written to.
final class OpenPicture: OpenFile {
    private let picture: Picture
    private let writer: GeneratedFile.Writer?
    private let node: PictureNode
    private let file: GeneratedFile

    init(_ picture: Picture, _ writer: GeneratedFile.Writer?, _ node: PictureNode, _ file: GeneratedFile) {
        self.picture = picture
        self.writer = writer
        self.node = node
        self.file = file
    }

    /// What is written is a command or a value, and must not stay in the pages of a picture.
    var options: OpenReply.Options { writer == nil ? [.keepCache, .noFlush] : [.directIO] }

    func read(offset: Int64, count: Int, _ reply: consuming Reply<ReadReply>) {
        reply.send(picture.slice(offset: offset, count: count))
    }

    func write(
        offset: Int64, _ bytes: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming Reply<WriteReply>
    ) {
        let written = ByteString(bytes)
        let deferred = reply.deferred()
        deferred.onInterrupt { deferred.fail(.interrupted) }
        let isAccepted = file.tree.services.requests.submit { [self] in
            do throws(FileTreeError) {
                guard let writer else { throw .immutable("\(node.path) cannot be written") }
                guard written.count <= 4096 else {
                    throw .badValue("\(node.path) takes at most 4096 bytes a write")
                }
                try writer(written, context)
                deferred.claim()?.send(count: written.count)
            } catch {
                file.tree.refuse("write", node.path, error, context)
                deferred.fail(error)
            }
            file.tree.services.notifier?.invalidate(node.id, range: nil)
        }
        if !isAccepted { deferred.fail(.gone("the mount is ending")) }
    }
}

extension GeneratedFile {
    static let namesOfTable: [ByteString] = [
        "schema.json", "ctl", "status", "status.json", "metrics", "errors",
    ]
    private static let reportAge: UInt64 = 100_000_000

    /// The generated files of a table's directory.
    static func ofTable(_ name: ByteString, _ tree: TableTree) -> GeneratedFile? {
        let table = tree.table
        func report(_ render: @escaping @Sendable () -> [UInt8]) -> GeneratedFile {
            GeneratedFile(tree, name, maxAgeNanoseconds: reportAge) { () throws(FileTreeError) in
                Picture(render(), modified: tree.services.clock.nowMilliseconds() * 1_000_000)
            }
        }
        switch name {
        case "status": return report { table.statusReport().text }
        case "status.json": return report { table.statusReport().json }
        case "metrics": return report { table.metricsText() }
        case "errors":
            return GeneratedFile(tree, name) { () throws(FileTreeError) in
                Picture(
                    table.refusals.text, modified: table.refusals.modifiedMilliseconds * 1_000_000)
            }
        case "schema.json":
            return GeneratedFile(
                tree, name, permissions: 0o644,
                writer: { _, _ throws(FileTreeError) in
                    throw .unsupported("the schema of a table cannot be changed yet")
                }
            ) { () throws(FileTreeError) in
                Picture(schemaText(table.state.definition), modified: tree.time)
            }
        case "ctl": return ControlFile.ofTable(tree)
        default: return nil
        }
    }

    static func schemaText(_ definition: TableDefinition) -> [UInt8] {
        let schema =
            definition.schema
            ?? TableSchema(
                columns: [], rowKey: definition.declaredRowKey,
                partitionColumns: definition.declaredPartitionColumns)
        var text = schema.json
        if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
        return text
    }
}
