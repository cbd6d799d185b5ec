import Bytes

/// Statistics as the footer holds them: values in their PLAIN form.
struct StoredStatistics {
    var minimum: ByteString?
    var maximum: ByteString?
    /// The older fields, which are only right for signed order.
    var signedMinimum: ByteString?
    var signedMaximum: ByteString?
    var nullCount: Int?
    var isMinimumExact: Bool?
    var isMaximumExact: Bool?

    init() {}

    init(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(DecodeError) {
        var read = StoredStatistics()
        try reader.structure(field) { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: read.signedMaximum = try reader.binary(field)
            case 2: read.signedMinimum = try reader.binary(field)
            case 3: read.nullCount = try reader.integer(field)
            case 5: read.maximum = try reader.binary(field)
            case 6: read.minimum = try reader.binary(field)
            case 7: read.isMaximumExact = try reader.boolean(field)
            case 8: read.isMinimumExact = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        self = read
    }

    func write(_ writer: inout CompactWriter) {
        writer.int64(3, nullCount)
        writer.binary(5, maximum)
        writer.binary(6, minimum)
        writer.boolean(7, isMaximumExact)
        writer.boolean(8, isMinimumExact)
    }
}
