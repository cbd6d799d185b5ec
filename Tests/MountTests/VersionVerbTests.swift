import Testing

/// What a mount shows of versions and lets be done with them, beside the same by the command line.
@Suite("Versions", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct VersionVerbTests {
    @Test("the changes of all versions in a mount are what the command tells, and a follower sees them come")
    func changes() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                """
                mkdir $M/t && printf 'id\\n1\\n' > a.csv && printf 'id\\n2\\n' > b.csv
                firn changes $S/t --follow --json > followed & echo $! > pid
                cp a.csv $M/t/ingest/ && cp b.csv $M/t/ingest/
                firn compact --all $S/t > /dev/null
                for i in $(seq 100); do [ $(ls $M/t/live | wc -l) = 1 ] && break; sleep 0.05; done
                for v in $(ls $M/t/states | grep -v latest | sort -n); do cat $M/t/states/$v/changes.jsonl; done > shown
                firn changes $S/t --json > told
                for i in $(seq 100); do cmp -s told followed && break; sleep 0.05; done
                pkill -TERM -P $(cat pid); wait $(cat pid)
                """)
            #expect(try mounted.expectSuccess("cmp shown told && cmp followed told && wc -l < told") == "5")
            #expect(try mounted.expectSuccess("grep -c '\"dataChange\":false' told") == "3")
        }
    }

    @Test(
        "tags, restored versions, removed files and dropped partitions are lines of ctl as they are commands")
    func control() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                """
                firn create $S/t --partition-by day > /dev/null
                printf 'id,day\\n1,1\\n' > a.csv; printf 'id,day\\n2,2\\n3,1\\n' > b.csv
                cp a.csv $M/t/ingest/ && cp b.csv $M/t/ingest/ && find $M/t/live -type f | sort > all
                echo 'tag 2 both' > $M/t/ctl
                F=$(cd $M/t; ls live/day=2/*)
                echo "remove $F --dry-run" > $M/t/ctl
                """)
            #expect(
                try mounted.expectSuccess("wc -l < all; grep -c '\"event\":\"dry-run\"' $M/t/events")
                    == "3\n1")
            #expect(
                try mounted.expectSuccess(
                    "echo \"remove $(cd $M/t; ls live/day=2/*)\" > $M/t/ctl; ls $M/t/live") == "day=1")
            try mounted.expectSuccess(
                "echo 'restore both' > $M/t/ctl && find $M/t/live -type f | sort | cmp - all")
            try mounted.expectSuccess(
                "grep -q '\"operation\":\"RESTORE\".*\"user\":\"0\"' $M/t/states/latest/state.json")
            #expect(
                try mounted.expectSuccess("echo 'drop-partition day=1' > $M/t/ctl; ls $M/t/live") == "day=2")
            try mounted.expectSuccess("echo 'restore both' > $M/t/ctl && cat $(cat all) > /dev/null")
            let filter = "echo \"remove --where day = 1 AND id <= 3\" > $M/t/ctl; ls $M/t/live"
            #expect(try mounted.expectSuccess(filter) == "day=2")
            #expect(try mounted.expectSuccess("firn tag $S/t") == "both  2")
            let refused = mounted.run("echo 'restore 99' > $M/t/ctl")
            #expect(refused.status != 0 && refused.output.contains("No such file"), "\(refused.output)")
            try mounted.expectSuccess("grep -q 'there is no version 99 yet' $M/t/errors")
            let operations =
                "grep -o '\"operation\":\"[A-Z ]*\".*\"user\":\"0\"' $M/t/events | cut -d'\"' -f4 | tail -6"
            #expect(
                try mounted.expectSuccess(operations)
                    == "TAG\nREMOVE\nRESTORE\nDROP PARTITION\nRESTORE\nREMOVE")
        }
    }
}
