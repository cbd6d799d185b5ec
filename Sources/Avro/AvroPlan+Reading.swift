public import Bytes

// Typed reads: promoted as the plan says, through any union on the way.
extension AvroPlan {
    /// The node of the value that follows: where `id` is a union, its branch is read and entered.
    @inlinable
    package func enter(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> NodeID {
        let node = nodes[id.index]
        guard node.wire == .union else { return id }
        return branches[node.a + (try decoder.index(below: node.b))]
    }

    /// Whether the entered node is null.
    @inlinable
    package func isNull(_ id: NodeID) -> Bool { nodes[id.index].wire == .null }

    @inlinable
    package func boolean(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Bool {
        let entered = try enter(id, &decoder)
        guard nodes[entered.index].wire == .boolean else { throw unfit(entered, decoder, "a boolean") }
        return try decoder.boolean()
    }

    @inlinable
    package func int(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Int32 {
        let entered = try enter(id, &decoder)
        guard nodes[entered.index].wire == .int else { throw unfit(entered, decoder, "an int") }
        return try decoder.int()
    }

    @inlinable
    package func long(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Int64 {
        let entered = try enter(id, &decoder)
        switch nodes[entered.index].wire {
        case .long: return try decoder.long()
        case .int: return Int64(try decoder.int())
        default: throw unfit(entered, decoder, "a long")
        }
    }

    @inlinable
    package func float(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Float {
        let entered = try enter(id, &decoder)
        switch nodes[entered.index].wire {
        case .float: return try decoder.float()
        case .long: return Float(try decoder.long())
        case .int: return Float(try decoder.int())
        default: throw unfit(entered, decoder, "a float")
        }
    }

    @inlinable
    package func double(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Double {
        let entered = try enter(id, &decoder)
        switch nodes[entered.index].wire {
        case .double: return try decoder.double()
        case .float: return Double(try decoder.float())
        case .long: return Double(try decoder.long())
        case .int: return Double(try decoder.int())
        default: throw unfit(entered, decoder, "a double")
        }
    }

    /// The content of a `string` or `bytes`, borrowed from the decoder's bytes.
    @inlinable
    package func string(
        _ id: NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) -> UnsafeRawBufferPointer {
        let entered = try enter(id, &decoder)
        switch nodes[entered.index].wire {
        case .string, .bytes: return try decoder.bytes()
        default: throw unfit(entered, decoder, "a string")
        }
    }

    /// The content of a `fixed`, borrowed from the decoder's bytes.
    package func fixed(
        _ id: NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) -> UnsafeRawBufferPointer {
        let entered = try enter(id, &decoder)
        let node = nodes[entered.index]
        guard node.wire == .fixed else { throw unfit(entered, decoder, "a fixed") }
        return try decoder.fixed(node.a)
    }

    /// The index of the symbol in the reader's enum.
    package func enumeration(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Int {
        let entered = try enter(id, &decoder)
        let node = nodes[entered.index]
        guard node.wire == .enumeration else { throw unfit(entered, decoder, "an enum") }
        let start = decoder.offset
        let symbol = symbols[node.a + (try decoder.index(below: node.b))]
        guard symbol >= 0 else {
            throw DecodeError(.malformed, at: start, "the reader's enum lacks the symbol and a default")
        }
        return symbol
    }

    /// The items of an array.
    @inlinable
    package func array(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> AvroItems {
        let entered = try enter(id, &decoder)
        let node = nodes[entered.index]
        guard node.wire == .array else { throw unfit(entered, decoder, "an array") }
        return AvroItems(item: NodeID(index: node.a), emptyItems: node.b == 1)
    }

    /// The entries of a map: each a `decoder.string()` and then a value.
    @inlinable
    package func map(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> AvroItems {
        let entered = try enter(id, &decoder)
        let node = nodes[entered.index]
        guard node.wire == .map else { throw unfit(entered, decoder, "a map") }
        return AvroItems(item: NodeID(index: node.a), emptyItems: false)
    }

    /// The plan of a record inside another; its fields follow.
    @inlinable
    package func record(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> AvroRecordPlan {
        let entered = try enter(id, &decoder)
        let node = nodes[entered.index]
        guard node.wire == .record else { throw unfit(entered, decoder, "a record") }
        return records[node.a]
    }

    @usableFromInline
    func unfit(_ id: NodeID, _ decoder: AvroDecoder, _ wanted: String) -> DecodeError {
        let node = nodes[id.index]
        if node.wire == .mismatch {
            return DecodeError(.malformed, at: decoder.offset, mismatches[node.a])
        }
        return DecodeError(.malformed, at: decoder.offset, "\(node.wire) where \(wanted) is read")
    }
}

// The same for a union with null: nil where null stands.
extension AvroPlan {
    @inlinable
    package func optionalBoolean(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Bool? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try boolean(entered, &decoder)
    }

    @inlinable
    package func optionalInt(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Int32? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try int(entered, &decoder)
    }

    @inlinable
    package func optionalLong(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Int64? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try long(entered, &decoder)
    }

    @inlinable
    package func optionalDouble(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> Double? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try double(entered, &decoder)
    }

    @inlinable
    package func optionalString(
        _ id: NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) -> UnsafeRawBufferPointer? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try string(entered, &decoder)
    }

    @inlinable
    package func optionalArray(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> AvroItems? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try array(entered, &decoder)
    }

    @inlinable
    package func optionalMap(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> AvroItems? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try map(entered, &decoder)
    }

    @inlinable
    package func optionalRecord(
        _ id: NodeID, _ decoder: inout AvroDecoder
    ) throws(DecodeError) -> AvroRecordPlan? {
        let entered = try enter(id, &decoder)
        return isNull(entered) ? nil : try record(entered, &decoder)
    }
}
