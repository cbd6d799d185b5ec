import Glibc

/// A thread of a session; ended by joining it.
struct SessionThread: ~Copyable, @unchecked Sendable {
    private let thread: pthread_t

    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// `nil` when the system has no more threads.
    init?(name: StaticString, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            return nil
        }
        pthread_setname_np(thread, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
        self.thread = thread
    }

    consuming func join() { pthread_join(thread, nil) }
}
