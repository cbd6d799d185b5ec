import Bytes
import JSON

/// Builds the tables of an ``AvroPlan``.
struct PlanCompiler {
    typealias NodeID = AvroPlan.NodeID
    typealias Node = AvroPlan.Node
    typealias TypeID = AvroSchema.TypeID

    let writer: AvroSchema
    let reader: AvroSchema

    private(set) var nodes: [Node] = []
    private(set) var branches: [NodeID] = []
    private(set) var symbols: [Int] = []
    private(set) var mismatches: [String] = []
    private(set) var records: [AvroRecordPlan] = []

    /// A record of the writer, and what it is read as (nil: skipped).
    private struct Pair: Hashable {
        var writer: TypeID
        var reader: TypeID?
    }

    // Only records are looked up: every cycle of a schema passes through one, and its node is complete before
    // its fields are looked at.
    private var recordNodes: [Pair: NodeID] = [:]

    init(writer: AvroSchema, reader: AvroSchema) {
        self.writer = writer
        self.reader = reader
    }

    private mutating func add(_ node: Node) -> NodeID {
        nodes.append(node)
        return NodeID(index: nodes.count - 1)
    }

    /// The node that reads the writer's type as the reader's.
    mutating func resolve(_ writerType: TypeID, _ readerType: TypeID) throws(DecodeError) -> NodeID {
        if case .union(let types) = writer[writerType].shape {
            return try resolveWriterUnion(types, readerType)
        }
        if case .union(let types) = reader[readerType].shape {
            return try resolveReaderUnion(writerType, types)
        }
        switch (writer[writerType].shape, reader[readerType].shape) {
        case (.record(let from), .record(let to)):
            return try resolveRecord(writerType, from, readerType, to)
        case (.enumeration(let from, _), .enumeration(let to, let fallback)):
            let start = symbols.count
            symbols += from.map { to.firstIndex(of: $0) ?? fallback ?? -1 }
            return add(Node(wire: .enumeration, target: .enumeration, a: start, b: from.count))
        case (.fixed(let from), .fixed(let to)) where from == to:
            return add(Node(wire: .fixed, target: .fixed, a: from))
        case (.array(let from), .array(let to)):
            let item = try resolve(from, to)
            return add(container(.array, item, itemType: from))
        case (.map(let from), .map(let to)):
            return add(container(.map, try resolve(from, to), itemType: from))
        case (let from, let to):
            guard let wire = from.scalar, let target = to.scalar, Self.promotes(wire, to: target) else {
                throw mismatch(writerType, readerType)
            }
            return add(Node(wire: wire, target: target))
        }
    }

    private func container(_ wire: AvroPlan.Wire, _ item: NodeID, itemType: TypeID) -> Node {
        let isEmpty = wire == .array && writer.isEmpty(itemType)
        return Node(wire: wire, target: wire, a: item.index, b: isEmpty ? 1 : 0)
    }

    static func promotes(_ wire: AvroPlan.Wire, to target: AvroPlan.Wire) -> Bool {
        if wire == target { return true }
        switch (wire, target) {
        case (.int, .long), (.int, .float), (.int, .double), (.long, .float), (.long, .double),
            (.float, .double), (.string, .bytes), (.bytes, .string):
            return true
        default: return false
        }
    }

    private func mismatch(_ from: TypeID, _ to: TypeID) -> DecodeError {
        DecodeError(
            .malformed, at: 0, "\(writer.describe(from)) cannot be read as \(reader.describe(to))")
    }

    // MARK: Records

    private mutating func resolveRecord(
        _ writerType: TypeID, _ from: [AvroSchema.Field], _ readerType: TypeID, _ to: [AvroSchema.Field]
    ) throws(DecodeError) -> NodeID {
        let pair = Pair(writer: writerType, reader: readerType)
        if let known = recordNodes[pair] { return known }
        let node = beginRecord(pair, slotCount: to.count)
        do throws(DecodeError) {
            let plan = try recordPlan(writerType, from, readerType, to)
            records[nodes[node.index].a] = plan
        } catch {
            recordNodes[pair] = nil
            throw error
        }
        return node
    }

    private mutating func beginRecord(_ pair: Pair, slotCount: Int) -> NodeID {
        records.append(AvroRecordPlan(steps: [], missing: [], slotCount: slotCount))
        let node = add(Node(wire: .record, target: .record, a: records.count - 1))
        recordNodes[pair] = node
        return node
    }

    /// The writer's field that a field of the reader is read from: the one of its name, of one of its aliases, or
    /// else of its `field-id`, where a field was renamed and the reader has none of the other name.
    private func place(
        of field: AvroSchema.Field, in from: [AvroSchema.Field], among to: [AvroSchema.Field]
    ) -> Int? {
        if let index = from.firstIndex(where: { $0.name == field.name }) { return index }
        if let index = from.firstIndex(where: { field.aliases.contains($0.name) }) { return index }
        guard let id = field.attributes["field-id"] else { return nil }
        return from.firstIndex { other in
            other.attributes["field-id"] == id && !to.contains { $0.name == other.name }
        }
    }

    private mutating func recordPlan(
        _ writerType: TypeID, _ from: [AvroSchema.Field], _ readerType: TypeID, _ to: [AvroSchema.Field]
    ) throws(DecodeError) -> AvroRecordPlan {
        var slots = [Int](repeating: -1, count: from.count)
        var plan = AvroRecordPlan(steps: [], missing: [], slotCount: to.count)
        for (slot, field) in to.enumerated() {
            if let index = place(of: field, in: from, among: to) {
                guard slots[index] < 0 else {
                    throw DecodeError(.malformed, at: 0, "two fields are read from \(from[index].name)")
                }
                slots[index] = slot
                continue
            }
            let place = "the field \(field.name) of \(reader.describe(readerType))"
            guard let json = field.defaultValue else {
                throw DecodeError(.malformed, at: 0, "\(place) is missing and has no default")
            }
            guard let value = reader.value(ofDefault: json, for: field.type) else {
                throw DecodeError(.malformed, at: 0, "the default of \(place) does not fit its type")
            }
            plan.missing.append(AvroRecordPlan.Missing(slot: slot, value: value))
        }
        for (field, slot) in zip(from, slots) {
            let node: NodeID
            if slot < 0 {
                node = skip(field.type)
            } else {
                do throws(DecodeError) {
                    node = try resolve(field.type, to[slot].type)
                } catch {
                    let place = "\(reader.describe(readerType)).\(to[slot].name)"
                    throw DecodeError(error.kind, at: 0, "\(place): \(error.message)")
                }
            }
            plan.steps.append(AvroRecordPlan.Step(slot: slot, node: node))
        }
        return plan
    }

    // MARK: Unions

    private mutating func resolveWriterUnion(
        _ types: [TypeID], _ readerType: TypeID
    ) throws(DecodeError) -> NodeID {
        var nodes: [NodeID] = []
        var failure: DecodeError?
        var isReadable = false
        for type in types {
            do throws(DecodeError) {
                nodes.append(try resolve(type, readerType))
                isReadable = true
            } catch {
                mismatches.append(error.message)
                nodes.append(add(Node(wire: .mismatch, target: .mismatch, a: mismatches.count - 1)))
                failure = error
            }
        }
        if !isReadable, let failure { throw failure }
        return addUnion(nodes)
    }

    private mutating func addUnion(_ nodes: [NodeID]) -> NodeID {
        let start = branches.count
        branches += nodes
        return add(Node(wire: .union, target: .union, a: start, b: nodes.count))
    }

    /// Takes the first branch of the same type and name, else the first that can be had by promotion.
    private mutating func resolveReaderUnion(
        _ writerType: TypeID, _ types: [TypeID]
    ) throws(DecodeError) -> NodeID {
        var order = Array(types.indices)
        if let exact = types.firstIndex(where: { isSame(writerType, $0) }) {
            order.removeAll { $0 == exact }
            order.insert(exact, at: 0)
        }
        for branch in order {
            // A branch that does not resolve is not an error while another does.
            guard let found = try? resolve(writerType, types[branch]) else { continue }
            var node = nodes[found.index]
            node.readerBranch = Int32(branch)
            return add(node)
        }
        throw DecodeError(
            .malformed, at: 0, "\(writer.describe(writerType)) is no branch of the reader's union")
    }

    private func isSame(_ writerType: TypeID, _ readerType: TypeID) -> Bool {
        let from = writer[writerType]
        let to = reader[readerType]
        guard from.shape.word == to.shape.word else { return false }
        guard let fromName = from.name, let toName = to.name else { return true }
        return fromName == toName || to.aliases.contains(fromName) || simple(fromName) == simple(toName)
    }

    /// A name without its namespace.
    private func simple(_ name: ByteString) -> ByteString {
        guard let dot = name.bytes.lastIndex(of: UInt8(ascii: ".")) else { return name }
        return ByteString(name.bytes[(dot + 1)...])
    }

    // MARK: Skipping

    /// The node that passes over the writer's type.
    private mutating func skip(_ type: TypeID) -> NodeID {
        switch writer[type].shape {
        case .record(let fields):
            let pair = Pair(writer: type, reader: nil)
            if let known = recordNodes[pair] { return known }
            let node = beginRecord(pair, slotCount: 0)
            var steps: [AvroRecordPlan.Step] = []
            for field in fields {
                steps.append(AvroRecordPlan.Step(slot: -1, node: skip(field.type)))
            }
            records[nodes[node.index].a].steps = steps
            return node
        case .union(let types):
            var nodes: [NodeID] = []
            for type in types { nodes.append(skip(type)) }
            return addUnion(nodes)
        case .array(let item):
            let node = skip(item)
            return add(container(.array, node, itemType: item))
        case .map(let value):
            let node = skip(value)
            return add(container(.map, node, itemType: value))
        case .fixed(let size):
            return add(Node(wire: .fixed, target: .fixed, a: size))
        case .enumeration:
            return add(Node(wire: .int, target: .int))
        case let shape:
            let wire = shape.scalar ?? .mismatch
            return add(Node(wire: wire, target: wire))
        }
    }
}

extension AvroSchema.Shape {
    /// The wire form of a type without parts.
    fileprivate var scalar: AvroPlan.Wire? {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .int: .int
        case .long: .long
        case .float: .float
        case .double: .double
        case .bytes: .bytes
        case .string: .string
        default: nil
        }
    }
}
