"""Rows of data files: merging and ingest."""
import os
import shutil
import subprocess

from rows.common import Row


def sorted_files(bench):
    rows = bench.options.rows
    path = bench.once(
        f"sorted-{rows}",
        lambda path: subprocess.run(bench.peer("inputs.py", "sorted", path, 10, rows), check=True))
    return path, [f"{number}.parquet" for number in range(10)]


def row_merge(bench):
    path, names = sorted_files(bench)
    files = [f"{path}/{name}" for name in names]
    out = bench.path("merged-{}.parquet")
    contestants = {"Firn": bench.own("merge", path, "key", "append", out.format("firn"), *names)}
    for peer in ["polars-merge", "polars-sort", "duckdb", "pyarrow"]:
        contestants[peer] = bench.peer("merge.py", peer, out.format(peer), *files)
    return Row(
        "merge", f"merge 10 sorted files of {bench.options.rows:,} rows, 6 columns", contestants,
        bars={"polars-merge": 0.5, "polars-sort": 0.5}, memory=256 << 20, digest=out.format)


def row_merge_newest(bench):
    path, names = sorted_files(bench)
    files = [f"{path}/{name}" for name in names]
    out = bench.path("newest-{}.parquet")
    contestants = {"Firn": bench.own("merge", path, "key", "upsert", out.format("firn"), *names)}
    for peer in ["newest-window", "newest-arg-max"]:
        contestants[peer] = bench.peer("merge.py", peer, out.format(peer), *files)
    return Row(
        "merge-newest", "the same, newest row of each key", contestants,
        bars={"newest-window": 0.15, "newest-arg-max": 0.15}, memory=256 << 20, digest=out.format)


def ingest_row(bench, kind):
    rows = bench.options.text_rows
    path = bench.once(
        f"text-{rows}", lambda path: subprocess.run(bench.peer("inputs.py", "text", path, rows), check=True))
    file = f"{path}/rows.{kind}"
    out = bench.path(f"ingested-{kind}-{{}}.parquet")
    store = bench.path("ingest-store")
    size = os.path.getsize(file) / 1e6
    return Row(
        f"ingest-{kind}", f"ingest {rows:,} rows of {kind} ({size:.0f} MB), sorted, to Parquet", {
            "Firn": bench.own("ingest", store, "key", file, out.format("firn")),
            "duckdb": bench.peer("ingest.py", out.format("duckdb"), file),
        }, bars={"duckdb": 1}, digest=out.format,
        before=lambda: shutil.rmtree(store, ignore_errors=True))


def row_ingest_csv(bench):
    return ingest_row(bench, "csv")


def row_ingest_jsonl(bench):
    return ingest_row(bench, "jsonl")


ROWS = {
    "merge": row_merge, "merge-newest": row_merge_newest, "ingest-csv": row_ingest_csv,
    "ingest-jsonl": row_ingest_jsonl,
}
