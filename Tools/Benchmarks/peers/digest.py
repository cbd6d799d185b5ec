"""What two sorted files with the same rows have in common, whatever the order of equal keys: digest.py FILE…"""
import sys

import duckdb

connection = duckdb.connect()
query = """
SELECT count(*), sum(key), bit_xor(hash(key, "time"::TIMESTAMPTZ, kind, name, "value", "file"::INTEGER)),
    count(*) FILTER (WHERE key < before)
FROM (SELECT *, lag(key) OVER (ORDER BY filename, file_row_number) AS before
    FROM read_parquet(?, file_row_number = true, filename = true))
"""
count, total, mixed, unsorted = connection.execute(query, [sys.argv[1:]]).fetchone()
print(f"{count} rows, keys {total}, hash {mixed:x}, {unsorted} out of order")
