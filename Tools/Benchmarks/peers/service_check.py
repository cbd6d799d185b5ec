"""The rows of a table beside those that its writers were acknowledged, read by DuckDB.

service_check.py events|accounts MODEL.csv FILES [merged]

FILES is a pattern of Parquet files, as a mount shows them. Of `events` every row must be there exactly once, of
`accounts` the newest of each key; where these are merged, once and alone. Prints one JSON object, in which
`differences` is empty where all is right.
"""
import json
import sys

import duckdb

ROW = "hash(key::BIGINT, revision::BIGINT, epoch_us(time)::BIGINT, name::VARCHAR, value::DOUBLE)::HUGEINT"
TYPES = "{'key': 'BIGINT', 'revision': 'BIGINT', 'part': 'VARCHAR', 'time': 'TIMESTAMP', 'name': 'VARCHAR', 'value': 'DOUBLE'"


def sources(connection, table, model, files):
    deleted = ", '_firn_deleted': 'BOOLEAN'}" if table == "accounts" else "}"
    connection.execute(f"CREATE VIEW model AS FROM read_csv('{model}', header = true, columns = {TYPES}{deleted})")
    connection.execute(
        f"CREATE TABLE found AS FROM read_parquet('{files}', hive_partitioning = true, union_by_name = true, "
        "hive_types = {'part': VARCHAR})")


def partitions(connection, source):
    """Of each partition: its rows, and a sum over all of their columns."""
    query = f"SELECT part, count(*), sum({ROW}) FROM {source} GROUP BY part ORDER BY part"
    return {part: (rows, digest) for part, rows, digest in connection.execute(query).fetchall()}


def differences(connection, expected, found):
    model, table = partitions(connection, expected), partitions(connection, found)
    different = [part for part in sorted(model.keys() | table.keys()) if model.get(part) != table.get(part)]
    if not different:
        return []
    missing, more, changed = connection.execute(f"""
        SELECT count(*) FILTER (WHERE t.n IS NULL), count(*) FILTER (WHERE m.n IS NULL OR t.n > m.n),
            count(*) FILTER (WHERE t.n = m.n AND t.digest != m.digest)
        FROM (SELECT key, count(*) AS n, sum({ROW}) AS digest FROM {expected} GROUP BY key) AS m
        FULL JOIN (SELECT key, count(*) AS n, sum({ROW}) AS digest FROM {found} GROUP BY key) AS t USING (key)
        """).fetchone()
    return [f"partitions {', '.join(different)}: {missing} keys missing, {more} too often or never written, "
            f"{changed} with other values"]


def newest(connection, source, name):
    """The row of each key that was written last, but for deleted ones."""
    connection.execute(f"""
        CREATE TABLE {name} AS SELECT * FROM (
            SELECT part, key, max(revision) AS revision, arg_max(time, revision) AS time,
                arg_max(name, revision) AS name, arg_max(value, revision) AS value,
                arg_max(coalesce(_firn_deleted, false), revision) AS deleted
            FROM {source} GROUP BY part, key)
        WHERE NOT deleted""")


def main(table, model, files, merged=None):
    connection = duckdb.connect()
    sources(connection, table, model, files)
    if table == "events":
        found = differences(connection, "model", "found")
        keys = None
    else:
        newest(connection, "model", "expected")
        newest(connection, "found", "kept")
        found = differences(connection, "expected", "found" if merged else "kept")
        keys = connection.execute("SELECT count(*) FROM expected").fetchone()[0]
    [rows] = connection.execute("SELECT count(*) FROM found").fetchone()
    [written] = connection.execute("SELECT count(*) FROM model").fetchone()
    print(json.dumps({"rows": rows, "written": written, "keys": keys, "differences": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
