"""What a mounted table tells of itself while it works: its status, once a second, and its events."""
import json
import sys
import threading
import time


class EventReader:
    """Reads `events` as `tail -f` does: it grows by lines, and is cut from the front now and then."""

    def __init__(self, path):
        self.path, self.offset, self.last = path, 0, None
        self.rest = b""
        self.commits, self.bytes, self.rows = {}, {}, {}
        self.versions, self.states = set(), 0
        self.jobs = {}
        self.job_bytes = {"inputBytes": 0, "outputBytes": 0, "milliseconds": 0, "inputs": 0}
        self.slowest_job, self.messages = 0, []

    def read(self):
        with open(self.path, "rb") as file:
            size = file.seek(0, 2)
            cut = size < self.offset
            if cut:
                self.offset, self.rest = 0, b""
            file.seek(self.offset)
            data = file.read()
        self.offset += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        if cut and self.last in lines:
            # The half that is left begins with what was read before.
            lines = lines[lines.index(self.last) + 1:]
        for line in lines:
            self.take(json.loads(line))
        if lines:
            self.last = lines[-1]

    def take(self, event):
        name = event["event"]
        if name == "commit":
            operation = event["operation"]
            self.versions.add(event["version"])
            self.commits[operation] = self.commits.get(operation, 0) + 1
            self.bytes[operation] = self.bytes.get(operation, 0) + event["bytesAdded"]
            self.rows[operation] = self.rows.get(operation, 0) + event["rowsAdded"]
        elif name == "state":
            self.states += 1
        elif name.startswith("job "):
            self.jobs[name] = self.jobs.get(name, 0) + 1
            if name == "job committed":
                for key in self.job_bytes:
                    self.job_bytes[key] += event[key]
                self.slowest_job = max(self.slowest_job, event["milliseconds"])
            if "message" in event:
                self.messages.append(f"{name}: {event['message']}")


class Watch(threading.Thread):
    """Samples of a daemon and its tables, kept as JSON lines, until it is told to end."""

    def __init__(self, daemon, tables, path):
        super().__init__(daemon=True)
        self.daemon_process, self.path = daemon, path
        self.events = {table: EventReader(f"{daemon.point}/{table}/events") for table in tables}
        self.samples, self.failures, self.slowest_status = [], [], 0.0
        self.ended = threading.Event()

    def run(self):
        begin = time.monotonic()
        with open(self.path, "w") as output:
            while not self.ended.wait(max(0, begin + len(self.samples) - time.monotonic())):
                try:
                    sample = self.sample() | {"second": time.monotonic() - begin}
                except (OSError, ValueError, KeyError) as error:
                    self.failures.append(repr(error))
                    sample = None
                self.samples.append(sample)
                output.write(json.dumps(sample) + "\n")
                output.flush()
                if sample and len(self.samples) % 30 == 0:
                    self.tell(sample)

    def sample(self):
        tables = {}
        for table, events in self.events.items():
            start = time.monotonic()
            tables[table] = self.status(table)
            self.slowest_status = max(self.slowest_status, time.monotonic() - start)
            events.read()
        return {"tables": tables} | self.daemon_process.facts()

    def status(self, table):
        with open(f"{self.daemon_process.point}/{table}/status.json") as file:
            return json.load(file)

    def tell(self, sample):
        tables = ", ".join(
            f"{name}: version {status['version']}, {status['numFiles']} files, {status['runsAtMost']} runs"
            for name, status in sample["tables"].items())
        print(f"  {sample['second']:.0f} s: {tables}; {sample['memory'] >> 20} MB", file=sys.stderr, flush=True)

    def most(self, table, what):
        return max((sample["tables"][table][what] for sample in self.samples if sample), default=0)

    def stalls(self):
        """Of all tables: how often writers began to be held up, how many writes were, and for how many seconds."""
        names = ("firn_ingest_stalls_total", "firn_ingest_delayed_writes_total", "firn_ingest_delay_seconds_total")
        totals = dict.fromkeys(names, 0.0)
        for table in self.events:
            with open(f"{self.daemon_process.point}/{table}/metrics") as file:
                for line in file:
                    name = line.partition("{")[0]
                    if name in totals:
                        totals[name] += float(line.rsplit(None, 1)[1])
        return tuple(totals.values())

    def end(self):
        self.ended.set()
        self.join()
        for events in self.events.values():
            events.read()
