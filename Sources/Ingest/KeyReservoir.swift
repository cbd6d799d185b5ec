package import Bytes
import Metadata
package import Platform
package import Records

/// Row keys of a file of any format that is taken into a table, without taking it.
package enum KeyReservoir {
    /// Of larger files so many keys are drawn, each row with the same chance.
    package static let keyCount = 100_000

    /// The normalised keys of the file's rows, in no order. The file may lack other columns than those of the key.
    ///
    /// - Throws: ``IngestRefusal``, as copying it in would, without the file's name.
    package static func keys(
        ofFile path: ByteString, schema: TableSchema, entropy: any Entropy
    ) throws -> [ByteString] {
        let name =
            path.bytes.lastIndex(of: UInt8(ascii: "/")).map { ByteString(path.bytes[($0 + 1)...]) } ?? path
        let requester = IngestRequester(
            userID: Processes.effectiveUser, groupID: Processes.effectiveGroup, processID: Processes.currentID
        )
        let file = StagedFile(relativePath: name, localPath: path, sizeBytes: 0, requester: requester)
        do {
            let reader = try RowReader(
                StagedContent(file), schema: sampled(schema), kind: .append, cancellation: Cancellation())
            let encoder = KeyEncoder(schema: schema)
            var keys: [ByteString] = []
            var seen: UInt64 = 0
            while let batch = try reader.next() {
                let found = encoder.encode(batch)
                for row in 0..<found.count {
                    seen += 1
                    if keys.count < keyCount {
                        keys.append(found[row])
                        continue
                    }
                    let place = entropy.uint64(below: seen)
                    if place < UInt64(keyCount) { keys[Int(place)] = found[row] }
                }
            }
            return keys
        } catch {
            throw IngestRefusal(cause: error)
        }
    }

    /// Nothing but the key must be there.
    private static func sampled(_ schema: TableSchema) -> TableSchema {
        var sampled = schema
        for index in sampled.columns.indices where !schema.rowKey.contains(sampled.columns[index].name) {
            sampled.columns[index].isNullable = true
        }
        return sampled
    }
}
