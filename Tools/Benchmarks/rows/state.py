"""Rows of the log and its state."""
import os
import shutil
import subprocess

from rows.common import Row


def tables(bench, count, name):
    """A table of so many files, partitioned by 1,000 days, in Firn's form and in those of the peers."""
    def make(path):
        os.makedirs(path)
        subprocess.run(
            bench.own("make-table", path + "/store", "t", count, path + "/list"), check=True,
            stdout=subprocess.DEVNULL)
        shutil.copytree(path + "/store/t", path + "/store/compacted")
        subprocess.run(bench.peer("delta.py", "make", path + "/list", path + "/delta"), check=True)

    return bench.once(name, make)


def iceberg(bench, count):
    path, made = tables(bench, count, f"table-{count}"), bench.path(f"iceberg-{count}")

    def make(marker):
        # Its metadata names absolute paths: it is made where it stays.
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run(bench.peer("iceberg.py", "make", path + "/list", made), check=True)
        open(marker, "w").close()

    bench.once(f"iceberg-{count}.made", make)
    return made


def open_row(bench, name, count, bar=None, memory=None, **peers):
    path = tables(bench, count, f"table-{count}")
    return Row(
        name, f"open a table of {count:,} files and list them, cold process", {
            "Firn": bench.own("open", path + "/store", "t"),
            "delta-rs": bench.peer("delta.py", "open", path + "/delta"),
            "fastavro on Firn's state": bench.peer("avro_state.py", "open", path + "/store/t"),
        } | peers, bars={"delta-rs": bar} if bar else {}, memory=memory)


def row_open_small(bench):
    return open_row(
        bench, "open-small", 10_000, pyiceberg=bench.peer("iceberg.py", "open", iceberg(bench, 10_000)))


def row_open(bench):
    return open_row(bench, "open", 70_000, 0.25)


def row_open_million(bench):
    return open_row(bench, "open-million", 1_000_000, 0.2, 150 << 20)


def row_commit(bench):
    store = bench.path("commits")

    def before():
        shutil.rmtree(store, ignore_errors=True)
        os.makedirs(store)

    return Row(
        "commit", "commit of 100 files, durable, median of 200", {
            "Firn": bench.own("commit", store, "t", 200, 100),
            "fsync+link": bench.own("commit-floor", store + "/floor", 200, 50_650),
            "delta-rs": bench.peer("delta.py", "commit", store + "/delta", 50, 100),
        }, bars={"fsync+link": 3}, unit="ms", before=before)


def row_compact_state(bench):
    path = tables(bench, 70_000, "table-70000")
    return Row(
        "compact-state", "compact the state, 70,000 files", {
            "Firn": bench.own("compact-state", path + "/store", "compacted"),
            "delta-rs": bench.peer("delta.py", "checkpoint", path + "/delta"),
        }, bars={"delta-rs": 0.5})


def row_commit_flat(bench):
    row = row_commit(bench)
    row.title = "the same, median of versions 9,801 to 10,000"
    row.contestants = {"Firn": bench.own("commit", bench.path("commits"), "t", 10_000, 100)} | {
        "fsync+link": row.contestants["fsync+link"]}
    row.wall = "last"
    return row


ROWS = {
    "open-small": row_open_small, "open": row_open, "open-million": row_open_million, "commit": row_commit, "commit-flat": row_commit_flat,
    "compact-state": row_compact_state,
}
