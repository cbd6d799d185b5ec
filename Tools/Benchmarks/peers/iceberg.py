"""pyiceberg: iceberg.py make LIST DIRECTORY | open DIRECTORY

The table is partitioned by `date`, its files are entries only, its catalogue is SQLite.
"""
import os
import sys

from measure import Work


def catalog(directory):
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog(
        "bench", uri=f"sqlite:///{directory}/catalog.db", warehouse=f"file://{directory}/warehouse")


def make(list_path, directory):
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.typedef import Record
    from pyiceberg.types import DateType, DoubleType, LongType, NestedField, StringType, TimestamptzType
    from delta import read_list
    import datetime
    import json
    import struct

    os.makedirs(directory)
    bench = catalog(directory)
    bench.create_namespace("b")
    schema = Schema(*[
        NestedField(number, name, kind, required=False)
        for number, (name, kind) in enumerate([
            ("id", LongType()), ("time", TimestamptzType()), ("name", StringType()), ("value", DoubleType()),
            ("date", DateType()),
        ], start=1)
    ])
    spec = PartitionSpec(PartitionField(source_id=5, field_id=1000, transform=IdentityTransform(), name="date"))
    table = bench.create_table("b.t", schema=schema, partition_spec=spec)
    epoch = datetime.date(1970, 1, 1)
    files = list(read_list(list_path))
    for start in range(0, len(files), 50_000):
        with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
            for path, date, size, _, stats in files[start:start + 50_000]:
                facts = json.loads(stats)
                bounds = [
                    {1: struct.pack("<q", facts[side]["id"])} for side in ("minValues", "maxValues")
                ]
                append.append_data_file(DataFile.from_args(
                    content=DataFileContent.DATA, file_path=f"file://{directory}/{path}",
                    file_format=FileFormat.PARQUET,
                    partition=Record((datetime.date.fromisoformat(date) - epoch).days),
                    record_count=facts["numRecords"], file_size_in_bytes=size, column_sizes={}, value_counts={},
                    null_value_counts={}, nan_value_counts={}, lower_bounds=bounds[0], upper_bounds=bounds[1],
                    key_metadata=None, split_offsets=None, equality_ids=None, sort_order_id=None))


def open_table(directory):
    bench = catalog(directory)
    with Work() as work:
        paths = [task.file.file_path for task in bench.load_table("b.t").scan().plan_files()]
    work.report(rows=len(paths))


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    match task:
        case "make": make(*rest)
        case "open": open_table(*rest)
