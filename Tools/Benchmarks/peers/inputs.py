"""Seeded inputs: inputs.py sorted DIRECTORY FILES ROWS | text DIRECTORY ROWS"""
import os
import sys

import numpy as np
import polars as pl

KINDS = np.array(["open", "close", "read", "write", "link", "unlink", "sync", "stat", "list", "rename"])


def table(random, keys, number):
    """Six columns: an integer key, a time, a word of ten, a name of 100,000, a double and an integer."""
    rows = len(keys)
    return pl.DataFrame({
        "key": keys,
        "time": pl.Series(1_700_000_000_000_000 + random.integers(0, 10**13, rows)).cast(
            pl.Datetime("us", "UTC")),
        "kind": KINDS[random.integers(0, len(KINDS), rows)],
        "name": np.char.add("customer-", random.integers(0, 100_000, rows).astype("U")),
        "value": random.normal(100, 25, rows).round(4),
        "file": np.full(rows, number, dtype=np.int32),
    })


def make_sorted(directory, files, rows):
    """Files sorted by the key. A key is in a file once, and in the others as chance will have it."""
    os.makedirs(directory)
    for number in range(files):
        random = np.random.default_rng(1000 + number)
        keys = np.sort(random.choice(4 * rows, rows, replace=False)).astype(np.int64)
        table(random, keys, number).write_parquet(
            f"{directory}/{number}.parquet", compression="zstd", compression_level=1)


def make_text(directory, rows):
    """The same rows in no order, as CSV and as JSON Lines."""
    os.makedirs(directory)
    random = np.random.default_rng(7)
    frame = table(random, random.permutation(rows).astype(np.int64), 1)
    frame = frame.with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    frame.write_csv(f"{directory}/rows.csv")
    frame.write_ndjson(f"{directory}/rows.jsonl")


if __name__ == "__main__":
    task, directory, *numbers = sys.argv[1:]
    {"sorted": make_sorted, "text": make_text}[task](directory, *map(int, numbers))
