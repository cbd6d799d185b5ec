"""The timed rows of the test plan, under its names and with its targets. Each is the whole of a cold process."""
import os
import shutil
import subprocess

from rows.common import Row
from rows.state import tables


def timed(name, title, command, limit=None, memory=None, **more):
    row = Row(name, f"{name}: {title}", {"Firn": command}, limit=limit, memory=memory, **more)
    return row


def read_latency(bench, name, count, limit):
    path = tables(bench, count, f"table-{count}")
    return timed(name, f"read {count:,} files", bench.own("open", path + "/store", "t"), limit)


def row_read_70k(bench):
    return read_latency(bench, "testRead70KFilesLatency", 70_000, 0.5)


def row_read_100k(bench):
    return read_latency(bench, "testRead100KFilesLatency", 100_000, 0.7)


def row_read_memory(bench):
    path = tables(bench, 100_000, "table-100000")
    return timed(
        "testMemoryUsageDuringRead", "memory for 100,000 files", bench.own("open", path + "/store", "t"),
        memory=500 << 20)


def row_read_parallel(bench):
    path = tables(bench, 500_000, "table-500000")
    return timed(
        "testParallelManifestReadThroughput", "read 10 manifests of 50,000 files", bench.own("open", path + "/store", "t"),
        limit=0.2)


def fresh_copy(bench, count):
    """A table of so many files as it was made, anew before each run."""
    path = tables(bench, count, f"table-{count}")
    copy = bench.path("plan-store")

    def before():
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(copy)
        subprocess.run(["cp", "-a", path + "/store/t", copy + "/t"], check=True)

    return copy, before


def row_incremental(bench):
    copy, before = fresh_copy(bench, 70_000)
    return timed(
        "testIncrementalWrite100FilesLatency", "commit of 100 files to 70,000 and the state of it",
        bench.own("add-state", copy, "t", 100), limit=0.1, before=before)


def compaction(bench, name, count, limit=None, memory=None):
    copy, before = fresh_copy(bench, count)
    return timed(
        name, f"full compaction of the state of {count:,} files", bench.own("compact-state", copy, "t"), limit,
        memory, before=before)


def row_compaction(bench):
    return compaction(bench, "testCompaction70KFilesLatency", 70_000, limit=2)


def row_compaction_70k(bench):
    return compaction(bench, "testCompactionPerformance70K", 70_000, limit=2)


def row_compaction_memory(bench):
    return compaction(bench, "testMemoryUsageDuringCompaction", 1_000_000, memory=1 << 30)


def row_compaction_efficiency(bench):
    return compaction(bench, "testCompactionMemoryEfficiency", 70_000, memory=1 << 30)


def one_partition(bench, name, title, limit=None, memory=None):
    path = tables(bench, 1_000_000, "table-1000000")
    return timed(
        name, title, [bench.firn, "files", path + "/store/t", "--where", "date = '2022-01-08'"], limit, memory)


def row_pruning(bench):
    return one_partition(bench, "testPartitionPruning1MFiles", "1 of 1,000 partitions of 1,000,000 files", limit=0.1)


def row_pruning_performance(bench):
    return one_partition(bench, "testPartitionPruningPerformance1M", "the same, under its other name", limit=0.1)


def row_pruning_memory(bench):
    return one_partition(bench, "testPartitionPruningMemory1M", "memory for it", memory=50 << 20)


ROWS = {
    "testRead70KFilesLatency": row_read_70k,
    "testRead100KFilesLatency": row_read_100k,
    "testIncrementalWrite100FilesLatency": row_incremental,
    "testCompaction70KFilesLatency": row_compaction,
    "testCompactionPerformance70K": row_compaction_70k,
    "testParallelManifestReadThroughput": row_read_parallel,
    "testMemoryUsageDuringRead": row_read_memory,
    "testMemoryUsageDuringCompaction": row_compaction_memory,
    "testCompactionMemoryEfficiency": row_compaction_efficiency,
    "testPartitionPruning1MFiles": row_pruning,
    "testPartitionPruningPerformance1M": row_pruning_performance,
    "testPartitionPruningMemory1M": row_pruning_memory,
}
