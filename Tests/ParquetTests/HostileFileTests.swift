import Bytes
import Parquet
import Records
import Testing

/// Damaged files give errors or other rows, never a trap and never more memory than they could hold.
struct HostileFileTests {
    private func smallFile(_ options: ParquetWriter.Options, distinct: Int) throws -> [UInt8] {
        var random = RandomBatches(random: SeededGenerator(3))
        random.distinct = distinct
        random.longestString = 6
        let types: [ColumnType] = [.boolean, .int32, .int64, .string, .decimal(precision: 30, scale: 3)]
        let schema = RandomBatches.schema(types)
        return try written(schema, [random.batch(schema, rows: 40)], options)
    }

    @Test("of two columns with one name the second would be lost: such a file is refused by the name")
    func sameNames() throws {
        var schema = RandomBatches.schema([.int64, .string, .int64])
        var random = RandomBatches(random: SeededGenerator(3))
        let batch = random.batch(schema, rows: 5)
        schema[2].name = schema[0].name
        let bytes = try written(
            schema, [ColumnBatch(schema: schema, columns: batch.columns, rowCount: 5)], .init())
        let error = #expect(throws: ParquetError.self) { try ParquetFile(MemoryParquetSource(bytes)) }
        #expect(error?.kind == .unsupported && error?.column == schema[0].name)
    }

    private func survives(_ bytes: [UInt8]) -> Bool {
        do {
            let file = try ParquetFile(MemoryParquetSource(bytes))
            guard file.rowCount < 1 << 20 else { return true }
            for group in file.rowGroups.indices {
                for column in file.columns.indices {
                    _ = file.statistics(rowGroup: group, column: column)
                    _ = try? file.pageIndex(rowGroup: group, column: column)
                    seek(file, group, column)
                }
            }
            let reader = ParquetReader(file)
            while try reader.next() != nil {}
            return true
        } catch {
            return false
        }
    }

    /// Reads by the page index, and by the headers of the pages, what can be read.
    private func seek(_ file: ParquetFile, _ group: Int, _ column: Int) {
        let count = file.rowGroups[group].rows.count
        let found = [
            try? file.pageLocations(rowGroup: group, column: column),
            try? file.pageLocations(byHeadersOf: group, column: column),
        ]
        for pages in found.compactMap(\.self) where count > 0 {
            guard let reader = try? ColumnChunkReader(file, rowGroup: group, column: column, readAhead: 0)
            else { return }
            for row in [count - 1, count / 2, count / 2 + 1, 0] where row < count {
                guard (try? reader.move(to: row, in: pages)) != nil else { continue }
                _ = try? reader.read(min(3, count - row))
            }
        }
    }

    @Test("a file cut at any byte is refused")
    func truncation() throws {
        let bytes = try smallFile(.init(), distinct: 3)
        for size in 0..<bytes.count { #expect(!survives(Array(bytes[..<size])), "cut at \(size)") }
    }

    @Test("a flipped bit anywhere does not trap", arguments: [0, 3], [1, nil])
    func flips(distinct: Int, level: Int?) throws {
        let bytes = try smallFile(.init(pageRows: 16, zstdLevel: level), distinct: distinct)
        var refused = 0
        for index in bytes.indices {
            for bit in [0, 3, 6, 7] {
                var damaged = bytes
                damaged[index] ^= UInt8(1 << bit)
                if !survives(damaged) { refused += 1 }
            }
        }
        #expect(refused > bytes.count)
    }

    @Test("damaged bodies without a checksum do not trap")
    func flipsBehindTheChecksum() throws {
        // Without its checksum a page's body reaches the decoders as it is.
        for file in try pages() {
            for index in file.bytes.indices {
                for value in [UInt8(0), 1, 0x7F, 0x80, 0xFF] {
                    var damaged = file.bytes
                    damaged[index] = value
                    _ = survives(damaged)
                }
            }
        }
    }

    /// Uncompressed files whose page headers have no checksum: made by cutting the field out.
    private func pages() throws -> [(name: String, bytes: [UInt8])] {
        [
            ("plain", try smallFile(.init(zstdLevel: nil, writesChecksums: false), distinct: 0)),
            ("dictionary", try smallFile(.init(zstdLevel: nil, writesChecksums: false), distinct: 3)),
        ]
    }

    @Test(
        "bytes that only look like a file are refused",
        arguments: [
            "", "PAR1", "PAR1PAR1", "PAR1\u{0}\u{0}\u{0}\u{0}PAR1",
            "PAR1xxxxxxxx\u{7f}\u{7f}\u{7f}\u{7f}PAR1",
            "PAR1xxxxxxxx\u{4}\u{0}\u{0}\u{0}PARE",
        ])
    func noFile(text: String) {
        #expect(throws: ParquetError.self) { try ParquetFile(MemoryParquetSource(Array(text.utf8))) }
    }

    @Test("a flipped bit in a page is found by its checksum")
    func checksums() throws {
        let bytes = try smallFile(.init(zstdLevel: nil), distinct: 0)
        let file = try ParquetFile(MemoryParquetSource(bytes))
        let reader = ParquetReader(file)
        while try reader.next() != nil {}
        var damaged = bytes
        // Behind the first page's header, well inside its body.
        damaged[4 + 34] ^= 1
        let read = ParquetReader(try ParquetFile(MemoryParquetSource(damaged)))
        let error = #expect(throws: ParquetError.self) { while try read.next() != nil {} }
        #expect(error?.column == "c0")
    }
}
