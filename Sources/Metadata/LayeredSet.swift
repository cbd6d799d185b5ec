/// A persistent set that is mostly small: an array up to a few elements, layers beyond.
///
/// Most files are referenced in one or two partitions and some in thousands; both cost what they should.
struct LayeredSet<Element: Hashable & Comparable & Sendable>: Sendable {
    private enum Form {
        /// Ascending.
        case few([Element])
        case many(LayeredMap<Element, Bool>)
    }

    private static var fewLimit: Int { 16 }
    private var form: Form = .few([])

    init() {}

    init(_ elements: [Element]) {
        form =
            elements.count <= Self.fewLimit
            ? .few(elements.sorted()) : .many(LayeredMap(elements.lazy.map { ($0, true) }))
    }

    var count: Int {
        switch form {
        case .few(let elements): elements.count
        case .many(let map): map.count
        }
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ element: Element) -> Bool {
        switch form {
        case .few(let elements): elements.contains(element)
        case .many(let map): map[element] != nil
        }
    }

    /// Ascending.
    func sorted() -> [Element] {
        switch form {
        case .few(let elements): return elements
        case .many(let map):
            var elements: [Element] = []
            elements.reserveCapacity(map.count)
            map.forEach { element, _ in elements.append(element) }
            return elements.sorted()
        }
    }

    mutating func insert(_ element: Element) {
        guard !contains(element) else { return }
        switch form {
        case .few(var elements):
            elements.insert(element, at: elements.firstIndex { element < $0 } ?? elements.count)
            form =
                elements.count <= Self.fewLimit
                ? .few(elements) : .many(LayeredMap(elements.lazy.map { ($0, true) }))
        case .many(var map):
            map.set(element, true)
            form = .many(map)
        }
    }

    mutating func remove(_ element: Element) {
        switch form {
        case .few(let elements): form = .few(elements.filter { $0 != element })
        case .many(var map):
            map.set(element, nil)
            form = map.isEmpty ? .few([]) : .many(map)
        }
    }
}
