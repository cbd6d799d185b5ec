/// Memory that grows, keeps its address between calls and is never zeroed.
///
/// Pages and values pass through it again and again: fresh memory from the kernel costs more than the
/// decoding itself.
final class RawBuffer {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    var count = 0

    init(capacity: Int = 4096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Makes room for `extra` more bytes; what is there stays.
    func reserve(_ extra: Int) {
        guard extra > capacity - count else { return }
        let newCapacity = max(capacity * 2, count + extra)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        grown.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = grown
        capacity = newCapacity
    }

    var end: UnsafeMutableRawPointer { base + count }

    func append(_ source: UnsafeRawPointer, _ size: Int) {
        reserve(size)
        end.copyMemory(from: source, byteCount: size)
        count += size
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}
