import Bytes
import Parquet
import Records
import Testing

struct StatisticsTests {
    private func file(_ type: ColumnType, _ vector: ColumnVector, _ options: ParquetWriter.Options = .init())
        throws -> ParquetFile
    {
        let schema = RandomBatches.schema([type])
        let batch = ColumnBatch(schema: schema, columns: [vector], rowCount: vector.count)
        return try ParquetFile(MemoryParquetSource(try written(schema, [batch], options)))
    }

    private func strings(_ texts: [String]) -> ColumnVector {
        var column = ByteColumn()
        for text in texts { column.append(ByteString(text)) }
        return ColumnVector(values: .bytes(column))
    }

    @Test("bounds leave NaN out and cover both zeros")
    func floats() throws {
        let values: [Double] = [.nan, 0.0, 3, .nan]
        let known = try file(.double, ColumnVector(values: .double(values), validity: [1, 1, 1, 0]))
            .statistics(rowGroup: 0, column: 0)
        #expect(known.nullCount == 1)
        #expect(known.maximum == .double(3))
        guard case .double(let low) = known.minimum else { return #expect(Bool(false), "no minimum") }
        #expect(low == 0 && low.sign == .minus)
        let negative = try file(.float, ColumnVector(values: .float([-0.0, -1]))).statistics(
            rowGroup: 0, column: 0)
        guard case .float(let high) = negative.maximum else { return #expect(Bool(false), "no maximum") }
        #expect(high == 0 && high.sign == .plus)
        let nothing = try file(.double, ColumnVector(values: .double([.nan, .nan])))
        #expect(nothing.statistics(rowGroup: 0, column: 0).minimum == nil)
        #expect(try nothing.pageIndex(rowGroup: 0, column: 0) == nil)
    }

    @Test("unsigned columns have unsigned bounds")
    func unsigned() throws {
        let known = try file(.uint32, ColumnVector(values: .int32([-1, 5]))).statistics(
            rowGroup: 0, column: 0)
        #expect(known.minimum == .integer(5))
        #expect(known.maximum == .integer(-1))
        #expect(!known.mayContain(.integer(1), .integer(4), as: .uint32))
        #expect(known.mayContain(.integer(-2), nil, as: .uint32))
    }

    @Test(
        "long bounds are cut to bounds that still hold",
        arguments: [
            (
                String(repeating: "a", count: 100), String(repeating: "a", count: 64),
                String(repeating: "a", count: 63) + "b"
            ),
            // Two bytes a letter: the cut falls between letters, and the last one is raised.
            (
                "x" + String(repeating: "ß", count: 50), "x" + String(repeating: "ß", count: 31),
                "x" + String(repeating: "ß", count: 30) + "à"
            ),
            (
                String(repeating: "\u{10FFFF}", count: 20), String(repeating: "\u{10FFFF}", count: 16),
                String(repeating: "\u{10FFFF}", count: 20)
            ),
            (
                String(repeating: "a", count: 63) + "\u{7F}\u{7F}",
                String(repeating: "a", count: 63) + "\u{7F}", String(repeating: "a", count: 63) + "\u{80}"
            ),
        ])
    func longStrings(text: String, low: String, high: String) throws {
        let known = try file(.string, strings([text])).statistics(rowGroup: 0, column: 0)
        #expect(known.minimum == .bytes(ByteString(low)))
        #expect(known.maximum == .bytes(ByteString(high)))
        #expect(!known.isMinimumExact)
        #expect(known.isMaximumExact == (high == text))
        #expect(!(ByteString(high) < ByteString(text)) && !(ByteString(text) < ByteString(low)))
    }

    @Test("row groups and pages without a value in a range are told")
    func pruning() throws {
        let values = ColumnVector(values: .int64((0..<1000).map { Int64($0) }))
        let file = try file(.int64, values, .init(rowGroupRows: 250, pageRows: 100))
        #expect(file.rowGroups(column: 0, from: .integer(300), through: .integer(510)) == [1, 2])
        #expect(file.rowGroups(column: 0, from: .integer(2000), through: nil) == [])
        let pages = try #require(try file.pageIndex(rowGroup: 1, column: 0))
        #expect(pages.map(\.rows) == [250..<350, 350..<450, 450..<500])
        #expect(pages.map(\.statistics.minimum) == [.integer(250), .integer(350), .integer(450)])
    }

    @Test("the summary has bounds over all row groups, uncut")
    func summary() throws {
        let schema = RandomBatches.schema([.string])
        let writer = try ParquetWriter(schema: schema, options: .init(rowGroupRows: 1)) { _ in }
        let long = String(repeating: "m", count: 200)
        let vector = strings([long, "b", "z"])
        try writer.append(ColumnBatch(schema: schema, columns: [vector], rowCount: 3))
        let summary = try writer.finish()
        #expect(summary.columnStatistics[0].minimum == .bytes("b"))
        #expect(summary.columnStatistics[0].maximum == .bytes("z"))
        #expect(summary.columnStatistics[0].nullCount == 0)
        #expect(summary.rowCount == 3)
    }
}
