import Bytes

/// Writes Thrift's compact protocol; optional fields that are nil are left out.
struct CompactWriter {
    typealias WireType = CompactReader.WireType

    var out = ByteWriter()
    /// The number of the last field of each open structure.
    private var last = [0]

    private mutating func head(_ id: Int, _ type: WireType) {
        let delta = id - last[last.count - 1]
        last[last.count - 1] = id
        if delta > 0, delta <= 15 {
            out.uint8(UInt8(delta) << 4 | type.rawValue)
        } else {
            out.uint8(type.rawValue)
            out.zigzag(Int64(id))
        }
    }

    mutating func int8(_ id: Int, _ value: Int) {
        head(id, .int8)
        out.uint8(UInt8(truncatingIfNeeded: value))
    }

    mutating func int16(_ id: Int, _ value: Int) {
        head(id, .int16)
        out.zigzag(Int64(value))
    }

    mutating func int32(_ id: Int, _ value: Int?) {
        guard let value else { return }
        head(id, .int32)
        out.zigzag(Int64(value))
    }

    mutating func int64(_ id: Int, _ value: Int?) {
        guard let value else { return }
        head(id, .int64)
        out.zigzag(Int64(value))
    }

    mutating func boolean(_ id: Int, _ value: Bool?) {
        guard let value else { return }
        head(id, value ? .yes : .no)
    }

    mutating func binary(_ id: Int, _ value: ByteString?) {
        guard let value else { return }
        head(id, .binary)
        element(value)
    }

    /// The structure that is the value of field `id`.
    mutating func structure(_ id: Int, _ body: (inout CompactWriter) -> Void) {
        head(id, .structure)
        element(body)
    }

    /// A list as the value of field `id`; `body` writes each element.
    mutating func list<Elements: Collection>(
        _ id: Int, of type: WireType, _ elements: Elements,
        _ body: (inout CompactWriter, Elements.Element) -> Void
    ) {
        head(id, .list)
        let count = elements.count
        if count < 15 {
            out.uint8(UInt8(count) << 4 | type.rawValue)
        } else {
            out.uint8(0xF0 | type.rawValue)
            out.varint(UInt64(count))
        }
        for item in elements { body(&self, item) }
    }

    /// A structure that is an element of a list, or the outermost.
    mutating func element(_ body: (inout CompactWriter) -> Void) {
        last.append(0)
        body(&self)
        last.removeLast()
        out.uint8(0)
    }

    mutating func element(_ value: ByteString) {
        out.varint(UInt64(value.count))
        out.append(value)
    }

    mutating func element(_ value: Int) { out.zigzag(Int64(value)) }

    mutating func element(_ value: Bool) { out.uint8(value ? 1 : 2) }
}
