"""Rows of the log and its state."""
import functools
import os
import shutil
import subprocess

from rows.common import PEERS, Row


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


def row_manifest(bench):
    path = tables(bench, 1_000_000, "table-1000000")
    return Row(
        "manifest", "read and check a manifest of 50,000 files, of 20 on one thread", {
            "Firn": bench.own("manifest", path + "/store", "t"),
            "libzstd, the same blocks": bench.own("manifest-floor", path + "/store", "t"),
        }, bars={"libzstd, the same blocks": 2}, unit="ms")


def row_build_segments(bench):
    return Row(
        "build-segments", "3,000,000 entries into segments of 50,000", {"Firn": bench.own("build-segments", 60)},
        limit=1)


def row_one_partition(bench):
    path = tables(bench, 1_000_000, "table-1000000")
    return Row(
        "one-partition", "the files of 1 of 1,000 partitions of 1,000,000 files, cold process", {
            "Firn": [bench.firn, "files", path + "/store/t", "--where", "date = '2022-01-08'", "--columns", "path"],
            "delta-rs": bench.peer("delta.py", "partition", path + "/delta", "date", "2022-01-08"),
        }, limit=0.02, memory=50 << 20, unit="ms")


def million(bench, store):
    """Makes the store anew with a table of 1,000,000 files, whose objects are shared: they never change."""
    path = tables(bench, 1_000_000, "table-1000000")

    def before():
        shutil.rmtree(store, ignore_errors=True)
        os.makedirs(store)
        subprocess.run(["cp", "-al", path + "/store/t", store + "/t"], check=True)

    return before


def row_commit(bench):
    store = bench.path("commits")

    def before():
        shutil.rmtree(store, ignore_errors=True)
        os.makedirs(store)

    return Row(
        "commit", "commit of 100 files to a new table, durable, median of 200", {
            "Firn": bench.own("commit", store, "t", 200, 100),
            "fsync+link": bench.own("commit-floor", store + "/floor", 200, 50_650),
            "delta-rs, not durable": bench.peer("delta.py", "commit", store + "/delta", 50, 100),
        }, bars={"fsync+link": 3}, unit="ms", before=before)


def row_commit_million(bench):
    store = bench.path("commits-million")
    return Row(
        "commit-million", "commit of 100 files to a table of 1,000,000, durable, median of 200", {
            "Firn": bench.own("commit", store, "t", 200, 100),
            "fsync+link": bench.own("commit-floor", store + "/floor", 200, 50_650),
        }, bars={"fsync+link": 3}, unit="ms", before=million(bench, store))


def row_commit_flat(bench):
    store = bench.path("commits-million")
    row = Row(
        "commit-flat", "the same, median of versions 9,801 to 10,000, states written meanwhile", {
            "Firn": bench.own("commit", store, "t", 10_000, 100),
            "fsync+link": bench.own("commit-floor", store + "/floor", 200, 50_650),
            "Firn's first 200 versions": bench.own("commit", store, "t", 200, 100),
        }, bars={"fsync+link": 3, "Firn's first 200 versions": 1.25}, unit="ms", before=million(bench, store))
    row.wall = "last"
    return row


def writers_row(bench, mode, files, bar=0.2):
    """Eight writers at once, and one with as many commits: the best of the peers may be the one that meets nobody."""
    store = bench.path("commits-writers")

    def before():
        shutil.rmtree(store, ignore_errors=True)
        os.makedirs(store)

    def peers(kind, python, name, commits):
        return {
            f"{name}, {count} writer{'s' if count > 1 else ''}": [
                python, os.path.join(PEERS, "writers.py"), kind, mode, f"{store}/{kind}", str(count),
                str(commits * 8 // count), str(files)]
            for count in (8, 1)
        }

    contestants = {"Firn": bench.own(f"commit-{mode}", store, "t", 8, 100, files)}
    contestants |= peers("delta", bench.python, "delta-rs", 10)
    if files == 1:
        # Eight processes wait long for the one lock of its catalog.
        commits = 20 if mode == "threads" else 4
        contestants |= peers("ducklake-inlined", bench.ducklake, "DuckLake, rows in the catalog", commits)
        contestants |= peers("ducklake-files", bench.ducklake, "DuckLake, rows in files", commits)
    what = "file" if files == 1 else "files"
    return Row(
        f"commits-{mode}-{files}",
        f"commits of {files} {what} by 8 {mode} at once, durable (the peers' are not), time over all commits",
        contestants, bars={name: bar for name in contestants if name != "Firn"}, unit="ms", before=before)


def row_compact_state(bench):
    path = tables(bench, 70_000, "table-70000")
    return Row(
        "compact-state", "compact the state, 70,000 files, one of which is new", {
            "Firn": bench.own("compact-state", path + "/store", "compacted"),
            "delta-rs": bench.peer("delta.py", "checkpoint", path + "/delta"),
        }, bars={"delta-rs": 0.5})


def compact_fragments(bench, name, count, manifests, bars=()):
    """Manifests that each have files of every partition: no block stays as it is. Anew before each run."""
    path = tables(bench, count, f"table-{count}")
    fragments = bench.once(f"fragments-{count}-{manifests}", lambda made: subprocess.run(
        bench.own("make-fragments", made, "t", count, manifests), check=True, stdout=subprocess.DEVNULL))
    copy = bench.path("fragments-copy")

    def before():
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run(["cp", "-a", fragments, copy], check=True)

    return Row(
        name, f"the same, {count:,} files in {manifests} manifests of all partitions", {
            "Firn": bench.own("compact-state", copy, "t"),
            "delta-rs": bench.peer("delta.py", "checkpoint", path + "/delta"),
        }, bars=bars, before=before)


def row_compact_20(bench):
    return compact_fragments(bench, "compact-state-20", 70_000, 20)


def row_compact_200(bench):
    return compact_fragments(bench, "compact-state-200", 70_000, 200)


def row_compact_million_20(bench):
    return compact_fragments(bench, "compact-million-20", 1_000_000, 20)


def row_compact_million_200(bench):
    return compact_fragments(bench, "compact-million-200", 1_000_000, 200)


ROWS = {
    "open-small": row_open_small, "open": row_open, "open-million": row_open_million, "manifest": row_manifest, "build-segments": row_build_segments, "commit": row_commit,
    "commit-million": row_commit_million, "commit-flat": row_commit_flat,
} | {
    f"commits-{mode}-{files}": functools.partial(writers_row, mode=mode, files=files)
    for mode in ("threads", "processes") for files in (1, 100)
} | {
    "compact-state": row_compact_state, "compact-state-20": row_compact_20, "compact-state-200": row_compact_200,
    "compact-million-20": row_compact_million_20, "compact-million-200": row_compact_million_200,
    "one-partition": row_one_partition,
}
