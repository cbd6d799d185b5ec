import Synchronization

/// Open files and directories by dense ids, O(1) each way.
///
/// An id is the slot in its low half and the slot's age in its high half, so a handle that was released is never
/// mistaken for its successor.
package final class HandleTable<Handle: Sendable>: Sendable {
    private struct State {
        var slots: [(age: UInt32, handle: Handle?)] = []
        var free: [UInt32] = []
        var count = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func insert(_ handle: Handle) -> FileHandleID {
        state.withLock { state in
            state.count += 1
            if let index = state.free.popLast() {
                state.slots[Int(index)].handle = handle
                return Self.id(index, state.slots[Int(index)].age)
            }
            state.slots.append((age: 1, handle: handle))
            return Self.id(UInt32(state.slots.count - 1), 1)
        }
    }

    package func handle(_ id: FileHandleID) -> Handle? {
        state.withLock { state in Self.index(id, state).flatMap { state.slots[$0].handle } }
    }

    /// Takes the handle out; its id will not come again.
    package func remove(_ id: FileHandleID) -> Handle? {
        state.withLock { state in
            guard let index = Self.index(id, state), let handle = state.slots[index].handle else {
                return nil
            }
            state.slots[index].handle = nil
            state.slots[index].age &+= 1
            state.free.append(UInt32(index))
            state.count -= 1
            return handle
        }
    }

    package var count: Int { state.withLock { $0.count } }

    /// All open handles at this moment.
    package var all: [Handle] { state.withLock { $0.slots.compactMap { $0.handle } } }

    private static func id(_ index: UInt32, _ age: UInt32) -> FileHandleID {
        FileHandleID(UInt64(age) << 32 | UInt64(index))
    }

    private static func index(_ id: FileHandleID, _ state: borrowing State) -> Int? {
        let index = Int(UInt32(truncatingIfNeeded: id.rawValue))
        guard index < state.slots.count, state.slots[index].age == UInt32(id.rawValue >> 32) else {
            return nil
        }
        return index
    }
}
