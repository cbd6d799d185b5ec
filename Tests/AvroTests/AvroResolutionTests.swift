import Avro
import Bytes
import Testing

@Suite struct AvroResolutionTests {
    /// Writes `value` with one type and reads it as another; nil for types that do not resolve.
    private func read(_ value: AvroValue, _ from: String, as to: String) throws -> AvroValue? {
        let writer = try AvroSchema.parse(from)
        let reader = try AvroSchema.parse(to)
        guard (try? AvroPlan(writer: writer, reader: reader)) != nil else { return nil }
        return try decoded(try encoded(value, writer), writer, as: reader)
    }

    private static let scalars: [(word: String, value: AvroValue)] = [
        ("null", .null), ("boolean", .boolean(true)), ("int", .int(3)), ("long", .long(3)),
        ("float", .float(3)),
        ("double", .double(3)), ("bytes", .bytes("3")), ("string", .string("3")),
    ]

    @Test("scalars are promoted as the specification's list says, and no further")
    func promotions() throws {
        let allowed: [String: Set<String>] = [
            "int": ["long", "float", "double"], "long": ["float", "double"], "float": ["double"],
            "string": ["bytes"], "bytes": ["string"],
        ]
        for from in Self.scalars {
            for to in Self.scalars {
                let isAllowed = from.word == to.word || allowed[from.word]?.contains(to.word) == true
                let result = try read(from.value, "\"\(from.word)\"", as: "\"\(to.word)\"")
                #expect(result == (isAllowed ? to.value : nil), "\(from.word) as \(to.word)")
            }
        }
    }

    private static let suits = #"{"type":"enum","name":"E","symbols":["A","B"]}"#

    @Test(
        "types resolve by the table",
        arguments: [
            // Unions.
            ("\"int\"", AvroValue.int(1), #"["null","long"]"#, .union(1, .long(1))),
            (#"["null","int"]"#, .union(1, .int(1)), "\"long\"", .long(1)),
            (#"["null","int"]"#, .union(1, .int(1)), #"["int","null"]"#, .union(0, .int(1))),
            (#"["null","int"]"#, .union(0, .null), #"["int","null"]"#, .union(1, .null)),
            // The same type goes before one that needs promotion.
            ("\"int\"", .int(1), #"["double","int"]"#, .union(1, .int(1))),
            ("\"float\"", .float(1), #"["int","double"]"#, .union(1, .double(1))),
            ("\"string\"", .string("x"), #"["null","int"]"#, nil),
            // Enums by symbol, whatever the order; names of types do not matter.
            (
                suits, .enumeration(1), #"{"type":"enum","name":"Other","symbols":["C","B","A"]}"#,
                .enumeration(1)
            ),
            (suits, .enumeration(0), #"{"type":"enum","name":"E","symbols":["C","B","A"]}"#, .enumeration(2)),
            (
                suits, .enumeration(0), #"{"type":"enum","name":"E","symbols":["X","B"],"default":"X"}"#,
                .enumeration(0)
            ),
            // Containers, item by item.
            (
                #"{"type":"array","items":"int"}"#, .array([.int(1)]),
                #"{"type":"array","items":["null","double"]}"#, .array([.union(1, .double(1))])
            ),
            (
                #"{"type":"map","values":"string"}"#, .map([.init("k", .string("v"))]),
                #"{"type":"map","values":"bytes"}"#, .map([.init("k", .bytes("v"))])
            ),
            (#"{"type":"array","items":"int"}"#, .array([]), #"{"type":"map","values":"int"}"#, nil),
            // Fixed of one size only.
            (
                #"{"type":"fixed","name":"F","size":1}"#, .fixed("x"),
                #"{"type":"fixed","name":"G","size":1}"#, .fixed("x")
            ),
            (
                #"{"type":"fixed","name":"F","size":1}"#, .fixed("x"),
                #"{"type":"fixed","name":"F","size":2}"#, nil
            ),
        ] as [(String, AvroValue, String, AvroValue?)])
    func table(from: String, value: AvroValue, to: String, expected: AvroValue?) throws {
        #expect(try read(value, from, as: to) == expected)
    }

    @Test("a union's records are told apart by name, by alias, and then by what resolves")
    func namedBranches() throws {
        func record(_ name: String, _ field: String, _ more: String = "") -> String {
            #"{"type":"record","name":"\#(name)"\#(more),"fields":[{"name":"\#(field)","type":"int"}]}"#
        }
        let two = "[\(record("x.A", "f")),\(record("x.B", "f"))]"
        let value = AvroValue.union(1, .record([.int(5)]))
        #expect(
            try read(value, two, as: "[\(record("y.B", "f")),\(record("y.A", "f"))]")
                == .union(0, .record([.int(5)])))
        let renamed = record("y.C", "f", #","aliases":["x.B"]"#)
        #expect(try read(value, two, as: "[\(record("y.A", "f")),\(renamed)]") == value)
    }

    @Test("a branch that the reader lacks is an error only where it is met")
    func lateMismatch() throws {
        let from = #"["null","string","int"]"#
        #expect(try read(.union(2, .int(4)), from, as: #"["null","long"]"#) == .union(1, .long(4)))
        #expect(throws: DecodeError.self) {
            try read(.union(1, .string("x")), from, as: #"["null","long"]"#)
        }
        let unknown = #"{"type":"enum","name":"E","symbols":["A"]}"#
        #expect(try read(.enumeration(0), Self.suits, as: unknown) == .enumeration(0))
        #expect(throws: DecodeError.self) { try read(.enumeration(1), Self.suits, as: unknown) }
    }

    // MARK: Records

    private static let old = """
        {"type":"record","name":"R","fields":[
          {"name":"gone","type":{"type":"map","values":["null",{"type":"array","items":"R"}]}},
          {"name":"b","type":"string"},{"name":"a","type":"int"},{"name":"was","type":"float"}]}
        """
    private static let oldValue = AvroValue.record([
        .map([.init("k", .union(1, .array([.record([.map([]), .string(""), .int(0), .float(0)])])))]),
        .string("text"), .int(7), .float(0.5),
    ])

    @Test("fields are matched by name: reordered, unknown, missing, promoted, renamed")
    func records() throws {
        let new = """
            {"type":"record","name":"R","fields":[
              {"name":"a","type":["null","long"],"default":null},
              {"name":"added","type":["null","string"],"default":null},
              {"name":"b","type":"bytes"},
              {"name":"list","type":{"type":"array","items":"int"},"default":[1,2]},
              {"name":"map","type":{"type":"map","values":"boolean"},"default":{"x":true}},
              {"name":"raw","type":"bytes","default":"\\u00ff"},
              {"name":"suit","type":{"type":"enum","name":"E","symbols":["A","B"]},"default":"B"},
              {"name":"inner","type":{"type":"record","name":"I","fields":[
                 {"name":"p","type":"int"},{"name":"q","type":"double","default":2.5}]},"default":{"p":4}},
              {"name":"now","type":"double","aliases":["was"]}]}
            """
        #expect(
            try read(Self.oldValue, Self.old, as: new)
                == .record([
                    .union(1, .long(7)), .union(0, .null), .bytes("text"), .array([.int(1), .int(2)]),
                    .map([.init("x", .boolean(true))]), .bytes(ByteString([0xFF])), .enumeration(1),
                    .record([.int(4), .double(2.5)]), .double(0.5),
                ]))
    }

    @Test(
        "what cannot be had is an error that names the field",
        arguments: [
            (#"{"name":"added","type":"int"}"#, "the field added of S is missing and has no default"),
            (#"{"name":"added","type":"int","default":"x"}"#, "the default of the field added of S"),
            (#"{"name":"b","type":"int"}"#, "S.b: string cannot be read as int"),
            (#"{"name":"gone","type":{"type":"map","values":"int"}}"#, "S.gone: "),
        ])
    func refusals(field: String, message: String) throws {
        let writer = try AvroSchema.parse(Self.old)
        let reader = try AvroSchema.parse(#"{"type":"record","name":"S","fields":[\#(field)]}"#)
        let error = #expect(throws: DecodeError.self) { try AvroPlan(writer: writer, reader: reader) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("recursive schemas resolve on both sides")
    func recursion() throws {
        let from = """
            {"type":"record","name":"Tree","fields":[{"name":"value","type":"int"},{"name":"note","type":"string"},
              {"name":"children","type":{"type":"array","items":"Tree"}}]}
            """
        let to = """
            {"type":"record","name":"Tree","fields":[
              {"name":"children","type":{"type":"array","items":["null","Tree"]}},{"name":"value","type":"long"}]}
            """
        let leaf = AvroValue.record([.int(2), .string("leaf"), .array([])])
        let tree = AvroValue.record([.int(1), .string("root"), .array([leaf, leaf])])
        let expected = AvroValue.union(1, .record([.array([]), .long(2)]))
        #expect(try read(tree, from, as: to) == .record([.array([expected, expected]), .long(1)]))
    }

    @Test("a plan is driven step by step in the writer's order, whatever the writer's types are")
    func steps() throws {
        let writer = try AvroSchema.parse(
            """
            {"type":"record","name":"W","fields":[
              {"name":"count","type":["int","null"]},{"name":"unknown","type":{"type":"array","items":"double"}},
              {"name":"tags","type":{"type":"map","values":["null","string"]}},{"name":"path","type":["string"]},
              {"name":"list","type":["null",{"type":"array","items":"bytes"}]},{"name":"inner","type":
                {"type":"record","name":"I","fields":[{"name":"x","type":"long"},{"name":"y","type":"float"}]}}]}
            """)
        let reader = try AvroSchema.parse(
            """
            {"type":"record","name":"R","fields":[
              {"name":"path","type":"string"},{"name":"count","type":["null","long"]},
              {"name":"tags","type":{"type":"map","values":["null","string"]}},
              {"name":"list","type":["null",{"type":"array","items":"string"}]},
              {"name":"inner","type":["null",{"type":"record","name":"I","fields":[{"name":"y","type":"double"}]}]},
              {"name":"extra","type":"long","default":9}]}
            """)
        let datum = AvroValue.record([
            .union(0, .int(5)), .array([.double(1), .double(2)]),
            .map([.init("k", .union(1, .string("v"))), .init("n", .union(0, .null))]),
            .union(0, .string("p")), .union(1, .array([.bytes("one"), .bytes("two")])),
            .record([.long(1), .float(0.25)]),
        ])
        let plan = try AvroPlan(writer: writer, reader: reader)
        let record = try plan.rootRecord()
        #expect(record.steps.map(\.slot) == [1, -1, 2, 0, 3, 4])
        #expect(record.missing.map(\.slot) == [5])
        #expect(record.missing.first?.value == .long(9))
        #expect(record.slotCount == 6)
        var read: [String] = []
        try encoded(datum, writer).withUnsafeBytes { buffer in
            var decoder = AvroDecoder(buffer)
            for step in record.steps {
                switch step.slot {
                case 0: read.append(ByteString(try plan.string(step.node, &decoder)).display)
                case 1: read.append("\(try plan.optionalLong(step.node, &decoder) ?? -1)")
                case 2:
                    var entries = try plan.map(step.node, &decoder)
                    while try entries.next(&decoder) {
                        let key = ByteString(try decoder.string())
                        let value = try plan.optionalString(entries.item, &decoder)
                        read.append("\(key)=\(value.map { ByteString($0).display } ?? "-")")
                    }
                case 3:
                    guard var items = try plan.optionalArray(step.node, &decoder) else { break }
                    while try items.next(&decoder) {
                        read.append(ByteString(try plan.string(items.item, &decoder)).display)
                    }
                case 4:
                    let inner = try #require(try plan.optionalRecord(step.node, &decoder))
                    for step in inner.steps {
                        if step.slot == 0 {
                            read.append("\(try plan.double(step.node, &decoder))")
                        } else {
                            try plan.skip(step.node, &decoder)
                        }
                    }
                default: try plan.skip(step.node, &decoder)
                }
            }
            #expect(decoder.isAtEnd)
        }
        #expect(read == ["5", "k=v", "n=-", "p", "one", "two", "0.25"])
    }

    @Test("a manifest of more fields is read with the eighteen that are known")
    func fileEntries() throws {
        let known = try AvroSchema.parse(fileEntrySchemaText)
        let extended = try AvroSchema.parse(
            fileEntrySchemaText.replacing(
                #"{"name":"splitTags""#,
                with: #"""
                    {"name":"deleteOpstamp","type":["null","long"],"default":null,"field-id":123},
                    {"name":"companionSourceFiles","type":["null",{"type":"array","items":"string"}],"default":null},
                    {"name":"splitTags"
                    """#))
        let plan = try AvroPlan(writer: extended, reader: known)
        #expect(try plan.rootRecord().steps.filter { $0.slot < 0 }.count == 2)
        let back = try AvroPlan(writer: known, reader: extended)
        #expect(try back.rootRecord().missing.map(\.value) == [.union(0, .null), .union(0, .null)])
    }
}
