"""Rows of partition trees, shared files and jobs: 100,000 leaves, 1,000,000 references, 65,536 jobs.

Each row is one process that commits again and again and so makes the table large, or works on one that is; its last
200 commits are compared with the first 200 of such a process. They are long: one run each, without one to warm up.
"""
import os
import shutil
import subprocess

from rows.common import Row

LEAVES, FILES, SPAN, JOBS = 100_000, 62_500, 16, 65_536


def made(bench, name, *commands):
    """A store with a table `t`, made by these pieces of work."""
    def make(path):
        for command, *arguments in commands:
            subprocess.run(bench.own(command, path, "t", *arguments), check=True, stdout=subprocess.DEVNULL)

    return bench.once(name, make)


def leaves(bench):
    return made(bench, f"leaves-{LEAVES}", ("make-references", LEAVES, 0, SPAN))


def references(bench):
    return made(bench, f"references-{LEAVES}-{FILES}", ("make-references", LEAVES, FILES, SPAN))


def jobs(bench):
    return made(
        bench, f"references-jobs-{JOBS}", ("make-references", LEAVES, FILES, SPAN), ("assign-all", LEAVES, JOBS))


def flat_row(bench, name, title, work, few, many, source=None):
    """`work` with the arguments of many commits, and of few; before each the store is as `source`, or empty."""
    store = bench.path("references")

    def before():
        shutil.rmtree(store, ignore_errors=True)
        os.makedirs(store)
        if source:
            # Objects are shared: they never change.
            subprocess.run(["cp", "-al", source + "/t", store + "/t"], check=True)

    row = Row(
        name, title + ", durable, median of the last 200", {
            "Firn": bench.own(work, store, "t", *many), "Firn's first 200": bench.own(work, store, "t", *few),
        }, bars={"Firn's first 200": 1.25}, unit="ms", before=before, is_long=True)
    row.wall = "last"
    return row


def row_split(bench):
    return flat_row(
        bench, "split-leaves", f"splits of a partition with its 10 references, until {LEAVES:,} leaves have 1,000,000",
        "split-partitions", (200, 10), (LEAVES - 1, 10))


def row_add(bench):
    commits = FILES // 10
    return flat_row(
        bench, "add-references",
        f"commits of 10 files that {SPAN} of {LEAVES:,} leaves reference, until there are 1,000,000 references",
        "add-references", (LEAVES, 0, 200, 10, SPAN), (LEAVES, 0, commits, 10, SPAN), leaves(bench))


def row_assign(bench):
    return flat_row(
        bench, "assign-jobs", f"jobs assigned in {JOBS:,} leaves, 10 shared files each, one a commit", "assign-jobs",
        (LEAVES, 200), (LEAVES, JOBS), references(bench))


def row_replace(bench):
    return flat_row(
        bench, "replace-references", f"ends of {JOBS:,} such jobs: a file in the place of 10 references",
        "replace-references", (LEAVES, 200), (LEAVES, JOBS), jobs(bench))


def row_open(bench):
    return Row(
        "open-references", f"open a table of {LEAVES:,} leaves and 1,000,000 references, cold process",
        {"Firn": bench.own("open-references", references(bench), "t")})


def row_open_jobs(bench):
    return Row(
        "open-jobs", f"the same with {JOBS:,} jobs", {"Firn": bench.own("open-references", jobs(bench), "t")})


ROWS = {
    "split-leaves": row_split, "add-references": row_add, "assign-jobs": row_assign,
    "replace-references": row_replace, "open-references": row_open, "open-jobs": row_open_jobs,
}
