"""Several writers that commit to one table at once: what a commit costs is the time of all over their number.

writers.py delta|ducklake-inlined|ducklake-files threads|processes DIRECTORY WRITERS COMMITS FILES

delta: delta-rs, each commit adds so many files to the log (without writing them). ducklake: each commit inserts a
row, kept in the catalog or written as a file; threads share a DuckDB catalog, processes a SQLite one, the only one
of a file that several may open. None of them syncs its commits to disk.
"""
import datetime
import json
import multiprocessing
import os
import resource
import sys
import threading
import time

DATES = [str(datetime.date(2022, 1, 8) + datetime.timedelta(days=day)) for day in range(1000)]


class Delta:
    def __init__(self, directory, files):
        self.directory, self.files = directory, files

    def create(self):
        import pyarrow as pa
        from deltalake import DeltaTable

        schema = pa.schema([
            ("id", pa.int64()), ("time", pa.timestamp("us", "UTC")), ("name", pa.string()),
            ("value", pa.float64()), ("date", pa.date32()),
        ])
        DeltaTable.create(self.directory, schema=schema, partition_by=["date"])

    def writer(self, number):
        from deltalake import CommitProperties, DeltaTable
        from deltalake.transaction import AddAction
        from delta import stats

        table = DeltaTable(self.directory)
        schema = table.schema()
        patience = CommitProperties(max_commit_retries=1_000)

        def commit(turn):
            actions = []
            for file in range(self.files):
                day = DATES[(turn * self.files + file) % 1000]
                actions.append(AddAction(
                    path="data/date=%s/%02d-%06d-%06d.parquet" % (day, number, turn, file), size=1 << 20,
                    partition_values={"date": day}, modification_time=1700000000000, data_change=True,
                    stats=stats(day, 1000, file, file + 1000)))
            table.create_write_transaction(actions, "append", schema, ["date"], commit_properties=patience)

        return commit

    def rows(self):
        from deltalake import DeltaTable

        return DeltaTable(self.directory).get_add_actions().num_rows


class DuckLake:
    def __init__(self, directory, inlined, processes):
        self.directory, self.inlined = directory, inlined
        self.catalog = f"ducklake:sqlite:{directory}/catalog.sqlite" if processes else f"ducklake:{directory}/catalog"
        self.processes = processes
        self.shared = None

    def connect(self):
        import duckdb
        import duckdb_extensions

        duckdb_extensions.import_extension("ducklake")
        if self.processes:
            duckdb_extensions.import_extension("sqlite_scanner")
        connection = duckdb.connect()
        for name in ["ducklake"] + (["sqlite_scanner"] if self.processes else []):
            connection.execute(f"LOAD {name}")
        # What meets other writers is tried again until it succeeds.
        connection.execute("SET ducklake_max_retry_count = 1000")
        connection.execute("SET ducklake_retry_wait_ms = 5")
        connection.execute("SET ducklake_retry_backoff = 1.1")
        connection.execute(f"ATTACH '{self.catalog}' AS lake (DATA_PATH '{self.directory}/data')")
        return connection

    def create(self):
        os.makedirs(self.directory)
        connection = self.connect()
        connection.execute("CREATE TABLE lake.t (id BIGINT, time TIMESTAMP, name VARCHAR, value DOUBLE, date DATE)")
        limit = 10 if self.inlined else 0
        connection.execute(f"CALL lake.set_option('data_inlining_row_limit', {limit})")
        if self.processes:
            connection.close()
        else:
            self.shared = connection

    def writer(self, number):
        connection = self.connect() if self.processes else self.shared.cursor()

        def commit(turn):
            while True:
                try:
                    connection.execute(
                        "INSERT INTO lake.t VALUES (?, now()::TIMESTAMP, 'a name', 1.5, '2022-01-08')",
                        [number * 1_000_000 + turn])
                    return
                except Exception as error:
                    # SQLite's lock is given up on sooner than a conflict of DuckLake's.
                    if "lock" not in str(error) and "conflict" not in str(error).lower():
                        raise

        return commit

    def rows(self):
        connection = self.connect() if self.processes else self.shared
        return connection.execute("SELECT count(*) FROM lake.t").fetchone()[0]


def make(kind, mode, directory, files):
    if kind == "delta":
        return Delta(directory, files)
    return DuckLake(directory, kind == "ducklake-inlined", mode == "processes")


def work(table, number, commits, barrier, failures):
    try:
        commit = table.writer(number)
        barrier.wait()
        for turn in range(commits):
            commit(turn)
    except Exception as error:
        failures.append(repr(error))
        barrier.abort()
        raise


def run_process(arguments, number, commits, barrier):
    work(make(*arguments), number, commits, barrier, [])


def main(kind, mode, directory, writers, commits, files):
    writers, commits, files = int(writers), int(commits), int(files)
    arguments = (kind, mode, directory, files)
    table = make(*arguments)
    table.create()
    failures = []
    if mode == "threads":
        barrier = threading.Barrier(writers + 1)
        all_writers = [
            threading.Thread(target=work, args=(table, number, commits, barrier, failures)) for number in range(writers)]
        who = resource.RUSAGE_SELF
    else:
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(writers + 1)
        all_writers = [
            context.Process(target=run_process, args=(arguments, number, commits, barrier)) for number in range(writers)]
        who = resource.RUSAGE_CHILDREN
    for writer in all_writers:
        writer.start()
    barrier.wait()
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    for writer in all_writers:
        writer.join()
    wall, after = time.monotonic() - start, resource.getrusage(who)
    if failures or any(getattr(writer, "exitcode", 0) for writer in all_writers):
        sys.exit(f"a writer failed: {failures}")
    if mode == "processes":
        # The imports of all processes are in it: only wall time is comparable.
        before = resource.struct_rusage([0.0] * 16)
    total = writers * commits
    print(json.dumps({
        "wall": wall / total, "user": (after.ru_utime - before.ru_utime) / total,
        "system": (after.ru_stime - before.ru_stime) / total, "perSecond": total / wall, "rows": table.rows(),
        "peakBytes": resource.getrusage(who).ru_maxrss << 10,
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
