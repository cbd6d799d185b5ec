import Bytes
import Records

/// How the stored form of a column becomes values of its lane.
enum ValueConversion: Equatable {
    /// Stored values are the lane's own (or bits, for booleans; or length and bytes, for byte arrays).
    case same
    /// A decimal of at most nine digits in 64 bits.
    case narrow
    /// A decimal of more than nine digits in 32 bits, or of more than 18 in 64.
    case widen
    /// Julian day and nanoseconds of the day, as older Spark writes timestamps.
    case int96
    /// A big-endian two's complement number of fixed width.
    case bigEndian(width: Int)
    /// A big-endian two's complement number behind its length.
    case bigEndianVariable
    /// Byte strings of one width without lengths.
    case fixedBytes(width: Int)
    /// The column has no values at all.
    case nothing
}

/// A leaf of the file's schema: the column as the table sees it, and how it is stored.
struct FileColumn {
    var column: TableSchema.Column
    var type: PhysicalType
    /// Bytes of a fixed-length byte array.
    var typeLength: Int
    var conversion: ValueConversion

    var isOptional: Bool { column.isNullable }
    var name: ByteString { column.name }
}

extension FileColumn {
    /// The columns of a flat schema, or an error that names the first column that is not.
    static func columns(of schema: [SchemaElement]) throws(ParquetError) -> [FileColumn] {
        guard let root = schema.first, let count = root.childCount, count == schema.count - 1 else {
            if let nested = schema.dropFirst().first(where: { ($0.childCount ?? 0) > 0 }) {
                throw nestedError(nested)
            }
            throw ParquetError(.malformed, "the schema has no root with \(schema.count - 1) columns")
        }
        // Field ids are used where every column has its own.
        let ids = schema.dropFirst().compactMap(\.fieldID)
        let hasIDs = ids.count == count && Set(ids).count == count
        var result: [FileColumn] = []
        for (position, element) in schema.dropFirst().enumerated() {
            let id = hasIDs ? element.fieldID ?? 0 : position + 1
            result.append(try FileColumn(element, id: id))
        }
        return result
    }

    private static func nestedError(_ element: SchemaElement) -> ParquetError {
        ParquetError(
            .unsupported, "the column is nested or repeated; only flat columns are read", column: element.name
        )
    }

    private init(_ element: SchemaElement, id: Int) throws(ParquetError) {
        if (element.childCount ?? 0) > 0 || element.repetition == .repeated || element.type == nil {
            throw Self.nestedError(element)
        }
        guard let type = element.type, let repetition = element.repetition else {
            throw ParquetError(.malformed, "the column states no type or no repetition", column: element.name)
        }
        let width = element.typeLength ?? 0
        if type == .fixedLengthByteArray, width <= 0 || width > 1 << 20 {
            throw ParquetError(.malformed, "a fixed length of \(width) bytes", column: element.name)
        }
        let meaning: ColumnType
        do {
            meaning = try element.columnType(type, width: width)
        } catch {
            throw error.inColumn(element.name)
        }
        column = TableSchema.Column(
            id: id, name: element.name, type: meaning, isNullable: repetition == .optional)
        self.type = type
        typeLength = type == .fixedLengthByteArray ? width : 0
        conversion = Self.conversion(from: type, width: width, to: meaning)
    }

    private static func conversion(
        from type: PhysicalType, width: Int, to meaning: ColumnType
    ) -> ValueConversion {
        switch (type, meaning.lane) {
        case (_, .none): .nothing
        case (.int96, _): .int96
        case (.int64, .int32): .narrow
        case (.int32, .int64), (.int32, .int128), (.int64, .int128): .widen
        case (.fixedLengthByteArray, .bytes): .fixedBytes(width: width)
        case (.fixedLengthByteArray, _): .bigEndian(width: width)
        case (.byteArray, .int32), (.byteArray, .int64), (.byteArray, .int128): .bigEndianVariable
        default: .same
        }
    }
}

extension SchemaElement {
    /// What the annotations make of the physical type; the newer annotation wins.
    fileprivate func columnType(_ type: PhysicalType, width: Int) throws(ParquetError) -> ColumnType {
        if let logicalType {
            if let meaning = try logicalMeaning(logicalType, type, width) { return meaning }
        } else if let convertedType {
            if let meaning = try convertedMeaning(convertedType, type, width) { return meaning }
        }
        switch type {
        case .boolean: return .boolean
        case .int32: return .int32
        case .int64: return .int64
        case .int96: return .timestamp(.nanosecond, isUTC: false)
        case .float: return .float
        case .double: return .double
        case .byteArray, .fixedLengthByteArray: return .binary
        }
    }

    private func unsupported(_ what: String) -> ParquetError {
        ParquetError(.unsupported, "values of type \(what) are not read")
    }

    private func logicalMeaning(
        _ logical: LogicalType, _ type: PhysicalType, _ width: Int
    ) throws(ParquetError) -> ColumnType? {
        switch (logical, type) {
        case (.string, .byteArray), (.enumeration, .byteArray), (.json, .byteArray): return .string
        case (.decimal(let scale, let precision), _):
            return try decimal(precision: precision, scale: scale, type, width)
        case (.date, .int32): return .date
        case (.timestamp(let isUTC, let unit), .int64):
            let units: [LogicalType.Unit: TimeUnit] = [
                .milliseconds: .millisecond, .microseconds: .microsecond, .nanoseconds: .nanosecond,
            ]
            return .timestamp(units[unit] ?? .microsecond, isUTC: isUTC)
        case (.integer(let bits, let isSigned), .int32), (.integer(let bits, let isSigned), .int64):
            return try integer(bits: bits, isSigned: isSigned, type)
        case (.unknown, _): return .undecided
        case (.time, _): throw unsupported("TIME")
        case (.float16, _): throw unsupported("FLOAT16")
        case (.map, _), (.list, _):
            throw ParquetError(.unsupported, "the column is nested or repeated; only flat columns are read")
        case (.bson, _), (.uuid, _), (.other, _): return nil
        default: throw ParquetError(.malformed, "\(logical) does not go with \(type)")
        }
    }

    private func convertedMeaning(
        _ converted: ConvertedType, _ type: PhysicalType, _ width: Int
    ) throws(ParquetError) -> ColumnType? {
        switch (converted, type) {
        case (.utf8, .byteArray), (.enumeration, .byteArray), (.json, .byteArray): return .string
        case (.decimal, _): return try decimal(precision: precision ?? 0, scale: scale ?? 0, type, width)
        case (.date, .int32): return .date
        case (.timestampMillis, .int64): return .timestamp(.millisecond, isUTC: true)
        case (.timestampMicros, .int64): return .timestamp(.microsecond, isUTC: true)
        case (.uint8, .int32): return .uint8
        case (.uint16, .int32): return .uint16
        case (.uint32, .int32): return .uint32
        case (.uint64, .int64): return .uint64
        case (.int8, .int32): return .int8
        case (.int16, .int32): return .int16
        case (.int32, .int32), (.int64, .int64), (.bson, _): return nil
        case (.timeMillis, _), (.timeMicros, _): throw unsupported("TIME")
        case (.interval, _): throw unsupported("INTERVAL")
        default: throw ParquetError(.malformed, "\(converted) does not go with \(type)")
        }
    }

    private func integer(bits: Int, isSigned: Bool, _ type: PhysicalType) throws(ParquetError) -> ColumnType {
        switch (bits, type) {
        case (8, .int32): return isSigned ? .int8 : .uint8
        case (16, .int32): return isSigned ? .int16 : .uint16
        case (32, .int32): return isSigned ? .int32 : .uint32
        case (64, .int64): return isSigned ? .int64 : .uint64
        default: throw ParquetError(.malformed, "an integer of \(bits) bits does not go with \(type)")
        }
    }

    private func decimal(
        precision: Int, scale: Int, _ type: PhysicalType, _ width: Int
    ) throws(ParquetError) -> ColumnType {
        guard precision >= 1, scale >= 0, scale <= precision else {
            throw ParquetError(.malformed, "a decimal of precision \(precision) and scale \(scale)")
        }
        guard precision <= 38 else {
            throw unsupported("DECIMAL(\(precision), \(scale)) (38 digits are the most)")
        }
        switch type {
        case .int32, .int64, .byteArray, .fixedLengthByteArray:
            return .decimal(precision: precision, scale: scale)
        default: throw ParquetError(.malformed, "a decimal does not go with \(type)")
        }
    }
}
