/// The first bytes of a source, to be looked at before the source is read from its beginning.
final class SampledSource {
    private let source: ChunkSource
    private var chunks: [[UInt8]] = []
    private var position = 0
    /// Whether the sample is the whole file.
    private(set) var isComplete = false

    init(_ source: @escaping ChunkSource, limit: Int) throws(TextError) {
        self.source = source
        var size = 0
        while size < limit {
            do {
                guard let chunk = try source() else {
                    isComplete = true
                    break
                }
                size += chunk.count
                chunks.append(chunk)
            } catch {
                throw TextError(
                    line: 1, column: 1, message: "the file cannot be read: \(error)", cause: error)
            }
        }
    }

    /// The sample, then the end.
    func sampleSource() -> ChunkSource {
        var index = 0
        let chunks = self.chunks
        return {
            guard index < chunks.count else { return nil }
            index += 1
            return chunks[index - 1]
        }
    }

    /// The sample, then what follows it.
    func replay() throws -> [UInt8]? {
        if position < chunks.count {
            position += 1
            if position == chunks.count {
                let last = chunks[position - 1]
                chunks = []
                position = 0
                return last
            }
            return chunks[position - 1]
        }
        return isComplete ? nil : try source()
    }
}
