"""Rows of the mount: what a program sees through it, and beside it."""
import contextlib
import glob
import os
import subprocess
import time

from rows.common import Row


@contextlib.contextmanager
def mount(bench, store):
    """The store, mounted by `firn mount`; throws where that does not work."""
    point = bench.path("mnt")
    os.makedirs(point, exist_ok=True)
    try:
        # Read-only: what is measured shall not be compacted meanwhile.
        subprocess.run(
            [bench.firn, "mount", "--read-only", store, point], check=True, timeout=30,
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        if not os.path.ismount(point):
            raise RuntimeError("nothing is mounted")
    except (subprocess.SubprocessError, OSError) as error:
        raise RuntimeError(f"`firn mount` does not work here: {error}") from error
    try:
        yield point
    finally:
        subprocess.run(["fusermount3", "-u", "-z", point], check=True)
        time.sleep(0.5)


def mounted_row(bench, name, title, store, contestants, **more):
    """Contestants are made of the mount point; they are asked for when it is mounted."""
    row = Row(name, title, {}, **more)

    @contextlib.contextmanager
    def around():
        with mount(bench, store) as point:
            row.contestants = contestants(point)
            yield

    row.around = around
    return row


def read_row(bench, kind, title):
    def make(path):
        rows = bench.options.text_rows
        text = bench.once(f"text-{rows}", lambda path: subprocess.run(
            bench.peer("inputs.py", "text", path, rows), check=True))
        subprocess.run(
            bench.own("ingest", path, "key", f"{text}/rows.csv"), check=True, stdout=subprocess.DEVNULL)

    store = bench.once("read-store", make)

    def contestants(point):
        [file] = glob.glob(f"{point}/t/live/**/*.parquet", recursive=True)
        [beside] = glob.glob(f"{store}/t/data/**/*.parquet", recursive=True)
        return {"Firn": bench.own("read", file, kind, 2), "beside the mount": bench.own("read", beside, kind, 2)}

    return mounted_row(
        bench, f"read-{kind}", title, store, contestants, bars={"beside the mount": round(1 / 0.95, 2)},
        unit="ms")


def row_read_sequential(bench):
    return read_row(bench, "sequential", "read a live file through the mount, hot, 1 GB by 1 MiB")


def row_read_random(bench):
    return read_row(bench, "random", "the same at random places, a million times 4 KiB")


def list_row(bench, kind, title, bars):
    def make(path):
        os.makedirs(path + "/plain")
        subprocess.run(
            bench.own("make-table", path + "/store", "t", 100_000, path + "/list", "flat"), check=True,
            stdout=subprocess.DEVNULL)
        for line in open(path + "/list"):
            open(path + "/plain/" + os.path.basename(line.split("\t")[0]), "w").close()

    path = bench.once("table-flat-100000", make)
    return mounted_row(
        bench, f"list-{kind}", title, path + "/store",
        lambda point: {
            "Firn": bench.own("list", point + "/t/live", kind), "ext4": bench.own("list", path + "/plain", kind),
        }, bars=bars, unit="ms")


def row_list_names(bench):
    return list_row(bench, "names", "readdir of 100,000 live files", {"ext4": 1})


def row_list_stat(bench):
    return list_row(bench, "stat", "the same with a stat of each", {})


ROWS = {
    "read-sequential": row_read_sequential, "read-random": row_read_random, "list-names": row_list_names,
    "list-stat": row_list_stat,
}
