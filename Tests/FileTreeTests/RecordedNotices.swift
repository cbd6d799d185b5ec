import Bytes
import FileTree
import Synchronization

/// A kernel that only remembers what it is told to forget.
final class RecordedNotices: KernelNotifier {
    private struct Told {
        var nodes: Set<NodeID> = []
        var names: Set<String> = []
    }

    private let told = Mutex(Told())

    func invalidate(_ node: NodeID, range: Range<Int64>?) { told.withLock { _ = $0.nodes.insert(node) } }

    func invalidateEntry(_ parent: NodeID, _ name: ByteString) {
        told.withLock { _ = $0.names.insert("\(parent.rawValue)/\(name.display)") }
    }

    func deleteEntry(_ parent: NodeID, child: NodeID, _ name: ByteString) { invalidateEntry(parent, name) }

    func clear() { told.withLock { $0 = Told() } }
    func hasForgotten(_ node: NodeID) -> Bool { told.withLock { $0.nodes.contains(node) } }
    func hasForgotten(_ name: String, in parent: NodeID) -> Bool {
        told.withLock { $0.names.contains("\(parent.rawValue)/\(name)") }
    }
}
