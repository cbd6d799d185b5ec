import Bytes
import Records
import Testing

struct SchemaTextTests {
    @Test("a schema is read back from its text")
    func roundTrip() throws {
        var columns = RandomRecords.columns(RandomRecords.types + [.undecided])
        columns[3].isNullable = false
        columns[0].name = "naïve \"name\", with commas"
        columns[1].id = 99
        let schema = TableSchema(
            columns: columns, rowKey: ["c4", "c11"], partitionColumns: [columns[0].name])
        #expect(try TableSchema(json: schema.json) == schema)
    }

    @Test("the text of a schema is as documented")
    func form() {
        let schema = TableSchema(
            columns: [
                .init(id: 1, name: "time", type: .timestamp(.microsecond, isUTC: true), isNullable: false),
                .init(id: 2, name: "price", type: .decimal(precision: 10, scale: 2)),
            ], rowKey: ["time"])
        let text = """
            {
              "columns": [
                {"name":"time","type":"timestamp[us,UTC]","nullable":false,"id":1},
                {"name":"price","type":"decimal(10,2)","nullable":true,"id":2}
              ],
              "rowKey": ["time"],
              "partitionColumns": []
            }

            """
        #expect(String(decoding: schema.json, as: UTF8.self) == text)
    }

    @Test("ids and nullable may be left out")
    func defaults() throws {
        let text =
            #"{"columns":[{"name":"a","type":"int64"},{"name":"b","type":"decimal(4, 1)","id":7},{"name":"c","type":"string"}]}"#
        let schema = try TableSchema(json: Array(text.utf8))
        #expect(schema.columns.map(\.id) == [8, 7, 9])
        #expect(schema.columns.allSatisfy { $0.isNullable })
        #expect(schema.columns[1].type == .decimal(precision: 4, scale: 1))
    }

    static let wrong: [(String, Int, Int, String)] = [
        ("", 1, 1, "end"),
        ("[]", 1, 1, "object"),
        ("{\n \"columns\": [\n  {\"name\":\"a\",\"type\":\"integer\"}]}", 3, 23, "integer is no type"),
        ("{\"columns\":[{\"type\":\"int64\"}]}", 1, 13, "no \"name\""),
        ("{\"columns\":[{\"name\":\"a\"}]}", 1, 13, "no \"type\""),
        ("{\"columns\":[],\n\"keys\":[]}", 2, 2, "keys"),
        ("{\"rowKey\":[]}", 1, 1, "missing"),
        ("{\"columns\":[]}", 1, 1, "one column"),
        (
            "{\"columns\":[{\"name\":\"a\",\"type\":\"date\"},{\"name\":\"a\",\"type\":\"date\"}]}", 1, 1,
            "twice"
        ),
        ("{\"columns\":[{\"name\":\"a\",\"type\":\"date\"}],\"rowKey\":[\"b\"]}", 1, 1, "no column"),
        (
            "{\"columns\":[{\"name\":\"a\",\"type\":\"date\"}],\"partitionColumns\":[\"a\"]}", 1, 1,
            "no partition column"
        ),
        ("{\"columns\":[{\"name\":\"a\",\"type\":\"undecided\"}],\"rowKey\":[\"a\"]}", 1, 1, "undecided"),
        ("{\"columns\":[{\"name\":\"_firn_x\",\"type\":\"date\"}]}", 1, 22, "_firn_"),
        ("{\"columns\":[{\"name\":\"a\",\"type\":\"date\",\"id\":0}]}", 1, 44, "from 1"),
        ("{\"columns\":[{\"name\":\"a\",\"type\":\"date\"}]} x", 1, 42, "end of the document"),
    ]

    @Test("what is wrong in a schema's text is named with line and column", arguments: wrong)
    func errors(text: String, line: Int, column: Int, part: String) throws {
        let error = try #require(throws: SchemaTextError.self) { try TableSchema(json: Array(text.utf8)) }
        #expect(error.line == line && error.column == column && error.message.contains(part), "\(error)")
    }

    @Test(
        "names that are no type are refused",
        arguments: [
            "", "int", "timestamp", "timestamp[s]", "timestamp[us,utc]", "decimal(39,0)", "decimal(5,6)",
            "decimal(5)",
        ])
    func typeNames(name: String) {
        #expect(ColumnType(name: ByteString(name)) == nil)
    }
}
