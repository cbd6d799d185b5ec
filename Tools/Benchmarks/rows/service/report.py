"""The figures of a load, as one table: Firn, and RocksDB where it does the same."""


def quantile(ascending, share):
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))] if ascending else 0.0


def megabytes(count):
    return f"{count / (1 << 20):,.1f} MB"


def milliseconds(seconds):
    return f"{seconds * 1000:.1f}"


def amplification(first, more):
    return (first + more) / first if first else 0.0


class Figures:
    """Lines of the table. A value of Firn's that has its like in RocksDB stands beside it, with the ratio of the two."""

    def __init__(self, peers):
        self.peers = peers
        self.lines = []

    def add(self, what, value, text=str, peer=None):
        """`peer` gives the value of a peer's numbers; without it there is nothing to compare."""
        cells = [what, text(value)]
        for numbers in self.peers.values():
            if peer is None:
                cells += ["–", "–"]
                continue
            other = peer(numbers)
            cells += [text(other), f"{value / other:.2f}" if other else "–"]
        self.lines.append(cells)

    def print(self):
        heads = ["sustained load", "Firn"]
        for name in self.peers:
            heads += [f"RocksDB, {name}", "ratio"]
        for cells in [heads, ["---"] * len(heads)] + self.lines:
            print("| " + " | ".join(cells) + " |", flush=True)


def report(service, peers):
    figures = Figures(peers)
    add_copies(service, figures)
    add_tables(service, figures)
    add_amplification(service, figures)
    add_process(service, figures)
    add_readers(service, figures)
    add_comparison(service, figures)
    figures.print()


def add_copies(service, figures):
    copies = service.copies
    seconds = sorted(duration for _, duration in copies)
    figures.add("files acknowledged, 4 writers", len(copies), "{:,}".format, lambda peer: peer["batches"])
    figures.add(
        "a second", len(copies) / service.seconds, "{:,.0f}".format, lambda peer: peer["batches"] / peer["wall"])
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        figures.add(f"copy, {name}, ms", quantile(seconds, share), milliseconds, lambda peer: peer[name])
    figures.add("copy, p99.9, ms", quantile(seconds, 0.999), milliseconds)
    figures.add("copy, longest, ms", quantile(seconds, 1), milliseconds, lambda peer: peer["max"])
    slow = {int(start + duration) for start, duration in copies if duration > 0.1}
    figures.add("seconds in which a copy of over 100 ms ended", len(slow))
    # Whether it stays so: the first and the last tenth of the time.
    begin = copies[0][0] if copies else 0
    tenth = service.seconds / 10
    for name, low in (("first", begin), ("last", begin + 9 * tenth)):
        part = sorted(duration for start, duration in copies if low <= start < low + tenth)
        figures.add(
            f"of the {name} tenth of the time: files a second; p50, p99, ms",
            f"{len(part) / tenth:,.0f}; {milliseconds(quantile(part, 0.5))}, {milliseconds(quantile(part, 0.99))}")


def add_tables(service, figures):
    watch = service.watch
    for table in service.quiet_tables:
        versions = service.loaded_tables[table]["version"]
        figures.add(
            f"{table}: versions; a second; states written",
            f"{versions:,}; {versions / service.seconds:.0f}; {watch.events[table].states:,}")
        figures.add(
            f"{table}: live files, runs in a partition, debt, at most",
            f"{watch.most(table, 'numFiles'):,}, {watch.most(table, 'runsAtMost')}, "
            f"{megabytes(watch.most(table, 'debtBytes'))}")
        figures.add(
            f"{table}: the same at rest", f"{service.quiet_tables[table]['numFiles']:,}, "
            f"{service.quiet_tables[table]['runsAtMost']}, {megabytes(service.quiet_tables[table]['debtBytes'])}")
        events = watch.events[table]
        jobs = ", ".join(f"{count} {name.removeprefix('job ')}" for name, count in sorted(events.jobs.items()))
        figures.add(f"{table}: jobs; the longest, s", f"{jobs or 'none'}; {events.slowest_job / 1000:.1f}")
    stalls, writes, seconds = service.stalls
    figures.add("stalls of writers; writes held up, s together", f"{stalls:.0f}; {writes:,.0f}, {seconds:.1f}")
    figures.add(
        "seconds until compaction was at rest",
        f"{service.rest_seconds:.0f}" + ("" if service.is_quiet else " and not yet"))


def written(service, operation):
    return sum(events.bytes.get(operation, 0) for events in service.watch.events.values())


def add_amplification(service, figures):
    first, merged = written(service, "INGEST"), written(service, "COMPACT")
    figures.add("bytes first written as data", first, megabytes, lambda peer: peer["quiet"]["flushed"])
    figures.add(
        "write amplification: (first + compaction) ÷ first, at rest", amplification(first, merged), "{:.2f}".format,
        lambda peer: amplification(peer["quiet"]["flushed"], peer["quiet"]["compacted"]))
    rows = next((peer["bytes"] for peer in figures.peers.values()), None)
    if rows:
        figures.add("bytes of the rows, as keys and values", rows, megabytes, lambda peer: peer["bytes"])
        figures.add(
            "all bytes for the disk ÷ these, at rest", service.quiet["written"] / rows, "{:.2f}".format,
            lambda peer: peer["quiet"]["written"] / peer["bytes"])
        figures.add(
            "(first + compaction) ÷ these", (first + merged) / rows, "{:.2f}".format,
            lambda peer: (peer["quiet"]["flushed"] + peer["quiet"]["compacted"]) / peer["bytes"])
    for table, name in (("events", "eventBytes"), ("accounts", "accountBytes")):
        what = "all rows" if table == "events" else "the newest row of each key"
        once = service.once_tables[table]["totalBytes"]
        figures.add(f"{table}: bytes of {what} in one run", once, megabytes, lambda peer: peer["once"][name])
        figures.add(
            f"{table}: space amplification: live ÷ these, at rest",
            service.quiet_tables[table]["totalBytes"] / max(1, once), "{:.2f}".format,
            lambda peer: peer["quiet"][name] / max(1, peer["once"][name]))
    check = service.checks["accounts"]
    figures.add("accounts: rows live ÷ keys, at rest", check["rows"] / max(1, check["keys"]), "{:.2f}".format)
    garbage = sum(table["garbageBytes"] for table in service.quiet_tables.values())
    figures.add("garbage that waits", garbage, megabytes)
    figures.add(
        "blocks on disk at rest: data, log and states", ", ".join(megabytes(count) for count in service.disk.values()))


def add_process(service, figures):
    """Of the daemon while the load lasted; of RocksDB without its rest."""
    figures.add("user time, s", service.loaded["user"], "{:.1f}".format, lambda peer: peer["user"])
    figures.add("system time, s", service.loaded["system"], "{:.1f}".format, lambda peer: peer["system"])
    own = service.loaded["user"] + service.loaded["system"]
    clients = sum(word["user"] + word["system"] for word in service.writers + service.readers)
    figures.add(
        "meanwhile, s: writers and readers; all else on the machine",
        f"{clients:.1f}; {max(0, service.busy - own - clients):.1f}")
    figures.add("memory at most", service.end["peakBytes"], megabytes, lambda peer: peer["peakBytes"])
    samples = [sample for sample in service.watch.samples if sample]
    quarters = [samples[len(samples) * part // 4 - 1]["memory"] for part in (1, 2, 3, 4)] if len(samples) > 3 else []
    figures.add("memory after each quarter of the time", ", ".join(megabytes(memory) for memory in quarters))
    figures.add("the longest look at status, ms", milliseconds(service.watch.slowest_status))
    for table, numbers in service.compactions.items():
        figures.add(
            f"{table}: `firn compact` afterwards, wall / user / sys s, memory",
            f"{numbers['wall']:.1f} / {numbers['user']:.1f} / {numbers['system']:.1f}, {megabytes(numbers['peakBytes'])}")


def add_readers(service, figures):
    readers = service.readers
    files, count = sum(word["files"] for word in readers), sum(word["bytes"] for word in readers)
    scans = sum(word["scans"] for word in readers)
    figures.add(
        "2 readers: scans, files and bytes a second",
        f"{scans / service.seconds:,.1f}, {files / service.seconds:,.0f}, {megabytes(count / service.seconds)}")
    figures.add(
        "the slowest file and directory, ms",
        ", ".join(milliseconds(max(word[name] for word in readers)) for name in ("slowestFile", "slowestListing")))
    figures.add("failures of readers", f"{sum(word['failures'] for word in readers):.0f}")


def add_comparison(service, figures):
    for table, check in service.checks.items():
        merged = service.merged[table]
        verdict = "equal" if not check["differences"] + merged["differences"] else "DIFFERENT"
        keys = f", {check['keys']:,} keys" if check["keys"] is not None else ""
        figures.add(
            f"{table}: rows written; live, merged; and the model",
            f"{check['written']:,}; {check['rows']:,}, {merged['rows']:,}{keys}; {verdict}")
