"""fastavro on Firn's own state: avro_state.py open TABLE

Reads the newest state's record and every manifest of its files, each entry whole, one after the other.
"""
import os
import sys

from measure import Work


def open_table(table):
    import fastavro

    log = os.path.join(table, "_transaction_log")
    with Work() as work:
        state = max(name for name in os.listdir(log) if name.startswith("state-v"))
        with open(os.path.join(log, state, "_manifest.avro"), "rb") as file:
            [record] = fastavro.reader(file)
        dead = set(record["tombstones"])
        paths = []
        for manifest in record["manifests"]:
            with open(os.path.join(log, manifest["path"]), "rb") as file:
                paths += [entry["path"] for entry in fastavro.reader(file) if entry["path"] not in dead]
    work.report(rows=len(paths))


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    match task:
        case "open": open_table(*rest)
