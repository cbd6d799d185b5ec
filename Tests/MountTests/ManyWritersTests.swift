import Bytes
import Testing

@Suite("Many writers at once", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct ManyWritersTests {
    @Test(
        "small files that are copied in parallel are each there once, and those that went together are one data file"
    )
    func parallelCopies() throws {
        let mounted = try MountedStore()
        try mounted.mount()
        try mounted.expectSuccess(
            """
            mkdir $M/t && echo false > $M/t/properties/compaction.enabled
            printf 'id\\n0\\n' > first.csv && cp first.csv $M/t/ingest/
            writer() {
                for i in $(seq 25); do
                    n=$(($1 * 100 + i))
                    printf 'id\\n%s\\n' $n > f-$n.csv
                    if [ $(($1 % 2)) = 0 ]; then cp f-$n.csv $M/t/ingest/; else
                        cp f-$n.csv $M/t/ingest/.f-$n.csv && mv $M/t/ingest/.f-$n.csv $M/t/ingest/f-$n.csv
                    fi || exit 1
                done
            }
            pids=
            for w in $(seq 8); do writer $w & pids="$pids $!"; done
            for pid in $pids; do wait $pid || exit 1; done
            """)
        let version = try mounted.expectSuccess("sed -n 's/^version: *//p' $M/t/status")
        // Version 0 made the table, 1 set the property; each other one has one data file.
        let files = try mounted.expectSuccess("ls $M/t/live | wc -l")
        #expect(Int(files).map { $0 + 1 } == Int(version))
        #expect(try mounted.expectSuccess("ls $M/t/receipts | wc -l") == "201")
        try mounted.unmount()
        var expected: [Int64] = [0]
        for writer in 1...8 { expected += (1...25).map { Int64(writer * 100 + $0) } }
        #expect(try StoredRows.integers("id", of: "t", in: mounted.store) == expected)
    }
}
