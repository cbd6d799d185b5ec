import Synchronization

/// Buffers for what is copied out of files and for listings, kept for the next reply.
final class ReplyBuffers: Sendable {
    static let sizeBytes = 1 << 20

    /// Owned by the pool while they are in it, by one reply while it is filled and sent.
    private struct Buffer: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
    }

    private let free = Mutex<[Buffer]>([])
    private let keptCount: Int

    init(keptCount: Int) { self.keptCount = keptCount }

    deinit {
        free.withLock { free in
            for buffer in free { buffer.memory.deallocate() }
        }
    }

    /// Lends a buffer of at least `count` bytes.
    func withBuffer<R>(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        guard count <= Self.sizeBytes else {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
            defer { memory.deallocate() }
            return body(memory)
        }
        let buffer =
            free.withLock { $0.popLast() }
            ?? Buffer(memory: .allocate(byteCount: Self.sizeBytes, alignment: 4096))
        defer {
            let isKept = free.withLock { free in
                guard free.count < keptCount else { return false }
                free.append(buffer)
                return true
            }
            if !isKept { buffer.memory.deallocate() }
        }
        return body(buffer.memory)
    }
}
