import Bytes
import Metadata
import Planning
import Records
import Testing

@Suite("Age")
struct AgeOffTests {
    static let day: Int64 = 86_400_000

    static func schema(_ type: ColumnType, isPartitionColumn: Bool = false) -> TableSchema {
        TableSchema(
            columns: [
                .init(id: 1, name: "key", type: .string, isNullable: false),
                .init(id: 2, name: "time", type: type),
            ], rowKey: ["key"], partitionColumns: isPartitionColumn ? ["time"] : [])
    }

    static func state(
        _ schema: TableSchema, kind: TableKind = .append, column: ByteString = "time", _ more: [Action] = []
    ) throws -> TableState {
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: "t", kind: kind, schema: schema, createdTime: 0)
        let first = try TableState.initial(
            from: transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
        let set: [Action] = [
            .operation(.setProperty(name: "ageOff.column", value: column)),
            .operation(.setProperty(name: "ageOff.days", value: "30")),
        ]
        return try first.applying(transaction(1, set + more))
    }

    static func transaction(_ version: Int64, _ actions: [Action]) -> CommittedTransaction {
        CommittedTransaction(
            id: CommitID(high: 0, low: UInt64(version)), version: Version(version), ordinal: 0,
            timestamp: 1000 + version, operation: "TEST", session: nil, notes: [], actions: actions)
    }

    /// - Parameter nulls: nil says nothing of nulls.
    static func file(
        _ id: UInt64, min: ByteString?, max: ByteString?, nulls: Int64? = 0, schema: TableSchema,
        partition: ByteString? = nil, keys: (ByteString, ByteString) = ("a", "b")
    ) -> Action {
        let directory = partition.map { "time=\($0.display)/" } ?? ""
        var entry = FileEntry(
            path: ByteString("data/\(directory)20240101T000000Z-\(Hex.string(id)).parquet"), id: FileID(id),
            partitionValues: PartitionTuple(schema.partitionColumns.isEmpty ? [] : [partition]),
            sizeBytes: 1000,
            modificationTime: 0)
        entry.rowCount = 10
        entry.schemaID = SchemaRegistry.id(of: schema)
        entry.minValues = min.map { [.init(column: "time", text: $0)] }
        entry.maxValues = max.map { [.init(column: "time", text: $0)] }
        entry.stats = nulls.map { ByteString("{\"numRecords\":10,\"nullCount\":{\"time\":\($0)}}") }
        entry.minKey = keys.0
        entry.maxKey = keys.1
        return .add(entry)
    }

    static func plan(_ state: TableState, day: Int64, partition: ByteString = "") -> PartitionPlan {
        PartitionPlan(
            PartitionPicture(of: PartitionID(partition), in: state, now: day * Self.day), strategy: nil,
            properties: state.properties)
    }

    static func text(_ plan: PartitionPlan) -> String {
        plan.jobs.map { job in
            "\(job.work) " + job.inputs.map { String($0.rawValue) }.joined(separator: " ")
        }.joined(separator: ", ")
    }

    @Test(
        "bounds are those of the column's type, and nothing is old in doubt",
        arguments: [
            (ColumnType.date, "1970-01-10", "1970-02-09", "1970-02-10"),
            (
                .timestamp(.millisecond, isUTC: true), "1970-01-10T00:00:00Z", "1970-02-09T23:59:59.999Z",
                "1970-02-10T00:00:00Z"
            ),
            (
                .timestamp(.microsecond, isUTC: false), "1970-01-10T00:00:00", "1970-02-09T23:59:59.999999",
                "1970-02-10T00:00:00"
            ),
            (
                .timestamp(.nanosecond, isUTC: true), "1970-01-10T00:00:00Z",
                "1970-02-09T23:59:59.999999999Z",
                "1970-02-10T00:00:00Z"
            ),
        ] as [(ColumnType, ByteString, ByteString, ByteString)])
    func bounds(type: ColumnType, first: ByteString, last: ByteString, kept: ByteString) throws {
        let schema = Self.schema(type)
        let state = try Self.state(
            schema,
            [
                Self.file(1, min: first, max: last, schema: schema),
                Self.file(2, min: kept, max: kept, schema: schema),
                Self.file(3, min: first, max: kept, schema: schema),
                Self.file(4, min: first, max: last, nulls: nil, schema: schema),
                Self.file(5, min: first, max: last, nulls: 1, schema: schema),
                Self.file(6, min: nil, max: nil, schema: schema),
                Self.file(7, min: nil, max: nil, nulls: 10, schema: schema),
                // Written when the column did not exist, or had another type.
                Self.file(8, min: first, max: last, schema: Self.schema(.string)),
            ])
        // Day 70: rows of before day 40, which is the tenth of February, are 30 days old.
        let plan = Self.plan(state, day: 70)
        #expect(Self.text(plan) == "drop 1, merge 3, merge 4, merge 5")
        // The file of day 40 goes on day 71.
        #expect(plan.nextDue == 71 * Self.day || plan.nextDue == 70 * Self.day + 1, "\(plan.nextDue ?? 0)")
        #expect(Self.text(Self.plan(state, day: 30)).isEmpty)
    }

    @Test("a partition column ages whole partitions")
    func partitionColumn() throws {
        let schema = Self.schema(.date, isPartitionColumn: true)
        let state = try Self.state(
            schema,
            [
                Self.file(1, min: nil, max: nil, schema: schema, partition: "1970-02-09"),
                Self.file(2, min: nil, max: nil, schema: schema, partition: "1970-02-10"),
            ])
        #expect(Self.text(Self.plan(state, day: 70, partition: "time=1970-02-09")) == "drop 1")
        let younger = Self.plan(state, day: 70, partition: "time=1970-02-10")
        #expect(younger.jobs.isEmpty && younger.nextDue == 71 * Self.day)
    }

    @Test("an upsert table is asked for what lies outside the partition's picture")
    func upsert() throws {
        let schema = Self.schema(.date)
        let old = Self.file(1, min: "1970-01-01", max: "1970-01-02", schema: schema, keys: ("a", "c"))
        let alone = try Self.state(schema, kind: .upsert, [old])
        #expect(Self.text(Self.plan(alone, day: 70)) == "drop 1")
        // A set-aside job holds a file that may have an older row of the same keys.
        let holding = try alone.applying(
            Self.transaction(
                2,
                [
                    Self.file(2, min: "1970-02-20", max: "1970-02-21", schema: schema, keys: ("c", "d")),
                    .operation(
                        .putJob(
                            Job(
                                id: JobID(1), partition: PartitionID(""), inputs: [FileID(2)],
                                status: .setAside,
                                session: nil, strategy: "basic", reason: ""))),
                ]))
        #expect(Self.plan(holding, day: 70).jobs.isEmpty)
    }

    @Test("a column that says no age is told, and lets nothing go")
    func impossible() throws {
        let schema = Self.schema(.string)
        for (column, says) in [("key", "neither a date nor a timestamp"), ("absent", "no such column")] {
            let state = try Self.state(
                schema, column: ByteString(column), [Self.file(1, min: "a", max: "b", schema: schema)])
            guard case .impossible(let text) = AgeOff.setting(of: state, now: 70 * Self.day) else {
                Issue.record("\(column) is taken")
                continue
            }
            #expect(text.contains(says) && text.contains(column))
            #expect(Self.plan(state, day: 70).jobs.isEmpty)
        }
        let off = try Self.state(Self.schema(.date), column: "")
        #expect(AgeOff.setting(of: off, now: 0) == .off)
    }

    @Test("a row ages by its value, and one without a value never")
    func rows() throws {
        let date = TableSchema.Column(id: 2, name: "time", type: .date)
        // Noon of day 70: the day 40 is not over for 30 days.
        let ageOff = try #require(AgeOff(column: date, days: 30, now: 70 * Self.day + Self.day / 2))
        #expect(ageOff.isAged(.integer(39)) && !ageOff.isAged(.integer(40)) && !ageOff.isAged(nil))
        let values: [TypedValue?] = [.integer(39), .integer(40), nil]
        #expect(values.map { value in ageOff.filter.evaluate { _ in value } } == [true, false, nil])
        // Before 1970 the cutoff is rounded down as well.
        let before = try #require(AgeOff(column: date, days: 30, now: -1))
        #expect(before.cutoff == -31)
        let time = TableSchema.Column(id: 2, name: "time", type: .timestamp(.nanosecond, isUTC: true))
        let exact = try #require(AgeOff(column: time, days: 1, now: Self.day + 5))
        #expect(exact.cutoff == 5_000_000)
    }
}
