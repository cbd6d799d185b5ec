package import Bytes

/// How data of one schema (the writer's) is read as another (the reader's), worked out once per pair.
///
/// Fields are matched by name, by the reader's aliases and by `field-id`; reordered, unknown, missing (with default) and
/// promoted fields are settled here, so that reading a record is a walk over its ``AvroRecordPlan/steps`` in
/// the order in which the writer wrote them:
///
/// ```swift
/// let plan = try AvroPlan(writer: file.schema, reader: mySchema)
/// let record = try plan.rootRecord()
/// for missing in record.missing { … the field's default, for every row … }
/// try file.forEachBlock { (block, decoder) throws(DecodeError) in
///     for _ in 0..<block.count {
///         for step in record.steps {
///             switch step.slot {              // index of the field in my schema
///             case 0: paths.append(try plan.string(step.node, &decoder))
///             case 1: sizes.append(try plan.long(step.node, &decoder))
///             case 2: counts.append(try plan.optionalLong(step.node, &decoder) ?? -1)
///             case 3:
///                 var entries = try plan.map(step.node, &decoder)
///                 while try entries.next(&decoder) {
///                     let key = try decoder.string()
///                     let value = try plan.string(entries.item, &decoder)
///                 }
///             default: try plan.skip(step.node, &decoder)
///             }
///         }
///     }
/// }
/// ```
///
/// The typed reads (`long`, `optionalString` …) do the promotion and look through unions on the way: a field
/// that the writer has as `int` and the reader as `["null", "long"]` is read by `optionalLong` all the same.
@frozen
@usableFromInline
package struct AvroPlan: Sendable {
    /// How one type of the file is read.
    @frozen
    @usableFromInline
    package struct NodeID: Hashable, Sendable {
        @usableFromInline let index: Int

        @inlinable
        init(index: Int) { self.index = index }
    }

    /// What stands in the file.
    @frozen
    @usableFromInline
    enum Wire: UInt8, Sendable {
        case null, boolean, int, long, float, double, bytes, string
        case fixed, enumeration, array, map, union, record
        /// A branch that the reader's schema has no place for: an error, if it is ever met.
        case mismatch
    }

    /// | wire | a | b |
    /// |---|---|---|
    /// | fixed | size | – |
    /// | enumeration | first of its entries in `symbols` | the writer's number of symbols |
    /// | array, map | node of the item or value | 1 where items take no bytes |
    /// | union | first of its branches in `branches` | the number of branches |
    /// | record | index in `records` | – |
    /// | mismatch | index in `mismatches` | – |
    @frozen
    @usableFromInline
    struct Node: Sendable {
        @usableFromInline var wire: Wire
        /// What the reader takes it for: differs from `wire` where a number or text is promoted.
        @usableFromInline var target: Wire
        /// The branch of the reader's union that the value belongs to; -1 where that is no union.
        @usableFromInline var readerBranch: Int32 = -1
        @usableFromInline var a: Int = 0
        @usableFromInline var b: Int = 0
    }

    @usableFromInline let nodes: [Node]
    @usableFromInline let branches: [NodeID]
    /// The reader's symbol for each of a writer's; -1 for one that the reader does not know.
    @usableFromInline let symbols: [Int]
    @usableFromInline let mismatches: [String]
    @usableFromInline let records: [AvroRecordPlan]
    /// How a datum of the file is read.
    @usableFromInline package let root: NodeID

    /// Works out how `writer`'s data is read as `reader`.
    ///
    /// - Throws: `malformed`, naming the type or field that cannot be had: of other kinds, or missing without
    ///   a default.
    package init(writer: AvroSchema, reader: AvroSchema) throws(DecodeError) {
        var compiler = PlanCompiler(writer: writer, reader: reader)
        root = try compiler.resolve(writer.root, reader.root)
        nodes = compiler.nodes
        branches = compiler.branches
        symbols = compiler.symbols
        mismatches = compiler.mismatches
        records = compiler.records
    }

    /// The plan of a file whose data are records.
    package func rootRecord() throws(DecodeError) -> AvroRecordPlan {
        let node = nodes[root.index]
        guard node.wire == .record else {
            throw DecodeError(.malformed, at: 0, "the data of the Avro file are no records")
        }
        return records[node.a]
    }
}

/// How one record is read, see ``AvroPlan``.
@frozen
@usableFromInline
package struct AvroRecordPlan: Sendable {
    /// A field of the writer.
    @frozen
    @usableFromInline
    package struct Step: Sendable {
        /// The index of the field in the reader's record; -1 for a field that the reader does not have.
        @usableFromInline package let slot: Int
        /// To be given to the plan's reads, or to `skip`.
        @usableFromInline package let node: AvroPlan.NodeID
    }

    /// A field of the reader that the writer does not have.
    @usableFromInline
    package struct Missing: Sendable {
        package let slot: Int
        package let value: AvroValue
    }

    /// In the writer's order.
    @usableFromInline package var steps: [Step]
    package var missing: [Missing]
    /// The number of fields of the reader's record.
    package var slotCount: Int

    init(steps: [Step], missing: [Missing], slotCount: Int) {
        self.steps = steps
        self.missing = missing
        self.slotCount = slotCount
    }
}
