import Bytes
import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("commas and colons are set, compact and indented")
    func layout() {
        let value: JSONValue = ["a": 1, "b": [true, nil, "x"], "c": [:], "d": [], "e": ["f": 1.5]]
        #expect(
            String(decoding: value.compactBytes, as: UTF8.self)
                == #"{"a":1,"b":[true,null,"x"],"c":{},"d":[],"e":{"f":1.5}}"#)
        #expect(
            String(decoding: value.indentedBytes, as: UTF8.self) == """
                {
                  "a": 1,
                  "b": [
                    true,
                    null,
                    "x"
                  ],
                  "c": {},
                  "d": [],
                  "e": {
                    "f": 1.5
                  }
                }
                """)
    }

    @Test("fields of every type are written")
    func fields() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("s", "text")
        writer.field("b", ByteString([0x61]))
        writer.field("i", Int64.min)
        writer.field("u", UInt64.max)
        writer.field("d", 1e-7)
        writer.field("n", Double.nan)
        writer.field("t", true)
        writer.field("o", Int64?.none)
        writer.endObject()
        writer.endLine()
        writer.value(2)
        writer.endLine()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"s":"text","b":"a","i":-9223372036854775808,"u":18446744073709551615,"d":1e-07,"#
                + #""n":null,"t":true,"o":null}"# + "\n2\n")
    }

    @Test("strings are escaped, and bytes that are not UTF-8 are replaced")
    func quoting() throws {
        var writer = JSONWriter()
        writer.value(ByteString([0x22, 0x5C, 0x0A, 0x01, 0x7F, 0xFF, 0x61, 0xC3, 0xA9, 0xC3]))
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == #""\"\\\n\u0001"# + "\u{7F}\u{FFFD}aé\u{FFFD}\"")
        for code in UInt8(0)..<128 {
            let value = JSONValue.string(ByteString([code, 0x78]))
            #expect(try JSONValue.parse(value.compactBytes) == value)
        }
    }

    @Test("a document read and written is the same bytes")
    func roundTrip() throws {
        let text = #"{"b":1,"a":[1,2.50,{"x":"é\"\\"}],"a":null,"":-0}"#
        let value = try JSONValue.parse(Array(text.utf8))
        #expect(String(decoding: value.compactBytes, as: UTF8.self) == text)
        #expect(value["a"] == .null)
        #expect(value["missing"] == nil)
        #expect(try JSONValue.parse(value.indentedBytes) == value)
    }

    @Test("members are replaced in place, appended and removed")
    func members() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        #expect(object == ["a": 3, "c": 4])
    }

    @Test("accessors answer for their own kind only")
    func accessors() {
        let integer: JSONValue = 7
        #expect(integer.int64Value == 7 && integer.doubleValue == 7 && integer.uint64Value == 7)
        #expect(integer.stringValue == nil && integer.boolValue == nil && integer.arrayValue == nil)
        #expect(JSONValue.unsigned(.max).int64Value == nil)
        #expect(JSONValue.integer(-1).uint64Value == nil)
    }
}
