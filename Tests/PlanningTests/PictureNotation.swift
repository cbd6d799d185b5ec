import Bytes
import Metadata
import Planning
import Records

/// Pictures as text: a line a run, oldest first, a word a file.
///
/// ```
/// 100                      100 MiB; also 3K, 2G
/// 100/7                    of 7 rows instead of one a MiB
/// 100:a-m                  with keys from a to m
/// 100*                     in a job
/// 100!                     written by a merge
/// 100!7  100!7x  100!7+    by that of job 7; with delete markers; referenced elsewhere too
/// 100@90                   came at minute 90
/// 100~3..9  ~3..9?         age column from day 3 to 9; ? may hold null
/// 100#2-5                  with rows of sequences 2 to 5
/// 26x 1                    26 runs of 1 MiB
/// ```
enum PictureNotation {
    static func picture(_ lines: [String], _ command: ScenarioCommand) throws -> PartitionPicture {
        var next: UInt64 = 0
        var runs: [PartitionPicture.Run] = []
        for line in lines {
            var words = line.split(separator: " ").map(String.init)
            var count = 1
            if let first = words.first, first.hasSuffix("x"), let times = Int(first.dropLast()) {
                count = times
                words.removeFirst()
            }
            for _ in 0..<count {
                runs.append(
                    .init(
                        try words.map { word in
                            next += 1
                            return try file(word, id: next)
                        }))
            }
        }
        var picture = PartitionPicture(
            partition: PartitionID("p"), kind: command.has("upsert") ? .upsert : .append,
            hasRowKey: !command.has("keyless"), runs: runs)
        picture.holdsAllVersions = !command.has("others")
        if let days = command.integer("ageOff") {
            let now = (command.integer("now") ?? 0) * 86_400_000
            let column = TableSchema.Column(id: 1, name: "day", type: .date)
            picture.ageOff = AgeOff(column: column, days: days, now: now)
        }
        return picture
    }

    /// What is shown to who asks for `files=1,2`.
    static func asked(_ picture: PartitionPicture, _ command: ScenarioCommand) -> PartitionPicture {
        guard let names = command.text("files")?.split(separator: ",") else { return picture }
        let asked = Set(names.compactMap { UInt64($0) }.map { FileID($0) })
        var shown = picture
        for run in shown.runs.indices { shown.runs[run].files.removeAll { !asked.contains($0.id) } }
        shown.hiddenFileCount = picture.runs.reduce(0) { $0 + $1.files.count } - asked.count
        return shown
    }

    private static func file(_ word: String, id: UInt64) throws -> PartitionPicture.File {
        let markers: Set<Character> = ["/", ":", "*", "!", "@", "~", "#"]
        var parts: [(marker: Character, text: String)] = [(" ", "")]
        for character in word {
            if markers.contains(character) {
                parts.append((character, ""))
            } else {
                parts[parts.count - 1].text.append(character)
            }
        }
        let bytes = try bytes(parts[0].text)
        var file = PartitionPicture.File(
            id: FileID(id), bytes: bytes, rows: bytes >> 20, sequence: Int64(id))
        for part in parts.dropFirst() {
            let ends = part.text.split(separator: "-").map(String.init)
            switch part.marker {
            case "/": file.rows = Int64(part.text) ?? 0
            case ":" where ends.count == 2:
                file.keys = KeySpan(min: ByteString(ends[0]), max: ByteString(ends[1]))
            case "*": file.isBusy = true
            case "!":
                file.isMerged = true
                file.origin = UInt64(part.text.filter(\.isNumber)).map {
                    .init(
                        job: JobID($0), mayHoldDeletes: part.text.contains("x"),
                        isShared: part.text.contains("+"))
                }
            case "@": file.addedAt = (Int64(part.text) ?? 0) * 60_000
            case "~": file.age = try age(part.text)
            case "#":
                guard let low = ends.first.flatMap({ Int64($0) }), let high = ends.last.flatMap({ Int64($0) })
                else { throw ScenarioError("sequences \(part.text)") }
                file.sequences = low...high
            default: throw ScenarioError("\(part.marker)\(part.text) of \(word)")
            }
        }
        return file
    }

    private static func bytes(_ text: String) throws -> Int64 {
        let shifts: [Character: Int64] = ["K": 10, "M": 20, "G": 30]
        let shift = text.last.flatMap { shifts[$0] }
        guard let number = Int64(shift == nil ? text[...] : text.dropLast()) else {
            throw ScenarioError("size \(text)")
        }
        return number << (shift ?? 20)
    }

    private static func age(_ text: String) throws -> AgeBounds {
        let mayHoldNull = text.hasSuffix("?")
        let days = mayHoldNull ? String(text.dropLast()) : text
        guard let dots = days.firstRange(of: "..") else { throw ScenarioError("days \(text)") }
        return AgeBounds(
            min: Int128(days[..<dots.lowerBound]), max: Int128(days[dots.upperBound...]),
            mayHoldNull: mayHoldNull)
    }

    /// `merge 1 2 3, 5 MiB, score 1.2, due at minute 7: why`.
    static func text(_ job: PlannedJob) -> String {
        let inputs = ranges(job.inputs.map(\.rawValue))
        let tenths = Int((job.score * 10).rounded())
        let due = job.dueSince == 0 ? "" : ", due since minute \(job.dueSince / 60_000)"
        return "\(job.work == .drop ? "drop" : "merge") \(inputs), \(job.inputBytes >> 20) MiB, "
            + "score \(tenths / 10).\(tenths % 10)\(due), \(job.strategy): \(job.reason)"
    }

    /// `1 2 5-9`: three and more that follow each other as a range.
    private static func ranges(_ numbers: [UInt64]) -> String {
        var ranges: [ClosedRange<UInt64>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { range in
            switch range.count {
            case 1: "\(range.lowerBound)"
            case 2: "\(range.lowerBound) \(range.upperBound)"
            default: "\(range.lowerBound)-\(range.upperBound)"
            }
        }.joined(separator: " ")
    }
}
