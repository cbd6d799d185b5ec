import Bytes
import Platform

/// One thing that the kernel can name: what it looks like and what may be done with it.
///
/// Each kind of path has a type of its own. Methods answer by returning or throwing and may be called on any
/// thread; those for which ``isSlow(_:)`` says so, and all that change something, are called on the pool.
protocol TreeNode: AnyObject, Sendable {
    var id: NodeID { get }
    /// Below the mount point, for messages.
    var path: ByteString { get }
    /// The table that it belongs to; its refusals stand in that table's `errors`.
    var table: TableTree? { get }
    var entryLifetime: CacheLifetime { get }
    var attributeLifetime: CacheLifetime { get }
    /// Another node may take its number.
    var isGone: Bool { get }
    /// Entries of its listing are worth the attributes of a detailed listing.
    var listsDetails: Bool { get }

    /// The same thing was found again, as another node that is not kept.
    func lookedUp(as other: any TreeNode)

    func isSlow(_ question: NodeQuestion) -> Bool
    func attributes() throws(FileTreeError) -> FileAttributes
    func setAttributes(
        _ change: AttributeChange, handle: (any OpenFile)?, _ context: RequestContext
    ) throws(FileTreeError) -> FileAttributes
    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode
    func listing() throws(FileTreeError) -> DirectorySnapshot
    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile
    func linkTarget() throws(FileTreeError) -> ByteString
    func extendedAttributes() -> [(name: ByteString, value: ByteString)]

    func makeDirectory(_ name: ByteString, mode: UInt32, _ context: RequestContext)
        throws(FileTreeError) -> any TreeNode
    func create(_ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext)
        throws(FileTreeError) -> (node: any TreeNode, file: any OpenFile)
    func removeFile(_ name: ByteString, _ context: RequestContext) throws(FileTreeError)
    func removeDirectory(_ name: ByteString, _ context: RequestContext) throws(FileTreeError)
    /// Moves what `name` stands for here to `newName` in `target`.
    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext) throws(FileTreeError)
    /// The same where the move may be a commit, which others share: `answer` is called once, by any thread.
    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext, answer: @escaping @Sendable (Result<Void, FileTreeError>) -> Void)
}

/// What is asked of a node, for it to say whether the answer takes long.
enum NodeQuestion {
    case attributes
    case child(ByteString)
    case listing
    case opening(flags: Int32)
}

extension TreeNode {
    var entryLifetime: CacheLifetime { .forever }
    var attributeLifetime: CacheLifetime { .forever }
    var listsDetails: Bool { false }
    var isGone: Bool { false }
    var inode: InodeNumber { InodeNumber(id.rawValue) }

    func lookedUp(as other: any TreeNode) {}

    func isSlow(_ question: NodeQuestion) -> Bool { false }

    func setAttributes(
        _ change: AttributeChange, handle: (any OpenFile)?, _ context: RequestContext
    ) throws(FileTreeError) -> FileAttributes {
        throw .immutable("\(path) cannot be changed")
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode { throw .notDirectory }
    func listing() throws(FileTreeError) -> DirectorySnapshot { throw .notDirectory }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        throw .isDirectory
    }

    func linkTarget() throws(FileTreeError) -> ByteString { throw FileTreeError(Errno.einval) }
    func extendedAttributes() -> [(name: ByteString, value: ByteString)] { [] }

    func makeDirectory(
        _ name: ByteString, mode: UInt32, _ context: RequestContext
    ) throws(FileTreeError) -> any TreeNode {
        throw .immutable("no directory can be made in \(path); data comes in through ingest/")
    }

    func create(
        _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext
    ) throws(FileTreeError) -> (node: any TreeNode, file: any OpenFile) {
        throw .immutable("no file can be made in \(path); copy data into a table's ingest/")
    }

    func removeFile(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        throw .immutable("\(path)/\(name) cannot be removed")
    }

    func removeDirectory(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        throw .immutable("\(path)/\(name) cannot be removed")
    }

    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext
    ) throws(FileTreeError) {
        throw .immutable("\(path)/\(name) cannot be renamed")
    }

    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext, answer: @escaping @Sendable (Result<Void, FileTreeError>) -> Void
    ) {
        answer(
            Result { () throws(FileTreeError) in try rename(name, to: target, newName, flags, context) })
    }

    /// What a lookup answers.
    func entry() throws(FileTreeError) -> EntryReply {
        EntryReply(
            node: id, attributes: try attributes(), entryLifetime: entryLifetime,
            attributeLifetime: attributeLifetime)
    }
}
