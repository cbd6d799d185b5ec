import Bytes
import Metadata
import Records

// What bounds, partition values and statistics say of the filter's columns.
extension Pruning {
    /// Nothing is known of columns that are no partition columns.
    func facts(_ bounds: [PartitionBounds]?) -> [ColumnFacts] {
        filter.columns.indices.map { index in
            let column = filter.columns[index]
            guard partitionPlaces[index] != nil,
                let known = bounds?.first(where: { $0.column == column.name })
            else { return .unknown }
            if isForeign {
                return ForeignFacts.facts(min: known.min, max: known.max, column.type, mayBeCut: false)
            }
            if known.min == nil, known.max == nil {
                return known.hasNull == true ? ColumnFacts(exactly: nil) : .unknown
            }
            return Self.facts(min: known.min, max: known.max, hasNull: known.hasNull, column.type)
        }
    }

    func facts(_ tuple: PartitionTuple) -> [ColumnFacts] {
        filter.columns.indices.map { index in
            guard let place = partitionPlaces[index], place < tuple.values.count else { return .unknown }
            guard let text = tuple.values[place] else { return ColumnFacts(exactly: nil) }
            guard let value = Self.value(text, filter.columns[index].type) else { return .unknown }
            var facts = ColumnFacts(exactly: value)
            // Others write null as no value, as the empty text, or as this name.
            if isForeign, text.isEmpty || text == PartitionPath.null { facts.hasNull = nil }
            return facts
        }
    }

    func facts(
        _ file: FileView, partition: [ColumnFacts], _ cursor: inout FileRecordCursor
    ) -> [ColumnFacts] {
        let presence = file.schemaID.flatMap { schemas[$0] }
        // Of what a file was written with nothing is known: its texts may be of another type.
        if presence == nil, !isForeign { return partition }
        let names = filter.columns.map(\.name)
        let statistics = file.statistics(of: names, &cursor)
        return filter.columns.indices.map { index in
            if partitionPlaces[index] != nil { return partition[index] }
            guard isDecisive[index] else { return .unknown }
            let (known, type) = (statistics[index], filter.columns[index].type)
            if isForeign { return ForeignFacts.facts(min: known.min, max: known.max, type, mayBeCut: true) }
            switch presence?[index] {
            case .same: return Self.facts(known, type, rowCount: file.rowCount)
            case .absent: return ColumnFacts(exactly: nil)
            case .otherType, nil: return .unknown
            }
        }
    }

    private static func facts(
        _ known: FileView.ColumnStatistics, _ type: ColumnType, rowCount: Int64?
    ) -> ColumnFacts {
        if let nulls = known.nullCount, let rowCount, nulls >= rowCount, rowCount > 0 {
            return ColumnFacts(exactly: nil)
        }
        return facts(min: known.min, max: known.max, hasNull: known.nullCount.map { $0 > 0 }, type)
    }

    /// A text that is no value of the type leaves its side open.
    private static func facts(
        min: ByteString?, max: ByteString?, hasNull: Bool?, _ type: ColumnType
    ) -> ColumnFacts {
        ColumnFacts(
            min: min.flatMap { value($0, type) }, max: max.flatMap { value($0, type) }, hasNull: hasNull)
    }

    /// Texts are bytes, also where they are no UTF-8 and where the type is not decided.
    static func value(_ text: ByteString, _ type: ColumnType) -> TypedValue? {
        switch type {
        case .string, .undecided: .bytes(text)
        default: ValueText.parse(text, type)
        }
    }
}

/// What the bounds of IndexTables say.
///
/// It compares two values as 64-bit integers where both are some, else as doubles where both are some, else as
/// texts, whatever the column's type; nulls and empty texts are left out, and NaN may be.
enum ForeignFacts {
    static func facts(
        min: ByteString?, max: ByteString?, _ type: ColumnType, mayBeCut: Bool
    ) -> ColumnFacts {
        guard let min, let max else { return .unknown }
        switch type {
        case .string, .undecided:
            return ColumnFacts(
                .foreignTexts(ForeignTextBounds(min: min, max: max, mayBeCut: mayBeCut)), hasNull: nil)
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .boolean:
            return typed(min, max, type)
        case .date:
            // A year with a sign is not in the order of texts.
            let isPlain = [min, max].allSatisfy { $0.bytes.first.map { $0 &- 0x30 < 10 } ?? false }
            return isPlain ? typed(min, max, type) : .unknown
        case .decimal(let precision, _):
            // Two decimals of so many digits are never one double.
            return precision <= 15 ? typed(min, max, type) : .unknown
        case .float, .double:
            guard let low = ValueText.parse(min, type), ValueText.parse(max, type) != nil else {
                return .unknown
            }
            return ColumnFacts(min: low, max: nil, hasNull: nil)
        case .uint64, .binary, .timestamp: return .unknown
        }
    }

    private static func typed(_ min: ByteString, _ max: ByteString, _ type: ColumnType) -> ColumnFacts {
        guard let low = ValueText.parse(min, type), let high = ValueText.parse(max, type) else {
            return .unknown
        }
        return ColumnFacts(min: low, max: high, hasNull: nil)
    }
}
