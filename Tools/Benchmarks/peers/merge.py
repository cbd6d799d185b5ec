"""Sorted Parquet files into one sorted file: merge.py PEER OUT FILE…, the newest row of each key: newest-…"""
import sys

from measure import Work, sync

peer, out, *files = sys.argv[1:]
OPTIONS = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"


def run_duckdb(query):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    with Work() as work:
        connection.execute(f"COPY ({query}) TO '{out}' {OPTIONS}")
        sync(out)
    work.report()


def run_polars(kind):
    import polars as pl

    with Work() as work:
        frames = [pl.scan_parquet(file) for file in files]
        if kind == "sort":
            merged = pl.concat(frames).sort("key")
        else:
            while len(frames) > 1:
                pairs = [frames[i:i + 2] for i in range(0, len(frames), 2)]
                frames = [p[0].merge_sorted(p[1], key="key") if len(p) == 2 else p[0] for p in pairs]
            merged = frames[0]
        merged.sink_parquet(out, compression="zstd", compression_level=1)
        sync(out)
    work.report()


def run_pyarrow():
    import pyarrow as pa
    import pyarrow.parquet as pq

    with Work() as work:
        whole = pa.concat_tables([pq.read_table(file) for file in files])
        pq.write_table(whole.sort_by("key"), out, compression="zstd", compression_level=1)
        sync(out)
    work.report()


source = f"read_parquet({files!r})"
match peer:
    case "duckdb": run_duckdb(f"SELECT * FROM {source} ORDER BY key")
    case "newest-window":
        run_duckdb(
            f"SELECT * FROM {source} QUALIFY row_number() OVER (PARTITION BY key ORDER BY file DESC) = 1 "
            "ORDER BY key")
    case "newest-arg-max":
        run_duckdb(
            f"SELECT unnest(arg_max(r, r.file)) FROM (SELECT r FROM {source} r) GROUP BY r.key ORDER BY r.key")
    case "polars-sort": run_polars("sort")
    case "polars-merge": run_polars("merge")
    case "pyarrow": run_pyarrow()
