package import Bytes
package import Metadata
import Platform
import Telemetry
import TransactionLog

/// What happened to a table's files, told without opening the table: its state is not read.
package struct TableChanges: Sendable {
    package enum Format: Sendable { case text, jsonLines }

    private let store: Store
    private let table: ByteString
    private let reader: ChangeReader

    /// Before version 0: all that a table ever had came after it.
    package static let beginning = ChangeReader.beginning

    package init(of table: ByteString, in store: Store) throws(StoreError) {
        guard TableName.isValid(table) else { throw StoreError(.enoent, "there is no table \"\(table)\"") }
        var options = LogOptions()
        let log = store.context.log
        options.warn = { message in log.warning("\(table): \(message)") }
        self.store = store
        self.table = table
        reader = ChangeReader(storage: store.storage, table: table, options: options)
    }

    package func newestVersion() throws(StoreError) -> Version {
        do throws(LogError) { return try reader.newestVersion() } catch { throw StoreError(error) }
    }

    /// The newest version where this one has a successor; asks for that alone where it has none.
    package func newestVersion(after version: Version) throws(StoreError) -> Version? {
        do throws(LogError) { return try reader.newestVersion(after: version) } catch {
            throw StoreError(error)
        }
    }

    /// The version that a person means: its number, a time at which it was current, or a tag.
    package func version(named word: ByteString) throws(StoreError) -> Version {
        if let version = VersionWord.number(word) { return version }
        if let milliseconds = VersionWord.milliseconds(word) {
            do throws(LogError) { return try reader.version(at: milliseconds) } catch {
                throw StoreError(error)
            }
        }
        return try VersionWord.tagged(word, in: store.table(table).state)
    }

    /// Calls `body` with each version after `old` up to `new` that changed a file, and its text, until it answers
    /// false.
    ///
    /// - Parameter dataOnly: leaves out what a job only moved.
    package func forEach(
        from old: Version, to new: Version, as format: Format, dataOnly: Bool = false,
        _ body: (_ version: Version, _ text: [UInt8]) -> Bool
    ) throws(StoreError) {
        var text = ChangesText(dataOnly: dataOnly)
        do throws(LogError) {
            try reader.changes(from: old, to: new) { change in
                switch format {
                case .text: body(change.version, text.text(change))
                case .jsonLines: body(change.version, ChangesReport.lines(change, dataOnly: dataOnly))
                }
            }
        } catch {
            throw StoreError(error)
        }
    }
}
