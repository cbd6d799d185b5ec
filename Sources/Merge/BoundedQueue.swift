import Platform

/// A queue of few places between two threads: who is ahead waits.
final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element] = []
        var isClosed = false
    }

    private let capacity: Int
    private let monitor = Monitor(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Waits for a place. False, and the element is dropped, once the queue is closed.
    func push(_ element: Element) -> Bool {
        monitor.wait { [capacity] state -> Bool? in
            if state.isClosed { return false }
            if state.elements.count >= capacity { return nil }
            return true
        } == true && append(element)
    }

    /// Only one thread pushes, so the place it waited for is still there.
    private func append(_ element: Element) -> Bool {
        monitor.update { state in
            if state.isClosed { return false }
            state.elements.append(element)
            return true
        }
    }

    /// Waits for an element; nil once the queue is closed and empty.
    func pop() -> Element? {
        let element = monitor.wait { state -> Element?? in
            if !state.elements.isEmpty { return .some(state.elements.removeFirst()) }
            return state.isClosed ? .some(nil) : nil
        }
        monitor.broadcast()
        return element ?? nil
    }

    /// Nothing is pushed any more; with `discarding` what is there is dropped too.
    func close(discarding: Bool = false) {
        monitor.update { state in
            state.isClosed = true
            if discarding { state.elements = [] }
        }
    }
}
