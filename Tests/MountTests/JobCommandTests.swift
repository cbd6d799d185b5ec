import Testing

@Suite("Jobs, by command beside a mount", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct JobCommandTests {
    /// A job that waits, as nothing is compacted in the background; `$J` is its directory.
    private static let waitingJob = """
        echo false > $M/flights/properties/compaction.enabled
        mv $M/flights/live/*.parquet $M/flights/compact/
        for i in $(seq 100); do
            J=$(ls $M/flights/compact | grep -v history | grep -v gathering)
            [ -n "$J" ] && break
            sleep 0.1
        done
        echo $J
        """

    /// Waits until a command prints a word.
    private static func wait(for word: String, in command: String) -> String {
        "for i in $(seq 300); do \(command) | grep -q '\(word)' && exit 0; sleep 0.1; done; \(command); exit 1"
    }

    @Test(
        "a job that waits is paused, resumed and cancelled; each dry run tells the same and changes nothing")
    func waiting() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(MainJobTests.twoCopies)
            let job = try mounted.expectSuccess(Self.waitingJob)
            func state() throws -> String { try mounted.expectSuccess("cat $M/flights/compact/\(job)/state") }
            #expect(try state() == "waiting")
            let log = try mounted.expectSuccess("ls $S/flights/_transaction_log | wc -l")
            for (verb, before, after, told) in [
                ("pause", "waiting", "paused", "is held where it is"),
                ("resume", "paused", "waiting", "goes on"),
            ] {
                let dry = try mounted.expectSuccess("firn jobs \(verb) --dry-run $S/flights \(job)")
                #expect(dry.contains(told) && dry.contains("nothing was written"), "\(dry)")
                #expect(dry.contains("in the mount \(mounted.mountPoint)"), "\(dry)")
                #expect(try state() == before)
                let json = try mounted.expectSuccess("firn jobs \(verb) --dry-run --json $S/flights \(job)")
                #expect(json.contains("\"dryRun\":true") && json.contains("\"mounts\":["), "\(json)")
                let done = try mounted.expectSuccess("firn jobs \(verb) $S/flights \(job)")
                #expect(done.contains(told) && !done.contains("dry run"), "\(done)")
                #expect(try state() == after)
                // Another process tells the same at once.
                let jobs = try mounted.expectSuccess("firn jobs --csv $S/flights")
                #expect(jobs.contains("\(job),\(after),"), "\(jobs)")
            }
            #expect(try mounted.expectSuccess("ls $S/flights/_transaction_log | wc -l") == log)
            try mounted.expectSuccess(
                "firn jobs cancel --dry-run $S/flights \(job) && test -d $M/flights/compact/\(job)")
            try mounted.expectSuccess("firn jobs cancel $S/flights \(job)")
            try mounted.expectSuccess(Self.wait(for: "^0 jobs", in: "cat $M/flights/reports/jobs.txt"))
            let again = mounted.run("firn jobs pause $S/flights \(job)")
            #expect(again.status == 1 && again.output.contains("there is no job"), "\(again.output)")
        }
    }

    @Test("a table that one mount holds is shown as held by another mount, and let go")
    func secondMount() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(MainJobTests.twoCopies)
            let job = try mounted.expectSuccess(Self.waitingJob)
            let second = try SecondMount(mounted)
            try second.expectSuccess("echo pause > $M/flights/ctl")
            #expect(try second.expectSuccess("cat $N/flights/compact/\(job)/state") == "paused")
            #expect(
                try second.expectSuccess("cat $N/flights/compact/\(job)/reason").contains("paused in mount"))
            try second.expectSuccess("echo resume > $M/flights/ctl")
            #expect(try second.expectSuccess("cat $N/flights/compact/\(job)/state") == "waiting")
            // One that waits may be taken by either.
            let paused = try second.expectSuccess("firn jobs pause $S/flights \(job)")
            #expect(paused.contains(" and "), "\(paused)")
            for mount in ["$M", "$N"] {
                #expect(try second.expectSuccess("cat \(mount)/flights/compact/\(job)/state") == "paused")
            }
            try second.expectSuccess("echo true > $M/flights/properties/compaction.enabled; sleep 1")
            #expect(try second.expectSuccess("ls $N/flights/live | wc -l") == "2")
            try second.expectSuccess("firn jobs resume $S/flights \(job)")
            try second.expectSuccess(Self.wait(for: "^1$", in: "ls $N/flights/live | wc -l"))
            try second.unmount()
        }
    }

    @Test("a job that was set aside is retried, and done by the mount; compact beside it follows")
    func retry() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(MainJobTests.twoCopies)
            let job = try mounted.expectSuccess(Self.waitingJob)
            try mounted.expectSuccess(
                "F=$(ls $S/flights/data/*.parquet | head -1); echo $F > name; mv $F away")
            let failed = mounted.run("firn compact --all $S/flights")
            #expect(
                failed.status == 1 && failed.output.contains("\(job) of all rows was set aside"),
                "\(failed.output)")
            try mounted.expectSuccess(Self.wait(for: "set aside", in: "cat $M/flights/compact/\(job)/state"))
            try mounted.expectSuccess("mv away $(cat name); firn jobs retry $S/flights \(job)")
            try mounted.expectSuccess("firn jobs --csv $S/flights | grep -q '\(job),waiting,'")
            try mounted.expectSuccess("echo true > $M/flights/properties/compaction.enabled")
            // Whoever takes it: the command ends when it is done.
            let done = try mounted.expectSuccess("firn compact --all $S/flights")
            #expect(done.contains("1 after"), "\(done)")
            try mounted.expectSuccess(Self.wait(for: "^1$", in: "ls $M/flights/live | wc -l"))
        }
    }
}
