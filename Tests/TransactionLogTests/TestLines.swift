import Bytes
import Compression

/// Edits of version files that keep their end line true.
enum TestLines {
    static func inserting(_ line: String, atLine number: Int, of bytes: [UInt8]) -> [UInt8] {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropLast().map(String.init)
        lines.insert(line, at: number - 1)
        let body = Array(lines.map { $0 + "\n" }.joined().utf8)
        let checksum = Hex.string(UInt64(CRC32.checksum(of: body)), width: 8)
        return body + Array("{\"end\":{\"lines\":\(lines.count),\"crc32\":\"\(checksum)\"}}\n".utf8)
    }
}
