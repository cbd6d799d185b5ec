import Bytes
import JSON
import TestKit
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
    static let refused: [(String, DecodeError.Kind)] = [
        ("", .truncated), (" ", .truncated), ("{", .truncated), ("[1", .truncated), ("\"a", .truncated),
        ("{\"a\"", .truncated), ("{\"a\":", .truncated), ("[1,", .truncated), ("\"\\", .truncated),
        ("[1,]", .malformed), ("{\"a\":1,}", .malformed), ("{,}", .malformed), ("[,1]", .malformed),
        ("{a:1}", .malformed), ("{'a':1}", .malformed), ("{\"a\" 1}", .malformed),
        ("{\"a\":1 \"b\":2}", .malformed),
        ("[1 2]", .malformed), ("[1}", .malformed), ("{\"a\":1]", .malformed), ("1 2", .malformed),
        ("01", .malformed), ("-", .malformed), ("-01", .malformed), ("1.", .malformed), (".5", .malformed),
        ("+1", .malformed), ("1e", .malformed), ("1e+", .malformed), ("0x1", .malformed), ("NaN", .malformed),
        ("tru", .malformed), ("True", .malformed), ("nulll", .malformed), ("\"\t\"", .malformed),
        ("\"\u{0}\"", .malformed), ("\"\\x\"", .malformed), ("\"\\u12g4\"", .malformed),
        ("\"\\ud800\"", .malformed), ("\"\\ud800x\"", .malformed), ("\"\\ud800\\n\"", .malformed),
        ("\"\\ud800\\ud800\"", .malformed), ("\"\\udc00\"", .malformed), ("\u{FEFF}1", .malformed),
        ("// x\n1", .malformed), ("]", .malformed), ("}", .malformed),
    ]

    @Test("what is not strict JSON is refused", arguments: refused)
    func refuses(text: String, kind: DecodeError.Kind) {
        #expect(throws: DecodeError.self) { try JSONValue.parse(Array(text.utf8)) }
        do { _ = try JSONValue.parse(Array(text.utf8)) } catch {
            #expect(error.kind == kind, "\(text): \(error)")
        }
    }

    @Test(
        "strings that are not UTF-8 are refused, wherever in a word they stand",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0xFF],
        ] as [[UInt8]])
    func refusesInvalidUTF8(sequence: [UInt8]) {
        for before in 0..<10 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: before) + sequence + Array("12345678\"".utf8)
            #expect(throws: DecodeError.self) { try JSONValue.parse(text) }
        }
    }

    @Test("errors tell the byte")
    func offsets() {
        for (text, offset) in [("{\"a\":x}", 5), ("[1,2,]", 5), ("[\"ab\u{1}\"]", 4), ("  [01]", 3)] {
            do {
                _ = try JSONValue.parse(Array(text.utf8))
                Issue.record("\(text) was taken")
            } catch { #expect(error.offset == offset, "\(text): \(error)") }
        }
    }

    @Test("numbers are exact")
    func numbers() throws {
        let cases: [(String, JSONValue)] = [
            ("0", 0), ("-1", -1), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .unsigned(1 << 63)),
            ("18446744073709551615", .unsigned(.max)),
            ("18446744073709551616", .number("18446744073709551616")),
            ("-9223372036854775809", .number("-9223372036854775809")),
            ("10000000000000000000000", .number("10000000000000000000000")), ("-0", .number("-0")),
            ("1.50", .number("1.50")), ("1E5", .number("1E5")), ("0.1e-2", .number("0.1e-2")),
        ]
        for (text, value) in cases {
            #expect(try JSONValue.parse(Array(text.utf8)) == value)
            #expect(value.compactBytes == Array(text.utf8))
        }
    }

    @Test("doubles are rounded as the standard library rounds")
    func doubles() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var texts = [
            "0.1", "1e22", "1e23", "9007199254740993", "123456789012345678901234567890", "5e-324", "2.5e-324",
            "1.7976931348623157e308", "0.000001", "1e-22", "8.5e-05", "-0.0", "4.35",
            "17976931348623157000e289",
        ]
        for _ in 0..<500 {
            // JSON has no NaN, signaling or not, and no infinity.
            let value = Double(bitPattern: generator.next())
            if value.isFinite { texts.append("\(value)") }
        }
        for _ in 0..<500 { texts.append("\(Double.random(in: -1e6...1e6, using: &generator))") }
        for text in texts {
            let value = try JSONValue.parse(Array(text.utf8)).doubleValue
            #expect(value?.bitPattern == Double(text)?.bitPattern, "\(text), seed \(seed)")
        }
        #expect(try JSONValue.parse(Array("1e400".utf8)).doubleValue == nil)
    }

    @Test("escapes are resolved, pairs of surrogates too")
    func escapes() throws {
        let text = #""\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00 plain é 😀""#
        #expect(
            try JSONValue.parse(Array(text.utf8)).textValue
                == "\"\\/\u{8}\u{c}\n\r\tAé€😀 plain é 😀")
    }

    @Test("nesting is limited")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONValue.parse(nested(128)) }
        do {
            _ = try JSONValue.parse(nested(129))
            Issue.record("129 levels were taken")
        } catch { #expect(error.kind == .limitExceeded) }
    }

    @Test("a value is skipped whole and its text returned")
    func skips() throws {
        let text = Array(#"{"a": {"x":[1,{"y":"}"}]} ,"b": "s\"t", "c":-1.5, "d":[], "e":true}"#.utf8)
        var found: [String] = []
        try text.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer)
            let first = try reader.next()
            #expect(first == .objectBegin)
            while try reader.next() == .key {
                let key = reader.string
                found.append("\(key)=\(String(decoding: try reader.skipValue(), as: UTF8.self))")
            }
            let last = try reader.next()
            #expect(last == .end)
        }
        #expect(found == [#"a={"x":[1,{"y":"}"}]}"#, #"b="s\"t""#, "c=-1.5", "d=[]", "e=true"])
    }

    @Test("many values follow each other only where that is asked for")
    func manyValues() throws {
        let text = Array("{\"a\":1}\n[2]\n\n3 \"x\"\n".utf8)
        var tokens: [JSONToken] = []
        try text.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer, manyValues: true)
            while true {
                let token = try reader.next()
                tokens.append(token)
                if token == .end { break }
            }
        }
        #expect(
            tokens == [
                .objectBegin, .key, .number, .objectEnd, .arrayBegin, .number, .arrayEnd, .number, .string,
                .end,
            ])
        #expect(throws: DecodeError.self) { try JSONValue.parse(text) }
        try [UInt8]().withUnsafeBytes { buffer in
            var reader = JSONReader(buffer, manyValues: true)
            let token = try reader.next()
            #expect(token == .end)
        }
    }

    @Test("every prefix of a document is refused, and none reads past its end")
    func prefixes() throws {
        let text = Array(#"{"key\u00e9":[1,-2.5e3,"a\ud83d\ude00é",true,false,null,{}],"z":{"y":[]}}"#.utf8)
        for length in 0..<text.count {
            let heap = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
            defer { heap.deallocate() }
            heap.copyBytes(from: text[..<length])
            #expect(throws: DecodeError.self) { try JSONValue.parse(UnsafeRawBufferPointer(heap)) }
        }
        #expect(throws: Never.self) { try JSONValue.parse(text) }
    }
}
