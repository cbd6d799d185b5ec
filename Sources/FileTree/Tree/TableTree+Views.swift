import Bytes
import Metadata
import Synchronization
import Tables

/// A table as of now, or as of a version that does not change any more.
enum TableView: Hashable, Sendable {
    case current
    case version(Version)
}

/// The states of older versions that are being looked at.
final class StateShelf: Sendable {
    private static let limit = 8
    private let states = Mutex<[TableState]>([])

    func state(_ version: Version) -> TableState? {
        states.withLock { states in states.first { $0.version == version } }
    }

    func put(_ state: TableState) {
        states.withLock { states in
            states.removeAll { $0.version == state.version }
            states.append(state)
            if states.count > Self.limit { states.removeFirst() }
        }
    }
}

extension TableTree {
    /// True where ``state(_:)`` answers from memory.
    func isReady(_ view: TableView) -> Bool {
        guard case .version(let version) = view else { return true }
        return table.isPinned(version) && (table.state.version == version || shelf.state(version) != nil)
    }

    /// The state of a view. That of an older version is pinned for a quarter of an hour first, unless most of
    /// an earlier pin is left.
    func state(_ view: TableView) throws(FileTreeError) -> TableState {
        guard case .version(let version) = view else { return table.state }
        if table.isPinned(version) {
            let current = table.state
            if current.version == version { return current }
            if let state = shelf.state(version) { return state }
        }
        do throws(StoreError) {
            let state = try table.pin(version)
            shelf.put(state)
            return state
        } catch {
            throw FileTreeError(error)
        }
    }
}
