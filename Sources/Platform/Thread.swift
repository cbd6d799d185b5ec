import CLinux
import Glibc
import Synchronization

/// A thread of the operating system with a name that `ps -L` and debuggers show.
///
/// Dropping the last reference without ``join()`` lets the thread run on by itself.
package final class Thread: Sendable {
    private enum Handle { case running(pthread_t), joined }

    /// What the new thread is given: it takes the box over and frees it.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    package let name: String
    private let handle: Mutex<Handle>

    private init(name: String, handle: pthread_t) {
        self.name = name
        self.handle = Mutex(.running(handle))
    }

    deinit {
        handle.withLock { handle in
            if case .running(let thread) = handle { pthread_detach(thread) }
        }
    }

    /// Starts a thread that runs `body`. The kernel keeps 15 bytes of the name.
    package static func spawn(
        name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void
    ) -> Thread {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                firn_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        // Without threads nothing can go on: this is a machine out of memory or a limit set far too low.
        precondition(result == 0, "a thread cannot be started: \(Errno(rawValue: result))")
        return Thread(name: name, handle: thread)
    }

    /// The machine's processors: more threads than these compute nothing sooner.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Waits until the thread has ended; the second and later calls return at once.
    package func join() {
        let thread = handle.withLock { handle -> pthread_t? in
            guard case .running(let thread) = handle else { return nil }
            handle = .joined
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    /// The kernel's id of the calling thread.
    package static var currentID: Int32 { firn_thread_id() }

    /// Lets the calling thread rest.
    package static func sleep(nanoseconds: UInt64) {
        let (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(fraction))
        while true {
            var rest = timespec()
            if nanosleep(&left, &rest) == 0 || errno != EINTR { return }
            left = rest
        }
    }
}
