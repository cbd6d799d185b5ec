import Bytes
import Platform
import Tables

/// `reports/`: what `firn report` prints, each kind in each form: `files.txt`, `partitions.json`, `jobs.csv`, ….
final class ReportsDirectory: TreeNode {
    /// How a form is called by the ending of a name.
    private static let forms: [(ending: String, form: ReportForm)] = [
        ("txt", .text), ("json", .json), ("csv", .csv),
    ]
    static let names: [ByteString] = ReportKind.allCases.flatMap { kind in
        forms.map { ByteString("\(kind.rawValue).\($0.ending)") }
    }
    /// Between versions jobs move on, and leaves are found to be unsplittable. Of files a version tells all.
    private static let movingAge: UInt64 = 1_000_000_000

    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("reports")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("reports") }

    /// A report looks at every reference of the table.
    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .child = question { return true }
        return false
    }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }
    func listing() throws(FileTreeError) -> DirectorySnapshot { tree.snapshot("reports", of: Self.names) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        for kind in ReportKind.allCases {
            for (ending, form) in Self.forms where name == ByteString("\(kind.rawValue).\(ending)") {
                return try file(name, kind, form).node()
            }
        }
        throw .noEntry
    }

    private func file(_ name: ByteString, _ kind: ReportKind, _ form: ReportForm) -> GeneratedFile {
        let isMoving = kind != .files
        let age = isMoving ? Self.movingAge : .max
        return GeneratedFile(tree, "reports/" + name, maxAgeNanoseconds: age) {
            [tree] () throws(FileTreeError) in
            let time = isMoving ? tree.services.clock.nowMilliseconds() * 1_000_000 : tree.time
            var bytes: [UInt8] = []
            tree.table.writeReports([kind], form) { bytes += $0 }
            return Picture(bytes, modified: time)
        }
    }
}
