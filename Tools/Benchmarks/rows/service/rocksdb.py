"""RocksDB's universal compaction on what the writers wrote."""
import os
import shutil
import subprocess
import sys

from rows.common import PEERS

BUFFERS = {"64 MiB": 64 << 20, "1 MiB": 1 << 20, "64 KiB": 64 << 10}


def program(bench):
    """The program, built against the library that is here."""
    path = bench.path("rocksdb_universal")
    subprocess.run(
        ["cc", "-O2", "-std=gnu11", "-o", path, os.path.join(PEERS, "rocksdb_universal.c"), "-lrocksdb", "-lpthread"],
        check=True)
    return path


def replay(service, path, buffer):
    """All journals at once, each a feed of a thread of RocksDB's."""
    directory = service.path("rocksdb")
    shutil.rmtree(directory, ignore_errors=True)
    feeds = [
        subprocess.Popen(service.bench.own("service-feed", number, journal), stdout=subprocess.PIPE)
        for number, journal in enumerate(service.journals)]
    numbers = service.bench.run(
        [path, directory, str(buffer)] + [f"/dev/fd/{feed.stdout.fileno()}" for feed in feeds],
        keeping=[feed.stdout.fileno() for feed in feeds])
    for feed in feeds:
        feed.stdout.close()
        if feed.wait() != 0:
            raise RuntimeError("a feed ended early")
    shutil.rmtree(directory)
    return numbers


def rocksdb(service):
    """What it came to, by size of write buffer; empty where RocksDB is not to be had."""
    try:
        path = program(service.bench)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"  without RocksDB: cc and librocksdb-dev are needed (Tools/setup bench): {error}", file=sys.stderr)
        return {}
    results = {}
    for name, buffer in BUFFERS.items():
        print(f"  RocksDB with write buffers of {name}", file=sys.stderr, flush=True)
        try:
            results[name] = replay(service, path, buffer)
        except (OSError, RuntimeError) as error:
            print(f"  without RocksDB, {name}: {error}", file=sys.stderr)
    return results
