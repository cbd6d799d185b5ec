import Testing

@Suite("The main job, at a real mount", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct MainJobTests {
    /// Two small files of flights, and a table that took them.
    static let twoCopies = """
        printf 'time,carrier,delay\\n2013-01-01T10:00:00Z,UA,2\\n2013-01-01T10:05:00Z,AA,NA\\n' > a.csv
        printf 'time,carrier,delay\\n2013-01-02T10:00:00Z,DL,-4\\n' > b.csv
        mkdir $M/flights && cp a.csv $M/flights/ingest/ && cp b.csv $M/flights/ingest/
        """

    @Test("a copied file is a commit: version, live files and status show it at once")
    func copyIsCommit() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoCopies)
            #expect(try mounted.expectSuccess("ls $M/flights/live | wc -l") == "2")
            #expect(try mounted.expectSuccess("readlink $M/flights/states/latest") == "2")
            #expect(try mounted.expectSuccess("grep '^rows:' $M/flights/status | tr -s ' '") == "rows: 3")
            #expect(try mounted.expectSuccess("ls $M/flights/ingest | wc -l") == "0")
            let changes = try mounted.expectSuccess("cat $M/flights/states/2/changes.jsonl")
            #expect(changes.contains("\"change\":\"add\""))
        }
    }

    @Test("every path of a table is there and can be read")
    func everyPath() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoCopies)
            let listing = try mounted.expectSuccess("ls $M/flights").split(separator: "\n").map(String.init)
            #expect(
                listing == [
                    "compact", "ctl", "errors", "events", "gc", "ingest", "live", "log", "metrics",
                    "partitions",
                    "properties", "receipts", "rejected", "reports", "schema.json", "states", "status",
                    "status.json",
                ])
            try mounted.expectSuccess(
                """
                cd $M/flights
                cat errors gc/plan metrics schema.json status status.json states/latest/state.json > /dev/null
                head -c 100 events > /dev/null
                cat properties/* log/* receipts/* reports/* compact/history* > /dev/null
                ls -l live partitions states gc compact rejected states/latest states/latest/manifests
                """)
            // The size that stat tells is the number of bytes that a read gives.
            let sizes = try mounted.expectSuccess(
                """
                cd $M/flights
                for f in status status.json schema.json metrics gc/plan properties/* states/2/state.json reports/* compact/history*; do
                    [ "$(stat -c %s $f)" = "$(wc -c < $f)" ] || echo "$f"
                done
                """)
            #expect(sizes == "")
        }
    }

    @Test("what does not fit is refused by cp's exit status, kept in rejected/ and explained in errors")
    func refusal() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoCopies)
            try mounted.expectSuccess(
                "printf 'time,carrier,delay\\n2013-01-03T10:00:00Z,UA,late\\n' > bad.csv")
            let copy = mounted.run("cp bad.csv $M/flights/ingest/")
            #expect(copy.status == 1, "\(copy.output)")
            let errors = try mounted.expectSuccess("cat $M/flights/errors")
            for word in ["bad.csv", "late", "delay", "line 2"] { #expect(errors.contains(word), "\(errors)") }
            try mounted.expectSuccess(
                "cmp bad.csv $M/flights/rejected/bad.csv && test -s $M/flights/rejected/bad.csv.error")
            #expect(try mounted.expectSuccess("readlink $M/flights/states/latest") == "2")
            #expect(try mounted.expectSuccess("ls $M/flights/ingest | wc -l") == "0")
        }
    }

    @Test("the same file copied again succeeds without a commit")
    func repeatedCopy() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoCopies)
            try mounted.expectSuccess("cp a.csv $M/flights/ingest/")
            #expect(try mounted.expectSuccess("readlink $M/flights/states/latest") == "2")
        }
    }

    @Test("moving files into compact/ leaves one file with the same rows, and an old version stays whole")
    func compaction() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoCopies)
            try mounted.expectSuccess("cp -r $M/flights/states/2/live before")
            try mounted.expectSuccess("mv $M/flights/live/*.parquet $M/flights/compact/")
            try mounted.expectSuccess(
                """
                for i in $(seq 200); do
                    [ "$(ls $M/flights/live | wc -l)" = 1 ] && exit 0
                    sleep 0.1
                done
                ls -l $M/flights/live $M/flights/compact; cat $M/flights/status; exit 1
                """)
            #expect(try mounted.expectSuccess("grep '^rows:' $M/flights/status | tr -s ' '") == "rows: 3")
            #expect(try mounted.expectSuccess("grep -c waits $M/flights/gc/plan") == "2")
            try mounted.expectSuccess("diff -r before $M/flights/states/2/live")
            let differs = mounted.run("diff -r $M/flights/states/2/live $M/flights/states/latest/live")
            #expect(differs.status == 1)
        }
    }

    @Test("a new daemon finds everything as it was")
    func remount() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.twoCopies)
            try mounted.unmount()
            #expect(mounted.run("mountpoint -q $M").status != 0)
            try mounted.mount()
            #expect(try mounted.expectSuccess("grep '^rows:' $M/flights/status | tr -s ' '") == "rows: 3")
            try mounted.expectSuccess("firn describe $S/flights | grep -q '^rows: *3$'")
        }
    }
}
