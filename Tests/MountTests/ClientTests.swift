import Testing

@Suite(
    "The programs that people copy with", .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"))
struct ClientTests {
    /// Each adds the five rows of `new.csv`, or of a file made from it, to the table.
    @Test(
        "each way to bring a file in is one commit of its rows",
        arguments: [
            "cp new.csv $M/t/ingest/",
            "cp -p new.csv $M/t/ingest/",
            "cp -a new.csv $M/t/ingest/",
            "mv new.csv $M/t/ingest/",
            "install -m 644 new.csv $M/t/ingest/new.csv",
            "cat new.csv > $M/t/ingest/new.csv",
            "(cat new.csv) > $M/t/ingest/new.csv",
            "(head -3 new.csv; sleep 0.05; tail -n +4 new.csv) > $M/t/ingest/new.csv",
            "tee $M/t/ingest/new.csv < new.csv > /dev/null",
            "dd if=new.csv of=$M/t/ingest/new.csv bs=7 2>/dev/null",
            "dd if=new.csv of=$M/t/ingest/new.csv conv=fsync 2>/dev/null",
            "rsync -a new.csv $M/t/ingest/",
            "rsync -a --inplace new.csv $M/t/ingest/",
            "tar cf new.tar new.csv && tar xf new.tar -C $M/t/ingest/",
            "exec 3> $M/t/ingest/new.csv; head -2 new.csv >&3; tail -n +3 new.csv >&3; exec 3>&-",
            "cp new.csv $M/t/ingest/.new.csv && mv $M/t/ingest/.new.csv $M/t/ingest/new.csv",
            "cp new.csv $M/t/ingest/new.csv.tmp && mv $M/t/ingest/new.csv.tmp $M/t/ingest/new.csv",
            "mkdir $M/t/ingest/.b && cp new.csv $M/t/ingest/.b/ && mv $M/t/ingest/.b $M/t/ingest/b",
            "python3 -c \"import shutil, os; shutil.copyfile('new.csv', os.environ['M'] + '/t/ingest/new.csv')\"",
            "python3 -c \"import shutil, os; shutil.copy2('new.csv', os.environ['M'] + '/t/ingest/new.csv')\"",
            "gzip -k new.csv && cp new.csv.gz $M/t/ingest/",
            "for i in 1 2 3 4 5; do tail -n +$i new.csv; done | head -6 > /dev/null; cp new.csv $M/t/ingest/'a b=%.csv'",
        ])
    func bringIn(command: String) throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                """
                printf 'id,name\\n1,a\\n2,b\\n' > first.csv
                { echo id,name; seq 11 15 | sed 's/$/,x/'; } > new.csv
                mkdir $M/t && cp first.csv $M/t/ingest/
                """)
            let result = mounted.run(command)
            #expect(
                result.status == 0, "\(command): \(result.output)\(mounted.run("cat $M/t/errors").output)")
            let rows =
                "for i in $(seq 50); do grep -q '^rows: *7$' $M/t/status && exit 0; sleep 0.05; done; cat $M/t/status; exit 1"
            try mounted.expectSuccess(rows)
            // Two commits with rows, and nothing left behind.
            #expect(try mounted.expectSuccess("ls $M/t/live | wc -l") == "2")
            #expect(try mounted.expectSuccess("ls -A $M/t/ingest | grep -v '^[._]' | wc -l") == "0")
        }
    }

    @Test("names of any bytes come in and their sources can be told apart")
    func strangeNames() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                """
                mkdir $M/t
                i=0
                for name in 'with space.csv' $'new\\nline.csv' 'a=b.csv' '50%.csv' $'not\\xffutf8.csv' "$(printf 'x%.0s' $(seq 251)).csv"; do
                    i=$((i + 1)); printf 'id\\n%s\\n' $i > plain
                    cp plain $M/t/ingest/"$name" || exit 1
                done
                """)
            #expect(try mounted.expectSuccess("grep -c '^rows: *6$' $M/t/status || cat $M/t/errors") == "1")
        }
    }

    @Test(
        "what cannot be done is refused with the errno that a person expects",
        arguments: [
            ("rm $M/t/live/*", "Operation not permitted"),
            ("echo x >> $(ls $M/t/live/* | head -1)", "Operation not permitted"),
            ("chmod 600 $M/t/live/*", "Operation not permitted"),
            ("touch $M/t/live/new", "Operation not permitted"),
            ("mkdir $M/t/states/99", "Operation not permitted"),
            ("rm -r $M/t/states/1", "Operation not permitted"),
            ("echo many > $M/t/properties/compaction.fanIn", "Invalid argument"),
            ("echo dance > $M/t/ctl", "Operation not supported"),
            ("mv first.csv $M/t/compact/", "Operation not permitted"),
            ("mkdir '$M/bad name'; mkdir \"$M/bad name\"", "Operation not permitted"),
            ("rmdir $M/t", "Directory not empty"),
            ("cp first.csv $M/", "Operation not permitted"),
            ("ls $M/t/states/12345", "No such file or directory"),
        ])
    func refused(command: String, message: String) throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(
                "printf 'id\\n1\\n' > first.csv; mkdir $M/t && cp first.csv $M/t/ingest/")
            let result = mounted.run(command)
            #expect(result.status != 0, "\(command)")
            #expect(result.output.contains(message), "\(command): \(result.output)")
            #expect(try mounted.expectSuccess("grep -c '^rows: *1$' $M/t/status") == "1")
        }
    }

    @Test("walkers read the whole mount: find, du, tar, rsync, grep -r, diff -r, cp -a")
    func walkers() throws {
        try MountedStore.with { mounted in
            _ = try mounted.expectSuccess(
                """
                printf 'id\\n1\\n' > a.csv; printf 'id\\n2\\n' > b.csv
                mkdir $M/t && cp a.csv b.csv $M/t/ingest/
                find $M -ls > /dev/null
                du -s $M/t/live > /dev/null
                tar cf all.tar -C $M/t live states/2/live && tar tf all.tar > /dev/null
                rsync -a $M/t/live/ copy/ && diff -r $M/t/live copy
                cp -a $M/t/states/1/live backup && diff -r $M/t/states/1/live backup
                grep -rl PAR1 $M/t/live | wc -l | grep -q 2
                [ "$(ls -i $M/t/live | head -1 | cut -d' ' -f1)" = "$(ls -i $M/t/states/2/live | head -1 | cut -d' ' -f1)" ]
                df $M > /dev/null
                """)
        }
    }
}
