import Testing

/// What a person who is new to it, or in a hurry, does next.
@Suite("Second tries", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct AuditTests {
    private static let twoFiles = """
        mkdir -p $M/t
        printf 'id,name\\n1,a\\n' > a.csv; printf 'id,name\\n2,b\\n' > b.csv
        cp a.csv b.csv $M/t/ingest/
        """

    /// `mv` and the kernel take a name that already leads to the file for a move that is done.
    @Test(
        "files of a cancelled job can be moved into compact/ again",
        arguments: ["$M/t/live/*.parquet", "$M/t/partitions/*.parquet"])
    func moveAgain(files: String) throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoFiles + "; echo pause > $M/t/ctl")
            let job = """
                mv \(files) $M/t/compact/ || exit 1
                for i in $(seq 60); do J=$(ls $M/t/compact | grep -x '[0-9a-f]*'); [ -n "$J" ] && break; sleep 0.1; done
                grep -q paused $M/t/compact/$J/state || { ls -R $M/t/compact; exit 1; }
                """
            try mounted.expectSuccess(job + "; rmdir $M/t/compact/$J")
            try mounted.expectSuccess("" + job + "; echo cancel > $M/t/compact/$J/ctl")
            try mounted.expectSuccess("" + job + "; echo resume > $M/t/ctl")
            try mounted.expectSuccess(
                "for i in $(seq 80); do [ $(ls $M/t/live | wc -l) = 1 ] && exit 0; sleep 0.1; done; cat $M/t/events; exit 1"
            )
        }
    }

    @Test("a file that is in a job is refused as busy, with the job's name")
    func alreadyScheduled() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoFiles + "; echo pause > $M/t/ctl")
            try mounted.expectSuccess("mv $M/t/live/*.parquet $M/t/compact/; sleep 1.5")
            let again = mounted.run("mv $M/t/live/*.parquet $M/t/compact/")
            #expect(again.status == 1)
            #expect(again.output.contains("Device or resource busy"), "\(again.output)")
            try mounted.expectSuccess(
                "grep -q \"see t/compact/$(ls $M/t/compact | grep -x '[0-9a-f]*')\" $M/t/errors")
        }
    }

    @Test("a copy into a read-only mount says that it is read-only")
    func readOnly() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoFiles)
            try mounted.unmount()
            try mounted.mount(options: "-r")
            for change in [
                "cp a.csv $M/t/ingest/", "cp a.csv $M/t/ingest/c.csv", "mv $M/t/live/* $M/t/compact/",
            ] {
                let result = mounted.run(change)
                #expect(result.status == 1, "\(change)")
                #expect(result.output.contains("Read-only file system"), "\(change): \(result.output)")
            }
            #expect(try mounted.expectSuccess("ls $M/t/ingest $M/t/compact | grep -c csv || true") == "0")
        }
    }

    @Test("a property that does not exist has no default to go back to")
    func unknownProperty() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess("mkdir $M/t")
            let result = mounted.run("firn set $S/t compaction.fanIn=3")
            #expect(result.status == 1)
            #expect(result.output.contains("there is no property \"compaction.fanIn=3\""), "\(result.output)")
            try mounted.expectSuccess("firn set $S/t compaction.fanIn 3 && firn set $S/t compaction.fanIn")
        }
    }

    @Test("a store that is not there is named, and how to make it")
    func noStore() throws {
        try MountedStore.with { mounted in
            for command in ["firn mount $D/none $D", "firn create $D/none/t"] {
                let result = mounted.run(command)
                #expect(result.status != 0)
                #expect(
                    result.output.contains("none does not exist. Make it with `mkdir`."), "\(result.output)")
            }
        }
    }
}
