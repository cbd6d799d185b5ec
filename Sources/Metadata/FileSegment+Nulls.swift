package import Bytes

extension FileSegment {
    /// The same rows with null for each partition value that is `word`: how other programs write one.
    package func readingNull(as word: ByteString) -> FileSegment {
        guard tuples.contains(where: { $0.values.contains(word) }) else { return self }
        var builder = Builder(partitionColumns: partitionColumns, capacity: count)
        for row in 0..<count {
            var entry = self[row].entry
            entry.partitionValues.values = entry.partitionValues.values.map { $0 == word ? nil : $0 }
            builder.append(entry)
        }
        return builder.finish()
    }
}
