import Bytes
import Metadata
import Platform
import Storage

extension DataFileContext {
    /// The id and the path, relative to the table, of a file to be written now.
    func nameFile() -> (id: FileID, path: ByteString) {
        let number = entropy.identifier()
        let time = TimestampText.compact(milliseconds: clock.nowMilliseconds())
        let name = ByteString("\(time)-\(Hex.string(number)).parquet")
        let directory: ByteString = partitionPath.isEmpty ? "data" : "data/" + partitionPath
        return (FileID(number), ObjectKey.child(name, of: directory))
    }
}
