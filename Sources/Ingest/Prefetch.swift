import Platform

/// Runs ahead of its reader on a thread of its own, by a few elements.
///
/// The thread ends with the last element, an error, or this object.
final class Prefetch<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element] = []
        var failure: (any Error)?
        var isEnded = false
        var isUnwanted = false
    }

    /// Carries the source to the thread, which alone uses it from then on.
    private struct Source: @unchecked Sendable {
        let next: () throws -> Element?
    }

    private let monitor: Monitor<State>
    private let thread: Thread

    /// - Parameter next: only called by the thread; what it refers to must not be used elsewhere meanwhile.
    init(name: String, ahead: Int, _ next: @escaping () throws -> Element?) {
        let monitor = Monitor(State())
        let source = Source(next: next)
        self.monitor = monitor
        thread = Thread.spawn(name: name, stackBytes: 4 << 20) {
            while Self.produce(source, monitor, ahead) {}
        }
    }

    deinit {
        monitor.update { $0.isUnwanted = true }
        thread.join()
    }

    private static func produce(_ source: Source, _ monitor: Monitor<State>, _ ahead: Int) -> Bool {
        let isWanted = monitor.wait { state -> Bool? in
            if state.isUnwanted { return false }
            return state.elements.count < ahead ? true : nil
        }
        guard isWanted == true else { return false }
        do {
            let element = try source.next()
            monitor.update { state in
                if let element { state.elements.append(element) } else { state.isEnded = true }
            }
            return element != nil
        } catch {
            monitor.update { state in
                state.failure = error
                state.isEnded = true
            }
            return false
        }
    }

    /// The next element; nil after the last. Throws what the source threw, after the elements before it.
    func next() throws -> Element? {
        let result = monitor.wait { state -> Result<Element?, any Error>? in
            if !state.elements.isEmpty { return .success(state.elements.removeFirst()) }
            if let failure = state.failure { return .failure(failure) }
            return state.isEnded ? .success(nil) : nil
        }
        monitor.broadcast()
        return try result?.get() ?? nil
    }
}
