import Bytes
import Metadata
import Planning
import Testing

/// What the scenario files ask for.
@Suite("Scenarios of planning")
struct ScenarioTests {
    @Test("each folder has its scenarios")
    func files() {
        let folders = Set(ScenarioFile.all.map { String($0.name.prefix { $0 != "/" }) })
        let expected: Set = [
            "lazy-leveled", "size-ratio", "basic", "requested", "age-off", "queue", "stopping", "splitting",
        ]
        #expect(folders == expected)
    }

    @Test("what is planned is what is written down", arguments: ScenarioFile.all)
    func scenarios(file: ScenarioFile) throws {
        let folder = String(file.name.prefix { $0 != "/" })
        try file.check { scenario in
            let (command, input) = (scenario.command, scenario.input)
            switch command.name {
            case "plan": return try Self.plan(input, command, folder: folder)
            case "start": return try Self.start(input, command)
            case "due": return [try Self.due(input, command)]
            case "choose": return [try Self.choose(input, command)]
            case "presplit": return try Self.presplit(input, command)
            case "tree": return Self.tree(input, command)
            default: throw ScenarioError("command \(command.name)")
            }
        }
    }

    // MARK: Compaction

    private static func plan(_ input: [String], _ command: ScenarioCommand, folder: String) throws -> [String]
    {
        let picture = try PictureNotation.picture(input, command)
        let isStrategy = TableProperties.Strategy(rawValue: folder) != nil
        let properties = properties(command, strategy: isStrategy ? folder : nil)
        let plan: [PlannedJob]
        var nextDue: Int64?
        if folder == "requested" {
            plan = Everything().plan(PictureNotation.asked(picture, command))
        } else {
            let all = PartitionPlan(
                picture, strategy: CompactionStrategies.strategy(for: properties), properties: properties)
            (plan, nextDue) = (all.jobs, all.nextDue)
        }
        try checkJobs(plan, of: picture)
        let lines = plan.isEmpty ? ["nothing"] : plan.map(PictureNotation.text)
        return lines + (nextDue.map { ["next on day \($0 / 86_400_000)"] } ?? [])
    }

    /// What holds of every plan.
    private static func checkJobs(_ plan: [PlannedJob], of picture: PartitionPicture) throws {
        let inputs = plan.flatMap(\.inputs)
        let busy = Set(picture.runs.flatMap(\.files).filter(\.isBusy).map(\.id))
        guard Set(inputs).count == inputs.count else { throw ScenarioError("a file is planned twice") }
        guard busy.isDisjoint(with: inputs) else { throw ScenarioError("a busy file is planned") }
    }

    private static func properties(_ command: ScenarioCommand, strategy: String? = nil) -> TableProperties {
        let names = [
            "fanIn": "compaction.fanIn", "minRuns": "compaction.minRuns",
            "space": "compaction.spaceAmplification",
            "ratio": "compaction.sizeRatio", "batch": "compaction.batchSize",
            "target": "compaction.targetFileSize", "strategy": "compaction.strategy",
            "maxJobs": "compaction.maxJobs", "perPartition": "compaction.maxJobsPerPartition",
            "rows": "partition.splitThresholdRows", "bytes": "partition.splitThresholdBytes",
        ]
        var overrides: [ByteString: ByteString] = [:]
        for (name, property) in names {
            overrides[ByteString(property)] = command.text(name).map { ByteString($0) }
        }
        if let strategy { overrides["compaction.strategy"] = ByteString(strategy) }
        return TableProperties(overrides: overrides)
    }

    /// Lines `partition files [score=1.5] [bytes=3] [due=minute] [drop]`; `running=p,p,q` in the command.
    private static func start(_ input: [String], _ command: ScenarioCommand) throws -> [String] {
        let jobs = input.map { line in
            let words = ScenarioCommand(line)
            let files = (words.text("files") ?? "").split(separator: ",").compactMap { UInt64($0) }
            var job = PlannedJob(
                partition: PartitionID(ByteString(words.name)), inputs: files.map { FileID($0) },
                strategy: "test", reason: "")
            job.score = words.text("score").flatMap { Double($0) } ?? 1
            job.inputBytes = words.integer("bytes") ?? 1
            job.dueSince = (words.integer("due") ?? 0) * 60_000
            job.work = words.has("drop") ? .drop : .merge
            return job
        }
        var running: [PartitionID: Int] = [:]
        for name in (command.text("running") ?? "").split(separator: ",") {
            running[PartitionID(ByteString(String(name))), default: 0] += 1
        }
        let queue = JobQueue(properties(command))
        let chosen = queue.next(
            jobs, running: running, free: command.integer("free").map { Int($0) } ?? .max,
            now: (command.integer("now") ?? 0) * 60_000)
        let lines = chosen.map { job in
            "\(job.partition) \(job.inputs.map { String($0.rawValue) }.joined(separator: ","))"
        }
        return lines.isEmpty ? ["nothing"] : lines
    }

    // MARK: Splitting

    /// Lines `rows[~] [of=fileRows] [bytes=fileBytes]`; `~` is estimated.
    private static func due(_ input: [String], _ command: ScenarioCommand) throws -> String {
        let references = try input.map { line in
            let words = ScenarioCommand(line)
            let isEstimated = words.name.hasSuffix("~")
            guard let rows = Int64(isEstimated ? words.name.dropLast() : words.name[...]) else {
                throw ScenarioError("rows \(words.name)")
            }
            return SplitPlan.Reference(
                rows: rows, isEstimated: isEstimated, fileRows: words.integer("of"),
                fileBytes: words.integer("bytes") ?? 0)
        }
        return "\(SplitPlan(properties(command)).due(references))"
    }

    private static func samples(_ input: [String]) throws -> [SplitPlan.KeySample] {
        try input.flatMap { line in
            try line.split(separator: " ").map { word in
                let parts = word.split(separator: ":")
                guard parts.count == 2, let rows = Int64(parts[1]) else {
                    throw ScenarioError("sample \(word)")
                }
                return SplitPlan.KeySample(key: ByteString(String(parts[0])), rows: rows)
            }
        }
    }

    private static func bound(_ name: String, _ command: ScenarioCommand) -> ByteString? {
        command.text(name).map { ByteString($0) }
    }

    private static func choose(_ input: [String], _ command: ScenarioCommand) throws -> String {
        let choice = SplitPlan.choose(
            try samples(input), min: bound("min", command), max: bound("max", command))
        return switch choice {
        case .split(let key, let left, let right): "at \(key.display): \(left) rows left, \(right) right"
        case .oneKey(let key): "one key: \(key.display)"
        case .unknown: "unknown"
        }
    }

    private static func presplit(_ input: [String], _ command: ScenarioCommand) throws -> [String] {
        let keys = SplitKeys(
            sample: try samples(input), leaves: Int(command.integer("leaves") ?? 1),
            min: bound("min", command), max: bound("max", command))
        return [keys.keys.isEmpty ? "no keys" : keys.keys.map(\.display).joined(separator: " ")]
    }

    private static func tree(_ input: [String], _ command: ScenarioCommand) -> [String] {
        let keys = input.flatMap { $0.split(separator: " ").map { ByteString(String($0)) } }
        do throws(SplitKeys.OrderError) {
            let tree = try SplitKeys(keys, min: bound("min", command), max: bound("max", command)).tree
            return ["depth \(tree.depth), leaves \(tree.leaves.count)"] + lines(tree, depth: 0)
        } catch {
            return ["refused: \(error)"]
        }
    }

    private static func lines(_ tree: KeyRangeTree, depth: Int) -> [String] {
        let indent = String(repeating: "  ", count: depth)
        let line = "\(indent)\(tree.min?.display ?? "") to \(tree.max?.display ?? "")"
        return [line] + tree.children.flatMap { lines($0, depth: depth + 1) }
    }
}
