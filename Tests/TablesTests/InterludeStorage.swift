import Bytes
import Glibc
import Storage
import Synchronization
import TestKit

/// A storage that lets something else happen right before a step of one thread: what another process does there.
///
/// Steps of other threads pass uncounted, so that what runs in the background of an open store changes nothing.
final class InterludeStorage: StorageLayer {
    private struct State {
        var thread: pthread_t?
        var steps = 0
        var interlude: (step: Int?, body: @Sendable () -> Void)?
    }

    let inner: MemoryStorage
    private let state = Mutex(State())

    init(_ inner: MemoryStorage) { self.inner = inner }

    /// Runs `body` and gives the number of its steps; `interlude` comes before the given one of them, or before each.
    func counting(
        interludeBefore step: Int? = nil, _ interlude: @escaping @Sendable () -> Void = {}, _ body: () -> Void
    ) -> Int {
        state.withLock { $0 = State(thread: pthread_self(), steps: 0, interlude: (step, interlude)) }
        body()
        return state.withLock { state in
            defer { state = State() }
            return state.steps
        }
    }

    private func step() {
        let body = state.withLock { state -> (@Sendable () -> Void)? in
            guard let thread = state.thread, pthread_equal(thread, pthread_self()) != 0 else { return nil }
            state.steps += 1
            guard let interlude = state.interlude, interlude.step ?? state.steps == state.steps else {
                return nil
            }
            // What happens in between is no step itself.
            state.thread = nil
            return interlude.body
        }
        guard let body else { return }
        body()
        state.withLock { $0.thread = pthread_self() }
    }

    func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        step()
        return try inner.get(key, range: range)
    }

    func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? {
        step()
        return try inner.metadata(of: key)
    }

    func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        step()
        return try inner.list(directory, after: name, withMetadata: withMetadata)
    }

    func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        step()
        try inner.putIfAbsent(key, bytes)
    }

    func overwriteHint(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        step()
        try inner.overwriteHint(key, bytes)
    }

    func delete(_ key: ByteString) throws(StorageError) {
        step()
        try inner.delete(key)
    }

    func openForReading(_ key: ByteString) throws(StorageError) -> any RandomAccessObject {
        step()
        return try inner.openForReading(key)
    }
}
