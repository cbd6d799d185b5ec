"""What every row of `Tools/bench` is made of."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time

HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PEERS = os.path.join(HOME, "Tools", "Benchmarks", "peers")


class Bench:
    """Where everything is."""

    def __init__(self, options):
        self.options = options
        self.directory = os.path.abspath(options.directory)
        os.makedirs(self.directory, exist_ok=True)
        if "FIRN_PEERS" not in os.environ:
            subprocess.run([os.path.join(HOME, "Tools", "setup"), "bench"], check=True, stdout=sys.stderr)
        peers = os.environ.get("FIRN_PEERS_HOME", os.path.expanduser("~/.cache/firn/peers"))
        self.python = os.environ.get("FIRN_PEERS", os.path.join(peers, "bin", "python"))
        # DuckLake pins its DuckDB: an environment of its own.
        self.ducklake = os.environ.get("FIRN_DUCKLAKE", os.path.join(peers, "ducklake", "bin", "python"))
        build = ["swift", "build", "-c", "release", "--package-path", HOME]
        for product in ["firn-bench", "firn"]:
            if not options.no_build:
                subprocess.run(build + ["--product", product], check=True, stdout=sys.stderr)
        binaries = subprocess.run(
            build + ["--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
        self.firn = os.path.join(binaries, "firn")
        self.bench = os.path.join(binaries, "firn-bench")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def peer(self, script, *arguments):
        return [self.python, os.path.join(PEERS, script), *map(str, arguments)]

    def own(self, *arguments):
        return [self.bench, *map(str, arguments)]

    def once(self, name, make):
        """Makes an input where it is not there; `make` is given a path to fill."""
        path = self.path(name)
        if not os.path.exists(path):
            print(f"making {name} ...", file=sys.stderr, flush=True)
            shutil.rmtree(path + ".new", ignore_errors=True)
            make(path + ".new")
            os.rename(path + ".new", path)
        return path

    def run(self, command, keeping=()):
        """One run: what wait4 says of the process, and over it what the process says of itself.

        It gets the descriptors of `keeping`.
        """
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=keeping)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command[:6])} ended with {process.returncode}")
        numbers = {
            "wall": time.monotonic() - start, "user": usage.ru_utime, "system": usage.ru_stime,
            # The peak of a child counts what its parent was when it forked, so a process's own word is better.
            "peakBytes": usage.ru_maxrss << 10,
        }
        lines = text.splitlines()
        try:
            return numbers | json.loads(lines[-1] if lines else "{}")
        except ValueError:
            # A command that prints a line a thing says nothing of itself.
            return numbers | {"rows": len(lines)}


class Row:
    """One piece of work with those who do it: the first is Firn, bars are its ratio to the named peers.

    `limit` is a bar of its own time in seconds, `memory` of its peak in bytes. What `is_long` runs once, and not to
    warm up.
    """

    def __init__(self, name, title, contestants, bars=(), limit=None, memory=None, unit="s", digest=None,
                 before=None, around=contextlib.nullcontext, is_long=False):
        self.name, self.title, self.contestants = name, title, contestants
        self.bars, self.limit, self.memory, self.unit = dict(bars), limit, memory, unit
        # `before` is called before each run, `around` gives a context for all of them.
        self.wall = "wall"
        self.digest, self.before, self.around, self.is_long = digest, before, around, is_long
