import Bytes

/// Where the numbers of nodes come from. The ranges never meet:
///
///     0 ‹ data files ‹ 2^63            the file's id (of a foreign table mixed with its name)
///     2^63 ‹ pictures ‹ 2^63 + 2^61    counted upwards by the picture cache
///     2^63 + 2^61 ‹ staged ‹ 2^63+2^62 counted upwards from a random start
///     2^63 + 2^62 ‹ paths              62 bits of a hash of table and path
///
/// Two paths of one mount share a number with a probability of about n² / 2^63: 10^-7 for a million.
enum NodeNumbers {
    static let firstStaged: UInt64 = 1 << 63 | 1 << 61
    private static let pathTag: UInt64 = 3 << 62

    /// Of a path below a table (or below the root, with seed 0).
    static func path(_ path: ByteString, seed: UInt64) -> NodeID {
        NodeID(pathTag | hash(path, seed: seed) & ~pathTag)
    }

    /// FNV-1a with a final mix, so that all bits depend on all bytes.
    static func hash(_ bytes: ByteString, seed: UInt64) -> UInt64 {
        var hash = 0xCBF2_9CE4_8422_2325 ^ seed
        for byte in bytes.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        hash = hash &* 0xD6E8_FEB8_6659_FD93
        return hash ^ hash >> 32
    }
}
