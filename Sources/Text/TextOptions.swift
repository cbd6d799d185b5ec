package import Records

/// Where the columns of a text file come from.
package enum SchemaMode: Sendable {
    /// From the file: names from the header or keys, types guessed from the first 4 MiB.
    case infer
    /// From a schema: the file may have its columns in any order and leave out nullable ones.
    case declared(TableSchema)
}

/// Sizes, which only tests and measurements need to change.
package struct TextOptions: Sendable {
    /// A batch ends at so many rows or bytes, whichever comes first.
    package var batchRows = 65_536
    package var batchBytes = 8 << 20
    /// Bytes that are asked for together.
    package var refillBytes = 512 << 10
    /// A longer record is an error.
    package var maximumRecordBytes = 256 << 20
    /// Bytes that ``SchemaMode/infer`` looks at.
    package var sampleBytes = 4 << 20

    package init() {}
}

/// Gives the bytes of a file in pieces of any size, then nil.
package typealias ChunkSource = () throws -> [UInt8]?
