import CFuse3
import FileTree
import Glibc
import Synchronization

/// The files that the kernel reads and writes itself, by the nodes they stand behind.
///
/// The kernel takes one backing id per node at a time and refuses to mix backed and cached opens of a node. So the first
/// open of a node decides, later ones share its id, and the id is closed with the last release.
final class BackingFiles: Sendable {
    private struct Backed {
        /// `nil`: opened through the copy path, and all opens until the last release will be.
        var id: Int32?
        var opens: Int
    }

    private struct State {
        var nodes: [NodeID: Backed] = [:]
        var handles: [FileHandleID: NodeID] = [:]
        var refusal: Int32?
        var granted = 0
    }

    private let device: Int32
    private let isOffered: Bool
    private let state = Mutex(State())

    /// `isOffered`: the kernel said that it can. It may still refuse (a missing capability, a stacked filesystem).
    init(device: Int32, isOffered: Bool) {
        self.device = device
        self.isOffered = isOffered
    }

    /// Why the kernel refused for the whole connection, and how many opens it took.
    var outcome: (refusal: Int32?, granted: Int) { state.withLock { ($0.refusal, $0.granted) } }

    /// The backing id for an open of `node`, or `nil` for the copy path.
    func open(_ node: NodeID, _ handle: FileHandleID, descriptor: Int32) -> Int32? {
        guard isOffered else { return nil }
        return state.withLock { state in
            if state.refusal != nil, state.nodes[node] == nil { return nil }
            state.handles[handle] = node
            if let index = state.nodes.index(forKey: node) {
                state.nodes.values[index].opens += 1
                if state.nodes.values[index].id != nil { state.granted += 1 }
                return state.nodes.values[index].id
            }
            let id = firn_fuse_backing_open(device, descriptor)
            if id <= 0 {
                let code = errno
                // What holds for one file (its filesystem, a full table) says nothing about the next.
                if code == EPERM || code == ENOTTY || code == EOPNOTSUPP { state.refusal = code }
            } else {
                state.granted += 1
            }
            state.nodes[node] = Backed(id: id > 0 ? id : nil, opens: 1)
            return id > 0 ? id : nil
        }
    }

    /// An open file was released (or its open was never received).
    func release(_ handle: FileHandleID) {
        guard isOffered else { return }
        state.withLock { state in
            guard let node = state.handles.removeValue(forKey: handle),
                let index = state.nodes.index(forKey: node)
            else { return }
            state.nodes.values[index].opens -= 1
            guard state.nodes.values[index].opens == 0 else { return }
            if let id = state.nodes.remove(at: index).value.id {
                _ = firn_fuse_backing_close(device, UInt32(bitPattern: id))
            }
        }
    }
}
