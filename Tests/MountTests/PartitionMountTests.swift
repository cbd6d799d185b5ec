import Bytes
import Metadata
import Tables
import Testing

/// A split partition at a mount, looked at with the tools that people have. Most splits are another process's commits, so
/// all of it also shows that a mount sees what others do; the others are lines of `ctl`.
@Suite("Partition trees in a mount", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct PartitionMountTests {
    private static let table = """
        firn create $S/t --key id > /dev/null
        for n in 1 2; do
            { echo id,name; for i in $(seq 400); do echo "$i,name $n $i"; done; } > $n.csv
            cp $n.csv $M/t/ingest/
        done
        """

    /// Takes the rows of the left partition out of one file, as a compaction of that partition alone does.
    private func takeHalf(_ mounted: MountedStore) throws {
        let store = try Store.open(at: mounted.store, options: StoreOptions(command: "test"))
        defer { store.close() }
        let table = try store.table("t")
        let left = try PartitionPathText(table.state).id("id-to-200")
        let file = try #require(table.state.files(in: left).first)
        let reference = try #require(table.state.reference(file, in: left))
        try table.commit(
            "COMPACT",
            actions: [
                .operation(.removeReference(file: file.id, partition: left, rowCount: reference.rowCount))
            ])
    }

    private static let waitForSplit = """
        for i in $(seq 100); do [ -d $M/t/partitions/id-to-200 ] && break; sleep 0.05; done
        cd $M/t
        """

    @Test("a file of both children has one inode and three links, and every tool counts it once")
    func oneInode() throws {
        try MountedStore.with { mounted in
            // What the kernel remembers of the time before must go.
            try mounted.expectSuccess(
                Self.table + "; ls -l $M/t/partitions > $D/before; stat $M/t/live/* > /dev/null")
            try mounted.expectSuccess("firn split $S/t --at 200")
            try mounted.expectSuccess(
                Self.waitForSplit + """

                    set -e
                    test "$(ls partitions | tr '\\n' ' ')" = "id-from-200 id-to-200 "
                    for f in $(ls live); do
                        test ! -e partitions/$f
                        test "$(stat -c %h live/$f)" = 3
                        test "$(stat -c %i live/$f partitions/*/$f states/latest/partitions/*/$f | sort -u | wc -l)" = 1
                        cmp live/$f partitions/id-to-200/$f
                    done
                    test "$(find partitions -name '*.parquet' | wc -l)" = 4
                    for i in $(seq 100); do [ "$(find partitions -type f -links 3 | wc -l)" = 4 ] && break; sleep 0.05; done
                    test "$(find partitions -type f -links 3 | wc -l)" = 4
                    test "$(ls -li partitions/* | grep -c '^ *[0-9].* 3 root')" = 4
                    test "$(find . -samefile live/$f -not -path './states/*' | wc -l)" = 3
                    """)
            let bytes = try mounted.expectSuccess(
                "cat $M/t/live/* | wc -c; find $M/t/partitions -type f -print0 | du -cb --files0-from=- | tail -1 | cut -f1"
            ).split(separator: "\n")
            #expect(bytes[0] == bytes[1])
            let archive = try mounted.expectSuccess(
                "tar cf x.tar -C $M/t partitions && tar tvf x.tar | grep -c 'link to'")
            #expect(archive == "2")
            try mounted.expectSuccess("mkdir x && tar xf x.tar -C x && diff -r x/partitions $M/t/partitions")
            try mounted.expectSuccess("rsync -aH $M/t/partitions/ y && diff -r y $M/t/partitions")
            let links = try mounted.expectSuccess("stat -c %h y/id-to-200/*")
            #expect(links == "2\n2")
        }
    }

    @Test("extended attributes tell of files and of partitions what they are")
    func attributes() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.table)
            try mounted.expectSuccess("firn split $S/t --at 200")
            let file = try mounted.expectSuccess(
                Self.waitForSplit + "; getfattr -d -m user.firn live/$(ls live | head -1)")
            #expect(file.contains("user.firn.references=\"2\""), "\(file)")
            #expect(file.contains("user.firn.partition=\"id-to-200\\012id-from-200\""), "\(file)")
            let directory = try mounted.expectSuccess("getfattr -d -m user.firn $M/t/partitions/id-to-200")
            for line in [
                "max=\"200\"", "leaf=\"true\"", "files=\"2\"", "rows=\"398\"", "rowsEstimated=\"0\"",
            ] {
                #expect(directory.contains("user.firn." + line), "\(directory)")
            }
            #expect(!directory.contains("user.firn.min"))
        }
    }

    @Test("a second mount of the store shows the same tree without being mounted anew")
    func twoMounts() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.table)
            try mounted.expectSuccess(
                "mkdir second && firn mount $S $D/second && ls -lR second/t/partitions > /dev/null")
            defer { _ = mounted.run("firn unmount $D/second") }
            try mounted.expectSuccess("echo split --at=200 > $M/t/ctl")
            try mounted.expectSuccess(
                """
                for i in $(seq 100); do
                    [ -d $M/t/partitions/id-to-200 ] && [ -d second/t/partitions/id-to-200 ] && break
                    sleep 0.05
                done
                diff -r $M/t/partitions second/t/partitions
                diff <(cd $M/t/partitions; find . -printf '%P %i %n %s\\n' | sort) \\
                     <(cd second/t/partitions; find . -printf '%P %i %n %s\\n' | sort)
                """)
        }
    }

    @Test("while a file is live by half, live/ says so, and a copy of the version is complete but for it")
    func halfLive() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.table + "; ls -l $M/t/live > /dev/null")
            try mounted.expectSuccess("firn split $S/t --at 200")
            try mounted.expectSuccess(Self.waitForSplit)
            try takeHalf(mounted)
            try mounted.expectSuccess(
                "for i in $(seq 100); do ls $M/t/live > /dev/null 2>&1 || break; sleep 0.05; done")
            let listed = mounted.run("ls $M/t/live")
            #expect(
                listed.status != 0 && listed.output.contains("Operation not supported"), "\(listed.output)")
            try mounted.expectSuccess(
                "grep -q 'firn files STORE/t --key' $M/t/errors && grep -q 'partialReferences' $M/t/errors")
            let copy = mounted.run("cp -a $M/t/states/4 copied")
            #expect(copy.status == 1)
            #expect(copy.lines.count == 1 && copy.output.contains("states/4/live"), "\(copy.output)")
            try mounted.expectSuccess(
                "diff -r copied/partitions $M/t/states/4/partitions && cmp copied/state.json $M/t/states/4/state.json"
            )
            try mounted.expectSuccess("cp -a $M/t/states/3 whole && test $(ls whole/live | wc -l) = 2")
        }
    }

    @Test(
        "a partition compacted alone leaves a file live by half, and the way out that errors names leads out")
    func wayOut() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                Self.table + "; echo true > $M/t/properties/compaction.partialReferences")
            try mounted.expectSuccess("firn split $S/t --at 200")
            try mounted.expectSuccess(
                Self.waitForSplit + """

                    mv partitions/id-to-200/*.parquet compact/ || exit 1
                    for i in $(seq 200); do [ $(ls partitions/id-to-200 | wc -l) = 1 ] && break; sleep 0.1; done
                    [ $(ls partitions/id-from-200 | wc -l) = 2 ] || { ls -lR partitions; cat events errors; exit 2; }
                    ls live 2> /dev/null && exit 3
                    grep -q '^rows: *800$' status || exit 4
                    echo false > properties/compaction.partialReferences
                    echo compact > ctl
                    for i in $(seq 200); do ls live > /dev/null 2>&1 && break; sleep 0.1; done
                    ls live || { cat events errors; exit 5; }
                    grep -q '^rows: *800$' status || exit 6
                    [ "$(find partitions -name '*.parquet' | wc -l)" = "$(ls live | wc -l)" ] || exit 7
                    """)
            #expect(
                try StoredRows.integers("id", of: "t", in: mounted.store)
                    == (1...400).flatMap { [$0, $0] })
        }
    }

    @Test("files and directories of the tree are moved into compact/, and refused in words that mv can say")
    func moves() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                """
                firn create $S/t --key id > /dev/null
                for n in 1 2 301 302; do printf "id\\n$n\\n$((n + 10))\\n" > $n.csv; cp $n.csv $M/t/ingest/; done
                echo pause > $M/t/ctl
                """)
            try mounted.expectSuccess("echo split . 200 > $M/t/ctl")
            try mounted.expectSuccess(
                Self.waitForSplit + """

                    mv partitions/id-to-200/*.parquet compact/ || exit 1
                    for i in $(seq 100); do J=$(ls compact | grep -x '[0-9a-f]*'); [ -n "$J" ] && break; sleep 0.05; done
                    ls compact/$J/inputs > $D/inputs
                    ls partitions/id-to-200 | cmp - $D/inputs || exit 2
                    for f in $(cat $D/inputs); do
                        [ "$(readlink -e compact/$J/inputs/$f)" = "$M/t/partitions/id-to-200/$f" ] || exit 3
                    done
                    [ "$(du -L compact/$J/inputs | cut -f1)" -gt 0 ] || exit 4
                    """)
            let refused = [
                ("mv $M/t/partitions/id-to-200 $M/t/compact/", "Device or resource busy"),
                ("mv $M/t/partitions/id-to-200/$(head -1 inputs) $M/t/compact/", "Device or resource busy"),
                ("mv $M/t/states/5/live/$(head -1 inputs) $M/t/compact/", "Operation not permitted"),
                ("mv $M/t/partitions/id-to-200 $M/t/partitions/x", "Operation not permitted"),
                ("mv $M/t/partitions/id-to-200/$(head -1 inputs) $D", "Operation not permitted"),
            ]
            for (command, words) in refused {
                let result = mounted.run(command)
                #expect(result.status == 1 && result.output.contains(words), "\(command): \(result.output)")
            }
            try mounted.expectSuccess(
                """
                cd $M/t
                grep -q 'cancel it: rmdir t/compact/' errors || exit 1
                mv partitions/id-from-200 compact/ || exit 2
                [ -d partitions/id-from-200 ] || exit 3
                echo resume > ctl
                for i in $(seq 200); do [ $(ls live | wc -l) = 2 ] && break; sleep 0.1; done
                [ "$(ls partitions/* | grep -c parquet)" = 2 ] && [ $(ls live | wc -l) = 2 ] || { cat events; exit 4; }
                grep -q '^rows: *8$' status || exit 5
                """)
        }
    }

    @Test("commands on the store beside a live mount say what the mount says of partitions, jobs and files")
    func commands() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.table + "; echo pause > $M/t/ctl; echo split . 200 > $M/t/ctl")
            try mounted.expectSuccess(
                Self.waitForSplit + """

                    mv partitions/id-to-200/*.parquet compact/ || exit 1
                    for i in $(seq 100); do J=$(ls compact | grep -x '[0-9a-f]*'); [ -n "$J" ] && break; sleep 0.05; done
                    echo $J > $D/job
                    for kind in files partitions; do
                        for form in csv json; do
                            firn report $S/t $kind --$form > $D/said || exit 2
                            diff $D/said reports/$kind.$form || exit 3
                        done
                    done
                    firn partitions $S/t | diff - reports/partitions.txt || exit 4
                    firn report $S/t | grep -q '^2 leaves, 1 inner node' || exit 5
                    firn report $S/t --json > /dev/null || exit 6
                    firn jobs $S/t > $D/jobs; grep -q "^$J  paused" $D/jobs || { cat $D/jobs; exit 7; }
                    firn jobs $S/t --csv | cut -d, -f1,3-5 > $D/said; cut -d, -f1,3-5 reports/jobs.csv | diff $D/said - || exit 8
                    """)
            let partitions = try mounted.expectSuccess("firn partitions $S/t --csv | cut -d, -f1,8-11")
            #expect(partitions.contains("id-to-200,2,2,398,0\nid-from-200,2,2,402,0\n"), "\(partitions)")
            try mounted.expectSuccess(
                """
                cd $M/t
                echo resume > ctl
                for i in $(seq 200); do [ $(ls partitions/id-to-200 | wc -l) = 1 ] && break; sleep 0.1; done
                firn jobs $S/t | grep -q '^0 jobs' || exit 1
                firn jobs $S/t --history | grep -q "$(cat $D/job)" || { firn jobs $S/t --history; exit 2; }
                firn partitions $S/t | diff - reports/partitions.txt || exit 3
                """)
        }
    }

    @Test("leaves are split by themselves in a mount, and what cannot be split says so everywhere")
    func threshold() throws {
        _ = try MountedStore.with { mounted in
            try mounted.expectSuccess(
                Self.table + """

                    firn create $S/u --key id > /dev/null
                    { echo id; for i in $(seq 300); do echo 7; done; } > u.csv
                    cp u.csv $M/u/ingest/
                    { echo id; for i in $(seq 300); do echo 7; done; echo 8; echo 9; } > u.csv
                    cp u.csv $M/u/ingest/
                    for t in t u; do echo 250 > $M/$t/properties/partition.splitThresholdRows; done
                    for i in $(seq 200); do
                        [ $(find $M/t/partitions -type d | wc -l) -ge 7 ] && [ $(find $M/u/partitions -type d | wc -l) -ge 3 ] && break
                        sleep 0.1
                    done
                    cd $M
                    firn partitions $S/t > $D/t; grep -q ': 0 due, 0 perhaps after a compaction, 0 unsplittable' $D/t || { cat $D/t; exit 1; }
                    firn partitions $S/u > $D/u; grep -q ': 0 due, 0 perhaps after a compaction, 1 unsplittable' $D/u || { cat $D/u; exit 2; }
                    diff $D/u u/reports/partitions.txt || exit 3
                    firn report $S/u partitions | diff $D/u - || exit 4
                    test "$(getfattr --only-values -n user.firn.split u/partitions/id-to-8)" = unsplittable || exit 5
                    test "$(getfattr --only-values -n user.firn.rows u/partitions/id-to-8)" = 600 || exit 6
                    test "$(getfattr --only-values -n user.firn.split u/partitions/id-from-8)" = no || exit 7
                    for p in $(find t/partitions -type d -name 'id-*'); do
                        [ "$(getfattr --only-values -n user.firn.leaf $p)" = true ] || continue
                        [ "$(getfattr --only-values -n user.firn.split $p)" = no ] || exit 8
                        [ "$(getfattr --only-values -n user.firn.rows $p)" -le 250 ] || exit 9
                        [ "$(getfattr --only-values -n user.firn.rowsEstimated $p)" = 0 ] || exit 10
                    done
                    """)
        }
    }

    @Test(
        "ctl splits at a key with a space, and makes the directory of a root partition that is not there yet")
    func control() throws {
        _ = try MountedStore.with { mounted in
            try mounted.expectSuccess(
                """
                echo '{"columns":[{"name":"city","type":"string"},{"name":"d","type":"string"}]}' > s.json
                firn create $S/t --key city --partition-by d --schema s.json > /dev/null
                cd $M/t
                echo 'split d=a%20b New%20York' > ctl || { cat errors; exit 1; }
                for i in $(seq 100); do [ -d 'partitions/d=a b/city-to-New York' ] && break; sleep 0.05; done
                ls 'partitions/d=a b' > $D/listed
                printf 'city-from-New York\ncity-to-New York\n' | diff - $D/listed || exit 2
                echo 'split d=a%20b/city-to-New%20York Las%20Vegas' > ctl || { cat errors; exit 3; }
                for i in $(seq 100); do [ -d 'partitions/d=a b/city-to-New York/city-from-Las Vegas' ] && break; sleep 0.05; done
                [ -d 'partitions/d=a b/city-to-New York/city-from-Las Vegas' ] || exit 4
                echo 'split d=a%20b San Francisco' > ctl 2> /dev/null && exit 5
                grep -q 'written %20' errors || { cat errors; exit 6; }
                """)
        }
    }
}
