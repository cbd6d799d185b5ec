import Avro
import Bytes
import JSON
import Testing

@Suite struct AvroSchemaTests {
    @Test("a schema is written as it was read, with every attribute in its place")
    func roundTrip() throws {
        for text in [fileEntrySchemaText, everythingSchemaText] {
            let schema = try AvroSchema.parse(text)
            #expect(schema.jsonText == (try JSONValue.parse(Array(text.utf8)).compactBytes))
            #expect(try AvroSchema.parse(schema.jsonText).definitions == schema.definitions)
        }
    }

    @Test("custom attributes, defaults and logical types are there to be asked for")
    func attributes() throws {
        let fields = try #require(try AvroSchema.parse(fileEntrySchemaText).recordFields)
        #expect(fields.count == 18)
        #expect(fields[0].attributes["field-id"] == 100)
        #expect(fields[0].attributes["doc"] == "Relative path")
        #expect(fields[0].defaultValue.map { _ in true } == nil)
        #expect(fields[5].defaultValue?.isNull == true)
        let everything = try AvroSchema.parse(everythingSchemaText)
        let large = try #require(everything.recordFields?[3])
        #expect(everything[large.type].logicalType == "timestamp-micros")
    }

    @Test("names are found in their namespace, and a record may contain itself")
    func names() throws {
        let schema = try AvroSchema.parse(
            """
            {"type":"record","name":"a.b.Outer","fields":[
              {"name":"x","type":{"type":"fixed","name":"F","size":1}},
              {"name":"y","type":{"type":"enum","name":"E","namespace":"c","symbols":["S"],"aliases":["Old"]}},
              {"name":"f","type":"F"},{"name":"g","type":"a.b.F"},{"name":"e","type":"c.E"},
              {"name":"self","type":{"type":"array","items":"Outer"}}]}
            """)
        let fields = try #require(schema.recordFields)
        #expect(schema[schema.root].name == "a.b.Outer")
        #expect(fields[2].type == fields[0].type)
        #expect(fields[3].type == fields[0].type)
        #expect(fields[4].type == fields[1].type)
        #expect(schema[fields[1].type].aliases == ["c.Old"])
        #expect(schema[fields[5].type].shape == .array(schema.root))
    }

    @Test(
        "what is no schema is refused",
        arguments: [
            "3", "{}", "\"unknown\"", "[]", #"["int","int"]"#, #"["int",["null"]]"#,
            #"{"type":"record","name":"R"}"#, #"{"type":"record","fields":[]}"#,
            #"{"type":"record","name":"R","fields":[{"name":"a"}]}"#,
            #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
            #"{"type":"record","name":"R","fields":[{"name":"a","type":"S"}]}"#,
            #"{"type":"enum","name":"E","symbols":[]}"#, #"{"type":"enum","name":"E","symbols":["A","A"]}"#,
            #"{"type":"enum","name":"E","symbols":["A"],"default":"B"}"#,
            #"{"type":"fixed","name":"F","size":-1}"#, #"{"type":"array"}"#, #"{"type":"map"}"#,
            #"[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":2}]"#,
            #"{"type":"fixed","name":"int","size":1}"#, "{\"type\":",
        ])
    func refused(text: String) {
        #expect(throws: DecodeError.self) { try AvroSchema.parse(text) }
    }

    @Test("types nested a thousand times are refused")
    func depth() {
        var text = "\"int\""
        for _ in 0..<1000 { text = #"{"type":"array","items":\#(text)}"# }
        let error = #expect(throws: DecodeError.self) { try AvroSchema.parse(text) }
        #expect(error?.kind == .limitExceeded)
    }
}
