"""Sustained load at a mount: `Tools/bench service`.

Four processes copy small files into two tables of 16 partitions, as fast as each copy returns, and two read all files
that are listed, all the time. Then compaction comes to rest, and everything that was acknowledged is compared with what
is there: before and after all is merged into one run.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import time

from rows.service.daemon import TICKS, Daemon
from rows.service.report import report
from rows.service.rocksdb import rocksdb
from rows.service.watch import Watch

WRITERS, READERS = 4, 2
TABLES = ("events", "accounts")
COLUMNS = {
    "key": "int64", "revision": "int64", "time": "timestamp[us,UTC]", "name": "string", "value": "double", "part": "string"}


def busy_seconds():
    """What all processors of the machine have worked, the time that a host took from them among it."""
    with open("/proc/stat") as file:
        times = [int(word) for word in file.readline().split()[1:9]]
    # Idle, and waiting for disks.
    return (sum(times) - times[3] - times[4]) / TICKS


class Service:
    """One run: its places, and what was found out."""

    def __init__(self, bench):
        self.bench = bench
        self.seconds = max(1, round(bench.options.minutes * 60))
        self.directory = bench.path("service")
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.store, self.point = self.path("store"), self.path("mnt")
        self.journals = [self.path(f"journal-{number}") for number in range(WRITERS)]
        self.failures = []

    def path(self, name):
        return os.path.join(self.directory, name)

    def make_store(self):
        os.makedirs(self.store)
        columns = [{"name": name, "type": kind} for name, kind in COLUMNS.items()]
        with open(self.path("schema.json"), "w") as file:
            json.dump({"columns": columns}, file)
        for table, kind in zip(TABLES, ("append", "upsert")):
            subprocess.run(
                [self.bench.firn, "create", f"{self.store}/{table}", "--kind", kind, "--key", "key", "--partition-by",
                 "part", "--schema", self.path("schema.json")], check=True, stdout=subprocess.DEVNULL)

    def load(self):
        """All writers and readers at once; what each says of itself."""
        directories = [f"{self.point}/events/live", f"{self.point}/accounts/runs"]
        commands = [
            self.bench.own("service-write", self.point, number, self.seconds, journal)
            for number, journal in enumerate(self.journals)]
        # The second reader goes the other way round.
        commands += [
            self.bench.own("service-read", self.seconds, *directories[::1 - 2 * number]) for number in range(READERS)]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
        words = []
        for process in processes:
            text, _ = process.communicate()
            if process.returncode != 0:
                raise RuntimeError(f"{' '.join(process.args[1:3])} ended with {process.returncode}")
            words.append(json.loads(text))
        self.writers, self.readers = words[:WRITERS], words[WRITERS:]
        refused = sum(word["refused"] for word in self.writers)
        if refused:
            self.failures.append(f"{refused:.0f} files were refused")
        failures = sum(word["failures"] for word in self.readers)
        if failures:
            self.failures.append(f"readers failed {failures:.0f} times")

    def rest(self, watch):
        """Waits until no table changes or has a job; whether that came to be, and the seconds that it took."""
        begin, last, since = time.monotonic(), None, time.monotonic()
        while time.monotonic() - begin < max(120, self.seconds):
            tables = [watch.status(table) for table in TABLES]
            now = [(table["version"], table["jobsWaiting"] + table["jobsRunning"]) for table in tables]
            if now != last or any(jobs for _, jobs in now):
                last, since = now, time.monotonic()
            elif time.monotonic() - since > 10:
                return True, since - begin
            time.sleep(0.5)
        self.failures.append("compaction did not come to rest")
        return False, time.monotonic() - begin

    def times(self):
        """Start and duration of each copy, in seconds, in the order of their beginning."""
        copies = []
        for journal in self.journals:
            with open(journal, "rb") as file:
                copies += [
                    (start / 1e9, duration / 1e9) for start, duration, error, _ in struct.iter_unpack("<QQiI", file.read())
                    if error == 0]
        return sorted(copies)

    def compare(self, table, *how):
        """The table's files in the mount beside what its writers were acknowledged."""
        model = self.path(f"model-{table}.csv")
        if not os.path.exists(model):
            with open(model, "wb") as file:
                subprocess.run(self.bench.own("service-rows", table, *self.journals), stdout=file, check=True)
        files = f"{self.point}/{table}/{'live' if table == 'events' else 'runs'}/*/*.parquet"
        result = json.loads(subprocess.run(
            self.bench.peer("service_check.py", table, model, files, *how), check=True, capture_output=True,
            text=True).stdout)
        for difference in result["differences"]:
            self.failures.append(f"{table}{' merged' if how else ''}: {difference}")
        return result

    def measure(self):
        self.make_store()
        with Daemon(self.bench.firn, self.store, self.point, self.path("daemon.log")) as daemon:
            watch = Watch(daemon, TABLES, self.path("samples.jsonl"))
            watch.start()
            busy = busy_seconds()
            self.load()
            self.busy = busy_seconds() - busy
            self.loaded, self.loaded_tables = daemon.facts(), {table: watch.status(table) for table in TABLES}
            print("  waiting for compaction to come to rest", file=sys.stderr, flush=True)
            self.is_quiet, self.rest_seconds = self.rest(watch)
            watch.end()
            self.watch, self.stalls = watch, watch.stalls()
            self.quiet, self.quiet_tables = daemon.facts(), {table: watch.status(table) for table in TABLES}
            self.check_events()
            self.keep_words()
            self.disk = {name: self.bytes_on_disk(name) for name in ("data", "_transaction_log")}
            self.checks = {table: self.compare(table) for table in TABLES}
            self.compactions = {table: self.bench.run([self.bench.firn, "compact", "--all", f"{self.store}/{table}"]) for table in TABLES}
            self.once_tables = {table: watch.status(table) for table in TABLES}
            self.merged = {table: self.compare(table, "merged") for table in TABLES}
            self.end = daemon.facts()
        self.copies = self.times()

    def bytes_on_disk(self, name):
        """Of this directory of both tables."""
        return sum(
            os.lstat(os.path.join(path, file)).st_blocks * 512
            for table in TABLES for path, _, files in os.walk(f"{self.store}/{table}/{name}") for file in files)

    def check_events(self):
        if self.watch.failures:
            self.failures.append(f"{len(self.watch.failures)} looks at status or events failed: {self.watch.failures[0]}")
        for table, events in self.watch.events.items():
            versions = set(range(1, self.quiet_tables[table]["version"] + 1))
            lost = versions - events.versions
            if lost:
                self.failures.append(f"{table}: events lack {len(lost)} versions, the first {min(lost)}")
            self.failures += [f"{table}: {message}" for message in events.messages[:5]]

    def keep_words(self):
        """What the tables say at the end, for a person to look at."""
        for table in TABLES:
            for name in ("status", "metrics", "errors", "events"):
                shutil.copyfile(f"{self.point}/{table}/{name}", self.path(f"{table}-{name}"))
        shutil.copyfile(f"{self.point}/{TABLES[0]}/gc/plan", self.path("gc-plan"))


def run(bench):
    """Prints the table; the exit status."""
    service = Service(bench)
    try:
        service.measure()
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"the load ended early: {error}", flush=True)
        return 1
    peers = rocksdb(service)
    report(service, peers)
    for failure in service.failures:
        print(f"FAILED: {failure}", flush=True)
    return 1 if service.failures else 0
