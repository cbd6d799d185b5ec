"""delta-rs: delta.py make LIST DIRECTORY | open DIRECTORY |
partition DIRECTORY COLUMN VALUE | checkpoint DIRECTORY | commit DIRECTORY COMMITS FILES"""
import datetime
import json
import os
import statistics
import sys
import time

from measure import Work


def log_name(directory, name):
    return os.path.join(directory, "_delta_log", name)


SCHEMA = {
    "type": "struct",
    "fields": [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in [
            ("id", "long"), ("time", "timestamp"), ("name", "string"), ("value", "double"), ("date", "date"),
        ]
    ],
}


def stats(date, rows, first, last):
    return json.dumps({
        "numRecords": rows,
        "minValues": {"id": first, "time": date + "T00:00:00.000001Z"},
        "maxValues": {"id": last, "time": date + "T23:59:59.000001Z"},
        "nullCount": {"id": 0, "time": 0},
    }, separators=(",", ":"))


def read_list(path):
    for line in open(path):
        path, date, size, modified, rows, first, last = line.rstrip("\n").split("\t")
        yield path, date, int(size), int(modified), stats(date, int(rows), int(first), int(last))


def make(list_path, directory):
    """A log by hand: one checkpoint with every file, and a version after it that adds none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    os.makedirs(log_name(directory, ""))
    protocol = {"minReaderVersion": 1, "minWriterVersion": 2}
    metadata = {
        "id": "00000000-0000-0000-0000-000000000001", "name": None, "description": None,
        "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(SCHEMA),
        "partitionColumns": ["date"], "configuration": {}, "createdTime": 1700000000000,
    }
    with open(log_name(directory, "%020d.json" % 0), "w") as file:
        for action in [{"protocol": protocol}, {"metaData": metadata}]:
            file.write(json.dumps(action) + "\n")
    text_map = pa.map_(pa.string(), pa.string())
    schema = pa.schema([
        ("protocol", pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])),
        ("metaData", pa.struct([
            ("id", pa.string()), ("name", pa.string()), ("description", pa.string()),
            ("format", pa.struct([("provider", pa.string()), ("options", text_map)])),
            ("schemaString", pa.string()), ("partitionColumns", pa.list_(pa.string())),
            ("configuration", text_map), ("createdTime", pa.int64()),
        ])),
        ("add", pa.struct([
            ("path", pa.string()), ("partitionValues", text_map), ("size", pa.int64()),
            ("modificationTime", pa.int64()), ("dataChange", pa.bool_()), ("stats", pa.string()),
        ])),
        ("remove", pa.struct([
            ("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_()),
        ])),
    ])
    rows = [{"protocol": protocol}, {"metaData": metadata | {
        "format": {"provider": "parquet", "options": []}, "configuration": []}}]
    rows += [
        {"add": {
            "path": path, "partitionValues": [("date", date)], "size": size, "modificationTime": modified,
            "dataChange": False, "stats": text,
        }}
        for path, date, size, modified, text in read_list(list_path)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), log_name(directory, "%020d.checkpoint.parquet" % 0))
    with open(log_name(directory, "_last_checkpoint"), "w") as file:
        json.dump({"version": 0, "size": len(rows)}, file)
    with open(log_name(directory, "%020d.json" % 1), "w") as file:
        file.write(json.dumps({"commitInfo": {"timestamp": 1700000000000, "operation": "WRITE"}}) + "\n")


def open_table(directory):
    from deltalake import DeltaTable

    with Work() as work:
        paths = DeltaTable(directory).file_uris()
    work.report(rows=len(paths))


def partition(directory, column, value):
    from deltalake import DeltaTable

    with Work() as work:
        files = DeltaTable(directory).file_uris(file_pruning_predicate=f"{column} = '{value}'")
    work.report(rows=len(files))


def checkpoint(directory):
    from deltalake import DeltaTable

    table = DeltaTable(directory)
    with Work() as work:
        table.create_checkpoint()
    for name in ["%020d.checkpoint.parquet" % 1]:
        os.unlink(log_name(directory, name))
    with open(log_name(directory, "_last_checkpoint"), "w") as file:
        json.dump({"version": 0, "size": table.get_add_actions().num_rows + 2}, file)
    work.report(rows=table.get_add_actions().num_rows)


def commit(directory, commits, files):
    import pyarrow as pa
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction

    schema = pa.schema([
        ("id", pa.int64()), ("time", pa.timestamp("us", "UTC")), ("name", pa.string()),
        ("value", pa.float64()), ("date", pa.date32()),
    ])
    table = DeltaTable.create(directory, schema=schema, partition_by=["date"])
    dates = [str(datetime.date(2022, 1, 8) + datetime.timedelta(days=day)) for day in range(1000)]
    seconds = []
    with Work() as work:
        for number in range(commits):
            days = [dates[(number * files + file) % 1000] for file in range(files)]
            actions = [
                AddAction(
                    path="data/date=%s/%08d-%08d.parquet" % (day, number, file), size=1 << 20,
                    partition_values={"date": day}, modification_time=1700000000000, data_change=True,
                    stats=stats(day, 1000, file, file + 1000))
                for file, day in enumerate(days)
            ]
            start = time.monotonic()
            table.create_write_transaction(actions, "append", table.schema(), ["date"])
            seconds.append(time.monotonic() - start)
    rows = DeltaTable(directory).get_add_actions().num_rows
    work.numbers = {name: value / commits for name, value in work.numbers.items()}
    work.numbers["wall"] = statistics.median(seconds)
    work.report(rows=rows, worst=max(seconds))


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    match task:
        case "make": make(*rest)
        case "open": open_table(*rest)
        case "partition": partition(*rest)
        case "checkpoint": checkpoint(*rest)
        case "commit": commit(rest[0], int(rest[1]), int(rest[2]))
