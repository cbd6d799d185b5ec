import Bytes
import Metadata
import Tables
import Testing

/// A split partition at a mount, looked at with the tools that people have. The split is another process's commit, so
/// all of it also shows that a mount sees what others do.
@Suite("Partition trees in a mount", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct PartitionMountTests {
    private static let table = """
        firn create $S/t --key id > /dev/null
        for n in 1 2; do
            { echo id,name; for i in $(seq 400); do echo "$i,name $n $i"; done; } > $n.csv
            cp $n.csv $M/t/ingest/
        done
        """

    /// Splits the table's root partition at a key, by a session of its own.
    private func split(_ mounted: MountedStore, at key: ByteString) throws {
        let store = try Store.open(at: mounted.store, options: StoreOptions(command: "test"))
        defer { store.close() }
        let table = try store.table("t")
        let state = table.state
        let children = [PartitionID("00000000000000a1"), PartitionID("00000000000000a2")]
        let cut = try KeyText(state.definition).key(key)
        let root = Partition(
            id: PartitionID(""), root: PartitionTuple([]), parent: nil, minKey: nil, maxKey: nil)
        let references = state.files(in: root.id).compactMap { file in
            state.reference(file, in: root.id).map {
                ReferenceSplit(
                    $0, leftRows: $0.rowCount / 2, isEstimated: true, at: cut, keys: file.keyRange,
                    into: children)
            }
        }
        let body = TransactionBody.splitPartition(
            root, at: cut, into: (children[0], children[1]), references: references)
        try table.commit(body.operation, preconditions: body.preconditions, actions: body.actions)
    }

    /// Takes the rows of the left partition out of one file, as a compaction of that partition alone does.
    private func takeHalf(_ mounted: MountedStore) throws {
        let store = try Store.open(at: mounted.store, options: StoreOptions(command: "test"))
        defer { store.close() }
        let table = try store.table("t")
        let left = PartitionID("00000000000000a1")
        let file = try #require(table.state.files(in: left).first)
        try table.commit(
            "COMPACT",
            actions: [.operation(.removeReference(file: file.id, partition: left, rowCount: 200))])
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
            try split(mounted, at: "200")
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
            try split(mounted, at: "200")
            let file = try mounted.expectSuccess(
                Self.waitForSplit + "; getfattr -d -m user.firn live/$(ls live | head -1)")
            #expect(file.contains("user.firn.references=\"2\""), "\(file)")
            #expect(file.contains("user.firn.partition=\"id-to-200\\012id-from-200\""), "\(file)")
            let directory = try mounted.expectSuccess("getfattr -d -m user.firn $M/t/partitions/id-to-200")
            for line in [
                "max=\"200\"", "leaf=\"true\"", "files=\"2\"", "rows=\"400\"", "rowsEstimated=\"400\"",
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
            try split(mounted, at: "200")
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
            try split(mounted, at: "200")
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
            try split(mounted, at: "200")
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
            try split(mounted, at: "200")
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
}
