package import Bytes

extension AvroPlan {
    /// Reads a datum of the file as one of the reader's schema.
    package func value(_ decoder: inout AvroDecoder) throws(DecodeError) -> AvroValue {
        try value(root, &decoder)
    }

    /// Reads the value of a node as one of the reader's schema.
    package func value(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) -> AvroValue {
        try value(id, &decoder, depth: 0)
    }

    private func value(
        _ id: NodeID, _ decoder: inout AvroDecoder, depth: Int
    ) throws(DecodeError) -> AvroValue {
        let entered = try enter(id, &decoder)
        let node = nodes[entered.index]
        let value: AvroValue
        switch node.target {
        case .null: value = .null
        case .boolean: value = .boolean(try decoder.boolean())
        case .int: value = .int(try decoder.int())
        case .long: value = .long(try long(entered, &decoder))
        case .float: value = .float(try float(entered, &decoder))
        case .double: value = .double(try double(entered, &decoder))
        case .bytes: value = .bytes(ByteString(try decoder.bytes()))
        case .string: value = .string(ByteString(try decoder.bytes()))
        case .fixed: value = .fixed(ByteString(try decoder.fixed(node.a)))
        case .enumeration: value = .enumeration(try enumeration(entered, &decoder))
        case .array: value = try arrayValue(entered, &decoder, depth: depth)
        case .map: value = try mapValue(entered, &decoder, depth: depth)
        case .record: value = try recordValue(records[node.a], &decoder, depth: depth)
        case .union, .mismatch: throw unfit(entered, decoder, "a value")
        }
        return node.readerBranch < 0 ? value : .union(Int(node.readerBranch), value)
    }

    private func arrayValue(
        _ id: NodeID, _ decoder: inout AvroDecoder, depth: Int
    ) throws(DecodeError) -> AvroValue {
        try checkDepth(depth, decoder)
        var items = try array(id, &decoder)
        var values: [AvroValue] = []
        while try items.next(&decoder) {
            values.append(try value(items.item, &decoder, depth: depth + 1))
        }
        return .array(values)
    }

    private func mapValue(
        _ id: NodeID, _ decoder: inout AvroDecoder, depth: Int
    ) throws(DecodeError) -> AvroValue {
        try checkDepth(depth, decoder)
        var items = try map(id, &decoder)
        var entries: [AvroValue.Entry] = []
        while try items.next(&decoder) {
            let key = ByteString(try decoder.string())
            entries.append(AvroValue.Entry(key, try value(items.item, &decoder, depth: depth + 1)))
        }
        return .map(entries)
    }

    private func recordValue(
        _ record: AvroRecordPlan, _ decoder: inout AvroDecoder, depth: Int
    ) throws(DecodeError) -> AvroValue {
        try checkDepth(depth, decoder)
        var values = [AvroValue](repeating: .null, count: record.slotCount)
        for missing in record.missing { values[missing.slot] = missing.value }
        for step in record.steps {
            if step.slot < 0 {
                try skip(step.node, &decoder)
            } else {
                values[step.slot] = try value(step.node, &decoder, depth: depth + 1)
            }
        }
        return .record(values)
    }
}
