import Bytes
import Records

extension FileColumn {
    /// The form in which the writer stores a column.
    init(writing column: TableSchema.Column) throws(ParquetError) {
        self.column = column
        typeLength = 0
        conversion = .same
        switch column.type {
        case .boolean: type = .boolean
        case .int8, .int16, .int32, .uint8, .uint16, .uint32, .date: type = .int32
        case .int64, .uint64, .timestamp: type = .int64
        case .float: type = .float
        case .double: type = .double
        case .string, .binary: type = .byteArray
        case .undecided:
            type = .int32
            conversion = .nothing
        case .decimal(let precision, let scale):
            guard precision >= 1, precision <= 38, scale >= 0, scale <= precision else {
                throw ParquetError(
                    .mismatch, "a decimal of precision \(precision) and scale \(scale)", column: column.name)
            }
            switch column.type.lane {
            case .int32: type = .int32
            case .int64: type = .int64
            default:
                type = .fixedLengthByteArray
                typeLength = Self.decimalWidth(precision)
                conversion = .bigEndian(width: typeLength)
            }
        }
    }

    /// The fewest bytes whose two's complement holds every number of `precision` digits.
    static func decimalWidth(_ precision: Int) -> Int {
        var largest: Int128 = 0
        for _ in 0..<precision { largest = largest * 10 + 9 }
        let bits = Int128.bitWidth - largest.leadingZeroBitCount + 1
        return (bits + 7) / 8
    }

    var schemaElement: SchemaElement {
        var element = SchemaElement()
        element.name = column.name
        element.type = type
        element.typeLength = type == .fixedLengthByteArray ? typeLength : nil
        element.repetition = column.isNullable ? .optional : .required
        element.fieldID = column.id
        (element.logicalType, element.convertedType) = annotations
        if case .decimal(let precision, let scale) = column.type {
            element.precision = precision
            element.scale = scale
        }
        return element
    }

    private var annotations: (LogicalType?, ConvertedType?) {
        switch column.type {
        case .boolean, .float, .double, .binary, .int32, .int64: (nil, nil)
        case .int8: (.integer(bits: 8, isSigned: true), .int8)
        case .int16: (.integer(bits: 16, isSigned: true), .int16)
        case .uint8: (.integer(bits: 8, isSigned: false), .uint8)
        case .uint16: (.integer(bits: 16, isSigned: false), .uint16)
        case .uint32: (.integer(bits: 32, isSigned: false), .uint32)
        case .uint64: (.integer(bits: 64, isSigned: false), .uint64)
        case .string: (.string, .utf8)
        case .date: (.date, .date)
        // The older annotations mean UTC, so a time without a zone has none of them.
        case .timestamp(.millisecond, let isUTC):
            (.timestamp(isUTC: isUTC, unit: .milliseconds), isUTC ? .timestampMillis : nil)
        case .timestamp(.microsecond, let isUTC):
            (.timestamp(isUTC: isUTC, unit: .microseconds), isUTC ? .timestampMicros : nil)
        case .timestamp(.nanosecond, let isUTC): (.timestamp(isUTC: isUTC, unit: .nanoseconds), nil)
        case .decimal(let precision, let scale): (.decimal(scale: scale, precision: precision), .decimal)
        case .undecided: (.unknown, nil)
        }
    }

    /// True where the stored bytes of the two columns mean the same.
    func storesLike(_ other: FileColumn) -> Bool {
        type == other.type && typeLength == other.typeLength && column.type == other.column.type
            && column.name == other.column.name && column.isNullable == other.column.isNullable
    }
}
