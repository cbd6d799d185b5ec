package import Bytes
import Compression

/// How the blocks of a container file are compressed.
package enum AvroCodec: Hashable, Sendable {
    case null
    case deflate(level: Int = 6)
    case snappy
    case zstandard(level: Int = 3)

    /// The codec of a file's `avro.codec`.
    package init(name: ByteString) throws(DecodeError) {
        switch name {
        case "null": self = .null
        case "deflate": self = .deflate()
        case "snappy": self = .snappy
        case "zstandard": self = .zstandard()
        default: throw DecodeError(.unsupported, at: 0, "the Avro codec \(name) is not supported")
        }
    }

    package var name: ByteString {
        switch self {
        case .null: "null"
        case .deflate: "deflate"
        case .snappy: "snappy"
        case .zstandard: "zstandard"
        }
    }

    /// Of the four only snappy has a checksum in Avro; zstd brings its own.
    var codec: Codec {
        switch self {
        case .null: .none
        case .deflate(let level): .deflate(level: level)
        case .snappy: .snappy
        case .zstandard(let level): .zstd(level: level, checksum: true)
        }
    }
}
