package import Bytes

extension AvroPlan {
    /// Data nested deeper than this is refused, whatever the schema allows.
    static let depthLimit = 100

    /// Passes over a value, whole blocks at once where the writer says their length.
    package func skip(_ id: NodeID, _ decoder: inout AvroDecoder) throws(DecodeError) {
        try skip(id, &decoder, depth: 0)
    }

    private func skip(_ id: NodeID, _ decoder: inout AvroDecoder, depth: Int) throws(DecodeError) {
        let node = nodes[id.index]
        switch node.wire {
        case .null: break
        case .boolean: try decoder.reader.skip(1)
        case .int, .long, .enumeration: _ = try decoder.reader.varint()
        case .float: try decoder.reader.skip(4)
        case .double: try decoder.reader.skip(8)
        case .bytes, .string: _ = try decoder.bytes()
        case .fixed: try decoder.reader.skip(node.a)
        case .union:
            try skip(try enter(id, &decoder), &decoder, depth: depth)
        case .array, .map:
            try skipItems(node, &decoder, depth: depth)
        case .record:
            try checkDepth(depth, decoder)
            for step in records[node.a].steps { try skip(step.node, &decoder, depth: depth + 1) }
        case .mismatch:
            throw unfit(id, decoder, "")
        }
    }

    private func skipItems(_ node: Node, _ decoder: inout AvroDecoder, depth: Int) throws(DecodeError) {
        try checkDepth(depth, decoder)
        let itemsAreEmpty = node.b == 1
        while true {
            let head = try decoder.blockHead(emptyItems: itemsAreEmpty)
            if let size = head.sizeBytes {
                try decoder.reader.skip(size)
                continue
            }
            if head.count == 0 { return }
            if itemsAreEmpty { continue }
            for _ in 0..<head.count {
                if node.wire == .map { _ = try decoder.bytes() }
                try skip(NodeID(index: node.a), &decoder, depth: depth + 1)
            }
        }
    }

    func checkDepth(_ depth: Int, _ decoder: AvroDecoder) throws(DecodeError) {
        guard depth < Self.depthLimit else {
            throw DecodeError(
                .limitExceeded, at: decoder.offset, "Avro data has more than \(Self.depthLimit) levels")
        }
    }
}
