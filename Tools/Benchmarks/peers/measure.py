"""What a peer measures of itself: the work alone, without the start of Python and its imports."""
import json
import os
import resource
import time


class Work:
    def __enter__(self):
        self.usage = resource.getrusage(resource.RUSAGE_SELF)
        self.start = time.monotonic()
        return self

    def __exit__(self, *failure):
        wall = time.monotonic() - self.start
        now = resource.getrusage(resource.RUSAGE_SELF)
        self.numbers = {
            "wall": wall,
            "user": now.ru_utime - self.usage.ru_utime,
            "system": now.ru_stime - self.usage.ru_stime,
        }

    def report(self, **more):
        peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
        print(json.dumps(self.numbers | more | {"peakBytes": int(peak.split()[1]) << 10}))


def sync(path):
    """Firn's files are on disk when it says so; those of the others are then too."""
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
