import Bytes

/// What the values of a physical type mean.
enum LogicalType: Equatable {
    case string, map, list, enumeration, date, unknown, json, bson, uuid, float16
    case decimal(scale: Int, precision: Int)
    case time
    case timestamp(isUTC: Bool, unit: Unit)
    case integer(bits: Int, isSigned: Bool)
    /// A member of the union that is newer than this code.
    case other(Int)

    enum Unit: Int {
        case milliseconds = 1
        case microseconds = 2
        case nanoseconds = 3
    }
}

/// The older form of ``LogicalType``.
enum ConvertedType: Int {
    case utf8 = 0, map, mapKeyValue, list, enumeration, decimal, date, timeMillis, timeMicros
    case timestampMillis, timestampMicros, uint8, uint16, uint32, uint64, int8, int16, int32, int64
    case json, bson, interval
}

/// A node of the schema tree, which the footer holds in depth-first order.
struct SchemaElement {
    enum Repetition: Int {
        case required = 0
        case optional = 1
        case repeated = 2
    }

    var name = ByteString()
    var type: PhysicalType?
    var typeLength: Int?
    var repetition: Repetition?
    var childCount: Int?
    var convertedType: ConvertedType?
    var scale: Int?
    var precision: Int?
    var fieldID: Int?
    var logicalType: LogicalType?
}

extension SchemaElement {
    init(_ reader: inout CompactReader) throws(DecodeError) {
        self.init()
        var element = self
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1:
                let code = try reader.integer(field)
                element.type = PhysicalType(rawValue: code)
                if element.type == nil {
                    throw DecodeError(
                        .unsupported, at: reader.bytes.offset, "no physical type has code \(code)")
                }
            case 2: element.typeLength = try reader.integer(field)
            case 3: element.repetition = Repetition(rawValue: try reader.integer(field))
            case 4: element.name = try reader.binary(field)
            case 5: element.childCount = try reader.integer(field)
            case 6: element.convertedType = ConvertedType(rawValue: try reader.integer(field))
            case 7: element.scale = try reader.integer(field)
            case 8: element.precision = try reader.integer(field)
            case 9: element.fieldID = try reader.integer(field)
            case 10: element.logicalType = try LogicalType(&reader, field)
            default: try reader.skip(field)
            }
        }
        self = element
    }

    func write(_ writer: inout CompactWriter) {
        writer.element { writer in
            writer.int32(1, type?.rawValue)
            writer.int32(2, typeLength)
            writer.int32(3, repetition?.rawValue)
            writer.binary(4, name)
            writer.int32(5, childCount)
            writer.int32(6, convertedType?.rawValue)
            writer.int32(7, scale)
            writer.int32(8, precision)
            writer.int32(9, fieldID)
            if let logicalType { writer.structure(10) { logicalType.write(&$0) } }
        }
    }
}

extension LogicalType {
    init?(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(DecodeError) {
        var result: LogicalType?
        try reader.structure(field) { (reader, member) throws(DecodeError) in
            switch member.id {
            case 5: result = try Self.decimal(&reader, member)
            case 8: result = try Self.timestamp(&reader, member)
            case 10: result = try Self.integer(&reader, member)
            default:
                result = Self.simple[member.id] ?? .other(member.id)
                try reader.skip(member)
            }
        }
        guard let result else { return nil }
        self = result
    }

    private static let simple: [Int: LogicalType] = [
        1: .string, 2: .map, 3: .list, 4: .enumeration, 6: .date, 7: .time, 11: .unknown, 12: .json,
        13: .bson, 14: .uuid, 15: .float16,
    ]

    private static func decimal(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) -> LogicalType {
        var scale = 0
        var precision = 0
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: scale = try reader.integer(field)
            case 2: precision = try reader.integer(field)
            default: try reader.skip(field)
            }
        }
        return .decimal(scale: scale, precision: precision)
    }

    private static func timestamp(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) -> LogicalType {
        var isUTC = false
        var unit = Unit.microseconds
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: isUTC = try reader.boolean(field)
            case 2:
                try reader.structure(field) { (reader, field) throws(DecodeError) in
                    guard let known = Unit(rawValue: field.id) else {
                        throw DecodeError(.unsupported, at: reader.bytes.offset, "an unknown time unit")
                    }
                    unit = known
                    try reader.skip(field)
                }
            default: try reader.skip(field)
            }
        }
        return .timestamp(isUTC: isUTC, unit: unit)
    }

    private static func integer(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(DecodeError) -> LogicalType {
        var bits = 0
        var isSigned = true
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: bits = try reader.integer(field)
            case 2: isSigned = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        return .integer(bits: bits, isSigned: isSigned)
    }

    /// Writes the one member of the union.
    func write(_ writer: inout CompactWriter) {
        switch self {
        case .decimal(let scale, let precision):
            writer.structure(5) {
                $0.int32(1, scale)
                $0.int32(2, precision)
            }
        case .timestamp(let isUTC, let unit):
            writer.structure(8) {
                $0.boolean(1, isUTC)
                $0.structure(2) { $0.structure(unit.rawValue) { _ in } }
            }
        case .integer(let bits, let isSigned):
            writer.structure(10) {
                $0.int8(1, bits)
                $0.boolean(2, isSigned)
            }
        default:
            // Only members without fields are written here.
            if let id = Self.simple.first(where: { $0.value == self })?.key { writer.structure(id) { _ in } }
        }
    }
}
