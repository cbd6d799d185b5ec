import Bytes
import Platform
import Synchronization
import Tables

/// What all nodes of a mount share.
final class TreeServices: Sendable {
    let store: Store
    let pictures = PictureCache()
    /// What reads storage or commits little.
    let requests = WorkerPool(name: "firn-tree", threadCount: 4)
    /// What looks at files that are closed and reads the small ones.
    let closes = WorkerPool(name: "firn-close", threadCount: 4)
    /// What takes files in: a commit may take as long as its file is large.
    let commits = WorkerPool(name: "firn-ingest", threadCount: 8)
    private let kernel = Mutex<(any KernelNotifier)?>(nil)
    private let nextStaged: Atomic<UInt64>

    init(store: Store) {
        self.store = store
        // A random start keeps the staged files of two mounts apart in /proc/PID/fdinfo.
        let start = store.context.entropy.uint64() & (1 << 48 - 1)
        nextStaged = Atomic(NodeNumbers.firstStaged + start << 12)
    }

    var clock: any Clock { store.context.clock }
    var timers: TimerQueue { store.context.timers }
    var notifier: (any KernelNotifier)? { kernel.withLock { $0 } }

    func start(_ notifier: any KernelNotifier) { kernel.withLock { $0 = notifier } }

    func stop() {
        kernel.withLock { $0 = nil }
        closes.shutdown()
        commits.shutdown()
        requests.shutdown()
    }

    func newStagedNode() -> NodeID { NodeID(nextStaged.wrappingAdd(1, ordering: .relaxed).oldValue) }

    /// Forgets the attributes of a node.
    func invalidateAttributes(_ node: NodeID) { notifier?.invalidate(node, range: 0..<0) }
}

extension FileTreeError {
    init(_ error: StoreError) { self.init(error.errno, error.message) }
}
