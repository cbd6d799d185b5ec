"""A mounted store and what its daemon takes."""
import os
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Daemon:
    """`firn mount` in the foreground as a child of this process, which may so ask for all that it does."""

    def __init__(self, firn, store, point, log):
        self.firn, self.point = firn, point
        os.makedirs(point, exist_ok=True)
        with open(log, "w") as output:
            self.process = subprocess.Popen(
                [firn, "mount", "--foreground", store, point], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        for _ in range(300):
            if os.path.ismount(point):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.process.kill()
        raise RuntimeError("`firn mount` does not work here: " + open(log).read().strip())

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        subprocess.run([self.firn, "unmount", self.point], stdout=subprocess.DEVNULL)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            subprocess.run(["fusermount3", "-u", "-z", self.point])

    def facts(self):
        """Processor seconds, bytes of memory, and bytes for the disk, until now."""
        directory = f"/proc/{self.process.pid}"
        with open(directory + "/stat") as file:
            times = file.read().rpartition(")")[2].split()
        memory = self._numbers(directory + "/status")
        written = self._numbers(directory + "/io")
        return {
            "user": int(times[11]) / TICKS, "system": int(times[12]) / TICKS, "threads": memory["Threads"],
            "memory": memory["VmRSS"] << 10, "peakBytes": memory["VmHWM"] << 10,
            # Without what was deleted before it was written.
            "written": written["write_bytes"] - written["cancelled_write_bytes"],
        }

    @staticmethod
    def _numbers(path):
        numbers = {}
        with open(path) as file:
            for line in file:
                name, _, value = line.partition(":")
                if value.split() and value.split()[0].isdigit():
                    numbers[name] = int(value.split()[0])
        return numbers
