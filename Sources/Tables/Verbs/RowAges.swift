import Bytes
import Metadata
import Platform

/// In a table that keeps the newest row of each key: how old the rows of a file can be, and which files may have rows
/// of the same key.
struct RowAges {
    private let state: TableState

    init(_ state: TableState) { self.state = state }

    /// One file's keys and row sequences.
    struct File {
        let view: FileView
        let keys: (min: ByteString, max: ByteString)?
        /// Of its rows.
        let oldest: Int64
        let newest: Int64
        /// True where every row has a sequence of its own, wherever the file stands.
        let isExplicit: Bool

        init(_ view: FileView) {
            let entry = view.entry
            self.view = view
            keys = view.keyRange
            oldest = entry.minSequence ?? entry.sequence
            newest = entry.maxSequence ?? entry.sequence
            isExplicit = entry.minSequence != nil
        }

        /// In doubt they do.
        func mayShareKeys(with other: File) -> Bool {
            guard let keys, let others = other.keys else { return true }
            return keys.min <= others.max && others.min <= keys.max
        }
    }

    /// Throws where a row, or a delete marker, that goes hides an older row that stays: that one would come back.
    func checkRemoval(of files: [FileView]) throws(StoreError) {
        let going = Set(files.map(\.id))
        for (root, some) in Dictionary(grouping: files, by: \.root) {
            let staying = state.files.files(in: root).filter { !going.contains($0.id) }.map(File.init)
            if staying.isEmpty { continue }
            for file in some.map(File.init) {
                guard
                    let older = staying.first(where: {
                        $0.oldest < file.newest && $0.mayShareKeys(with: file)
                    })
                else { continue }
                throw StoreError(
                    .eopnotsupp,
                    "without \(file.view.path) older rows of its keys, which \(older.view.path) may hold, would come "
                        + "back: an upsert table keeps the newest row of each key. Copy in rows with the new values, "
                        + "drop the whole partition, or restore a version")
            }
        }
    }
}
