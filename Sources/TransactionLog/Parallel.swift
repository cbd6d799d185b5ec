import Platform
import Synchronization

/// Work on several independent items, on as many threads as there are items and are allowed.
enum Parallel {
    /// The results in the order of the items; an error of any is thrown, the first of them by place.
    static func map<Item: Sendable, Result: Sendable, Failure: Error>(
        _ items: [Item], threads: Int, _ body: @escaping @Sendable (Item) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        try map(items, threads: threads, workspace: {}) { (item, _) throws(Failure) in try body(item) }
    }

    /// The same with something that each thread makes for itself and uses for all of its items.
    static func map<Item: Sendable, Result: Sendable, Workspace, Failure: Error>(
        _ items: [Item], threads: Int, workspace: @escaping @Sendable () -> Workspace,
        _ body: @escaping @Sendable (Item, Workspace) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        let threadCount = min(threads, items.count)
        guard threadCount > 1 else {
            let own = workspace()
            var results: [Result] = []
            for item in items { results.append(try body(item, own)) }
            return results
        }
        let shared = Shared<Result, Failure>(count: items.count)
        let work: @Sendable () -> Void = {
            let own = workspace()
            while let index = shared.take() {
                do throws(Failure) {
                    shared.finish(index, .success(try body(items[index], own)))
                } catch {
                    shared.finish(index, .failure(error))
                }
            }
        }
        let others = (1..<threadCount).map { Thread.spawn(name: "log-\($0)", work) }
        work()
        for thread in others { thread.join() }
        var results: [Result] = []
        for outcome in shared.outcomes { results.append(try outcome.get()) }
        return results
    }

    private final class Shared<R: Sendable, Failure: Error>: Sendable {
        private struct State {
            var next = 0
            var outcomes: [Swift.Result<R, Failure>?]
        }

        private let state: Mutex<State>
        private let count: Int

        init(count: Int) {
            self.count = count
            state = Mutex(State(outcomes: Array(repeating: nil, count: count)))
        }

        func take() -> Int? {
            state.withLock { state in
                guard state.next < count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func finish(_ index: Int, _ outcome: Swift.Result<R, Failure>) {
            state.withLock { $0.outcomes[index] = outcome }
        }

        var outcomes: [Swift.Result<R, Failure>] { state.withLock { $0.outcomes.compactMap { $0 } } }
    }
}
