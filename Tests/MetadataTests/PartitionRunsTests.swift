import Bytes
import Metadata
import Records
import Testing

@Suite("Runs")
struct PartitionRunsTests {
    private let root = PartitionID("")

    @Test(
        "a file joins the oldest run that it does not overlap",
        arguments: [
            ("", ""), ("ab cd ef", "1,2,3"), ("ab bc", "1|2"), ("ef cd ab", "3,2,1"),
            ("ae bc", "1|2"), ("ac bd ee", "1,3|2"), ("az ab cd ez", "1|2,3,4"), ("ab - cd -", "1,3|2|4"),
        ])
    func keyed(ranges: String, runs: String) throws {
        var state = try makeState()
        for (index, range) in ranges.split(separator: " ").enumerated() {
            let keys = range == "-" ? nil : (String(range.prefix(1)), String(range.suffix(1)))
            state = try state.next(.add(fileEntry(UInt64(index + 1), keys: keys)))
        }
        let found = state.runs(in: root)
        let text = found.runs.map { $0.files.map { String($0.id.rawValue) }.joined(separator: ",") }
        #expect(text.joined(separator: "|") == runs)
        #expect(found.bytes == state.totalBytes)
    }

    @Test(
        "beyond 64 runs the rest is put into as few as hold it, and each run stays disjoint",
        arguments: [1, 2, 3])
    func manyRuns(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var actions: [Action] = (1...70).map { .add(fileEntry($0, keys: ("a", "zz"))) }
        for id in 71...200 as ClosedRange<UInt64> {
            let low = UInt8(97 + generator.next() % 26)
            let high = UInt8(min(122, UInt64(low) + generator.next() % 4))
            let keys = (String(Unicode.Scalar(low)), String(Unicode.Scalar(high)))
            actions.append(.add(fileEntry(id, keys: keys)))
        }
        let runs = try makeState().applying(transaction(1, actions)).runs(in: root).runs
        #expect(runs.reduce(0) { $0 + $1.files.count } == 200, "seed \(seed)")
        for run in runs {
            let ranges = run.files.compactMap(\.keyRange)
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.max < $1.min }, "seed \(seed)")
        }
        // As many as the keys that most files share, and no more.
        let depth = (97...122 as ClosedRange<UInt8>).map { letter in
            let key = ByteString([letter])
            return runs.flatMap(\.files).count { file in
                file.keyRange.map { $0.min <= key && key <= $0.max } ?? false
            }
        }.max()
        #expect(runs.count == depth, "seed \(seed)")
    }

    @Test("the debt is what lies outside the largest run")
    func debt() throws {
        let state = try makeState().next(
            .add(fileEntry(1, bytes: 700, keys: ("a", "m"))),
            .add(fileEntry(2, bytes: 600, keys: ("n", "z"))),
            .add(fileEntry(3, bytes: 1000, keys: ("a", "z"))))
        #expect(state.runs(in: root).debtBytes == 1000 && state.debtBytes == 1000)
    }

    @Test("runs follow every change of their partition")
    func following() throws {
        let one = try makeState(partitioned: true).next(.add(fileEntry(1, date: "1", keys: ("a", "b"))))
        let partition = PartitionID("date=1")
        #expect(one.runs(in: partition).runs.count == 1)
        let two = try one.next(.add(fileEntry(2, date: "1", keys: ("a", "b"))))
        #expect(two.runs(in: partition).runs.count == 2)
        let three = try two.next(job(5, inputs: [1], partition: "date=1", status: .setAside, session: nil))
        #expect(three.runs(in: partition).runs.count == 1)
        #expect(three.runs(in: partition).setAside.map(\.id) == [FileID(1)])
        let four = try three.next(.operation(.removeJob(JobID(5), outcome: .cancelled)))
        #expect(four.runs(in: partition).runs.count == 2)
        #expect(try four.next(removal(2, date: "1")).runs(in: partition).runs.count == 1)
        #expect(two.runs(in: partition).runs.count == 2 && one.runs(in: partition).fileCount == 1)
    }

    @Test("without a row key, large files are settled and small ones are runs of their own until merged")
    func keyless() throws {
        let definition = TableDefinition(
            id: "x", name: "x", kind: .append, schema: nil, createdTime: 0)
        let state = try TableState.initial(
            from: transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
        var merged = [fileEntry(5), fileEntry(6)]
        for index in merged.indices { merged[index].job = JobID(1) }
        let big: Int64 = 200 << 20
        let done = try state.next(
            .add(fileEntry(1)), .add(fileEntry(2, bytes: big)), .add(fileEntry(3)),
            .add(fileEntry(4, bytes: big)), .add(merged[0]), .add(merged[1]))
        let runs = done.runs(in: root).runs.map { $0.files.map(\.id.rawValue) }
        #expect(runs == [[1], [2, 4], [3], [5, 6]])
    }
}
