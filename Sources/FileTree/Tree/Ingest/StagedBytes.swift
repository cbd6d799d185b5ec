import Bytes
import Platform

/// The local file that holds what is copied into `ingest/`, until it is committed or refused.
///
/// Its name carries the path that it shall have, so that whoever finds it after a crash knows what it was.
final class StagedBytes: Sendable {
    let localPath: ByteString
    let descriptor: FileDescriptor

    private init(_ localPath: ByteString, _ descriptor: consuming FileDescriptor) {
        self.localPath = localPath
        self.descriptor = descriptor
    }

    static func create(
        in directory: ByteString, for path: ByteString, entropy: any Entropy
    ) throws(Errno) -> StagedBytes {
        let name = ByteString(Hex.string(entropy.uint64()) + "-") + encodedName(path)
        let localPath = directory + "/" + name
        let file = try FileDescriptor.open(
            localPath, [.readWrite, .create, .exclusive, .noFollow], permissions: 0o600)
        return StagedBytes(localPath, file)
    }

    private static func encodedName(_ path: ByteString) -> ByteString {
        ByteString(PercentEncoding.encode(path).bytes.prefix(200))
    }

    /// The path that a local file's name carries.
    static func path(ofLocalName name: ByteString) -> ByteString {
        let encoded = ByteString(name.bytes.dropFirst(17))
        let path = PercentEncoding.decode(encoded) ?? encoded
        return path.isEmpty ? name : path
    }

    var status: FileStatus? { try? descriptor.status() }
    var sizeBytes: Int64 { status?.sizeBytes ?? 0 }

    /// Removes the name; whoever has the file open goes on reading it.
    func discard() { try? FileSystemCalls.unlink(localPath) }
}
