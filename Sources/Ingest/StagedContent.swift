import Bytes
import Compression
import Parquet
import Platform

/// The bytes of a staged file, opened once and read as often as needed.
final class StagedContent: ParquetSource, Sendable {
    let file: StagedFile
    let format: FileFormat
    let sizeBytes: Int
    private let wrapping: FileFormat.Wrapping
    private let descriptor: FileDescriptor
    /// Told of bytes that were read, each time that they are.
    private let onRead: OnRead?

    typealias OnRead = @Sendable (_ bytes: Int) -> Void

    static let chunkBytes = 512 << 10

    init(_ file: StagedFile, onRead: OnRead? = nil) throws {
        self.file = file
        self.onRead = onRead
        let descriptor = try FileDescriptor.open(file.localPath)
        sizeBytes = Int(try descriptor.status().sizeBytes)
        let head = try descriptor.readBytes(limit: 64 << 10)
        wrapping = FileFormat.wrapping(of: head)
        let inner = wrapping == .none ? head : Self.peek(head, wrapping)
        format = try FileFormat.detect(name: file.relativePath, head: inner, wrapping: wrapping)
        self.descriptor = descriptor
    }

    /// SHA-256 of the bytes as they lie, 64 hex digits.
    func hash(_ cancellation: Cancellation) throws -> ByteString {
        let hash = SHA256()
        let next = rawChunks(cancellation)
        while let chunk = try next() { chunk.withUnsafeBytes { hash.update($0) } }
        return ByteString(Hex.string(hash.finish()))
    }

    /// The text in pieces, decompressed.
    func chunks(_ cancellation: Cancellation) -> () throws -> [UInt8]? {
        let raw = rawChunks(cancellation)
        switch wrapping {
        case .none: return raw
        case .gzip: return Self.decompressing(raw, .gzip())
        case .zstd: return Self.decompressing(raw, .zstd())
        }
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard try descriptor.readFully(into: buffer, at: Int64(offset)) == buffer.count else {
            throw IngestRefusal(.ebadmsg, .content, "the file ends too early")
        }
        onRead?(buffer.count)
    }

    private func rawChunks(_ cancellation: Cancellation) -> () throws -> [UInt8]? {
        var offset: Int64 = 0
        return { [self] in
            try cancellation.check()
            let chunk = try descriptor.readBytes(at: offset, limit: Self.chunkBytes)
            offset += Int64(chunk.count)
            if chunk.isEmpty { return nil }
            onRead?(chunk.count)
            return chunk
        }
    }

    private static func decompressing(
        _ raw: @escaping () throws -> [UInt8]?, _ stream: StreamDecompressor
    ) -> () throws -> [UInt8]? {
        var input: [UInt8] = []
        var position = 0
        var isFinished = false
        return {
            while !isFinished {
                if position == input.count {
                    position = 0
                    input = try raw() ?? []
                    if input.isEmpty {
                        isFinished = true
                        // Whatever the stream still holds comes before its end is checked.
                        let rest = try decompress([], 0, stream)
                        if rest.output.isEmpty { try stream.finish() } else { isFinished = false }
                        return rest.output.isEmpty ? nil : rest.output
                    }
                }
                let step = try decompress(input, position, stream)
                position += step.consumed
                if !step.output.isEmpty { return step.output }
            }
            return nil
        }
    }

    private static func decompress(
        _ input: [UInt8], _ position: Int, _ stream: StreamDecompressor
    ) throws(DecodeError) -> (consumed: Int, output: [UInt8]) {
        var failure: DecodeError?
        var consumed = 0
        let output = [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, count in
            input.withUnsafeBytes { bytes in
                do throws(DecodeError) {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
                    let step = try stream.decompress(rest, into: UnsafeMutableRawBufferPointer(buffer))
                    consumed = step.consumed
                    count = step.produced
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return (consumed, output)
    }

    /// The first bytes of what is compressed; none where it is damaged, which reading it will tell.
    private static func peek(_ head: [UInt8], _ wrapping: FileFormat.Wrapping) -> [UInt8] {
        let stream: StreamDecompressor = wrapping == .gzip ? .gzip() : .zstd()
        return (try? decompress(head, 0, stream).output) ?? []
    }
}
