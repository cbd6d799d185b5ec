import Bytes
import JSON
import Metadata
import Tables

/// `receipts/`: what was taken in the last days, a file each: `<version>-<name>.json`.
///
/// ```json
/// {"name":"flights.csv","sha256":"…","rows":336776,"files":1,"version":12,"timestamp":1700000000000}
/// ```
final class ReceiptsDirectory: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("receipts")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("receipts") }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    /// The listed name; receipts of one version with the same beginning of their names are told apart by
    /// their content's hash.
    private static func shownName(_ receipt: IngestReceipt) -> ByteString {
        let digits = receipt.version.description
        let version = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        var name = receipt.name.bytes.flatMap { byte -> [UInt8] in
            byte == UInt8(ascii: "/") ? Array("%2F".utf8) : [byte]
        }
        if name.count > 200 {
            name.removeLast(name.count - 180)
            name += [UInt8(ascii: "~")] + receipt.contentHash.bytes.prefix(16)
        }
        return ByteString(version + "-") + ByteString(name) + ".json"
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard let dash = name.bytes.firstIndex(of: UInt8(ascii: "-")),
            let version = Int64(ByteString(name.bytes[..<dash]).display),
            let receipt = tree.table.state.receipts.receipts(of: Version(version))
                .first(where: { Self.shownName($0) == name })
        else { throw .noEntry }
        return try GeneratedFile(tree, "receipts/" + name, maxAgeNanoseconds: .max) {
            () throws(FileTreeError) in
            Picture(Self.json(receipt), modified: receipt.timestamp * 1_000_000)
        }.node()
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        tree.snapshot("receipts", of: tree.table.state.receipts.all.map(Self.shownName))
    }

    private static func json(_ receipt: IngestReceipt) -> [UInt8] {
        let object: JSONObject = [
            "name": .string(receipt.name), "sha256": .string(receipt.contentHash),
            "rows": .integer(receipt.rowCount), "files": .integer(receipt.fileCount),
            "version": .integer(receipt.version.rawValue), "timestamp": .integer(receipt.timestamp),
        ]
        return JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")]
    }
}
