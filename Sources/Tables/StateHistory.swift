import Bytes
import Metadata
import Planning
import Synchronization

/// The states of older versions that were asked for lately.
///
/// A state shares its segments with its neighbours where it was made from them; this keeps a handful of those
/// that were made for someone.
final class StateHistory: Sendable {
    private static let limit = 16

    private struct Recent {
        var states: [(version: Version, state: TableState)] = []
    }

    private let recent = Mutex(Recent())
    private let shape = Mutex<(version: Version, figures: TableFigures)?>(nil)

    /// What was made of the newest state that was asked for, as long as nothing is committed.
    func figures(of state: TableState, _ make: () -> TableFigures) -> TableFigures {
        if let known = shape.withLock({ $0 }), known.version == state.version { return known.figures }
        let made = make()
        shape.withLock { shape in
            if shape.map({ $0.version < state.version }) ?? true { shape = (state.version, made) }
        }
        return made
    }

    func state(_ version: Version) -> TableState? {
        recent.withLock { recent in
            guard let index = recent.states.firstIndex(where: { $0.version == version }) else { return nil }
            let found = recent.states.remove(at: index)
            recent.states.append(found)
            return found.state
        }
    }

    func remember(_ state: TableState) {
        recent.withLock { recent in
            recent.states.removeAll { $0.version == state.version }
            recent.states.append((state.version, state))
            if recent.states.count > Self.limit { recent.states.removeFirst() }
        }
    }
}
