"""A text file into a sorted Parquet file with DuckDB: ingest.py OUT FILE"""
import sys

import duckdb
from measure import Work, sync

out, path = sys.argv[1:]
reader = "read_csv" if path.endswith(".csv") else "read_json"
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
with Work() as work:
    connection.execute(
        f"COPY (SELECT * FROM {reader}('{path}') ORDER BY key) TO '{out}' "
        "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    sync(out)
work.report()
