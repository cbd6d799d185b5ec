import Bytes
import TestKit
import Testing

@Suite(
    "Other people's readers at a mount",
    .enabled(if: MountedStore.canMount, "\(MountedStore.requirement)"),
    .enabled(if: Peers.isAvailable, "\(Peers.requirement)"))
struct ReaderTests {
    static let table = """
        mkdir $M/t
        for month in 01 02 03; do
            { echo day,name,value; for i in 1 2 3 4; do echo "2024-$month-0$i,n$i,$i.5"; done; } > m$month.csv
            cp m$month.csv $M/t/ingest/
        done
        """

    @Test(
        "the whole directory reads with all rows and the right types",
        arguments: [
            (
                "duckdb",
                """
                import duckdb, sys
                q = duckdb.sql(f"select count(*), sum(value), min(day), typeof(any_value(day)) from '{sys.argv[1]}/*.parquet'")
                print(*q.fetchall()[0])
                """, "12 36.0 2024-01-01 DATE"
            ),
            (
                "pandas",
                """
                import pandas, sys
                t = pandas.read_parquet(sys.argv[1]); print(len(t), t.value.sum(), t.day.min())
                """, "12 36.0 2024-01-01"
            ),
            (
                "polars",
                """
                import polars, sys
                t = polars.read_parquet(sys.argv[1] + "/*.parquet"); print(t.height, t["value"].sum(), t["day"].min())
                """, "12 36.0 2024-01-01"
            ),
            (
                "pyarrow",
                """
                import pyarrow.dataset, sys
                t = pyarrow.dataset.dataset(sys.argv[1]).to_table(); print(t.num_rows, sum(t["value"].to_pylist()))
                """, "12 36.0"
            ),
        ])
    func readsDirectory(name: String, script: String, expected: String) throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.table)
            let result = try Peers.python(script, [mounted.mountPoint + "/t/live"])
            #expect(result.outputText.hasPrefix(expected), "\(name): \(result.outputText)\(result.errorText)")
        }
    }

    @Test("a reader that listed before a compaction and opens after it still reads every row once")
    func listedBefore() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess(Self.table)
            let script = """
                import glob, os, shutil, subprocess, sys, time, pyarrow.parquet
                live = sys.argv[1] + "/live"
                names = sorted(glob.glob(live + "/*.parquet"))
                subprocess.run("mv %s/*.parquet %s/compact/" % (live, sys.argv[1]), shell=True, check=True)
                for _ in range(200):
                    if len(os.listdir(live)) == 1: break
                    time.sleep(0.1)
                assert len(os.listdir(live)) == 1, os.listdir(live)
                print(sum(pyarrow.parquet.read_table(n).num_rows for n in names), len(names))
                """
            let result = try Peers.python(script, [mounted.mountPoint + "/t"])
            #expect(result.outputText == "12 3\n", "\(result.outputText)\(result.errorText)")
        }
    }

    @Test("programs that write Parquet and CSV themselves can write straight into ingest/")
    func directWriters() throws {
        try MountedStore.with { mounted in
            try mounted.expectSuccess("mkdir $M/t")
            let script = """
                import sys, pandas, duckdb, polars, pyarrow, pyarrow.parquet
                ingest = sys.argv[1] + "/ingest/"
                frame = pandas.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"]})
                frame.to_parquet(ingest + "pandas.parquet", index=False)
                frame.to_csv(ingest + "pandas.csv", index=False)
                duckdb.sql("select 4 as id, 'd' as name").write_parquet(ingest + "duckdb.parquet")
                polars.DataFrame({"id": [5, 6], "name": ["e", "f"]}).write_parquet(ingest + "polars.parquet")
                pyarrow.parquet.write_table(pyarrow.table({"id": [7], "name": ["g"]}), ingest + "arrow.parquet")
                with open(ingest + "lines.jsonl", "w") as f: f.write('{"id": 8, "name": "h"}\\n{"id": 9}\\n')
                """
            let result = try Peers.python(script, [mounted.mountPoint + "/t"])
            let errors = try mounted.expectSuccess("cat $M/t/errors")
            #expect(result.succeeded, "\(result.errorText) \(errors)")
            try mounted.expectSuccess("sleep 0.5")
            #expect(
                try mounted.expectSuccess("grep -c '^rows: *12$' $M/t/status || cat $M/t/status $M/t/errors")
                    == "1")
        }
    }
}
