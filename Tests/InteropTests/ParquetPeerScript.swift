/// What both directions need of Python: a table of every type, and its cells as text.
///
/// A cell is the integer that lies in the lane (unscaled decimals, days, units since 1970), the bits of a
/// floating-point number, the hexadecimal bytes of a string, or "-" for null. A row's cells are joined by spaces.
let parquetPeerPrelude = #"""
    import sys, struct, random, datetime, decimal
    import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq

    decimal.getcontext().prec = 60
    UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}

    def unscaled(value, scale):
        sign, digits, exponent = value.as_tuple()
        number = int("".join(map(str, digits))) * 10 ** (exponent + scale)
        return -number if sign else number

    def cells(array):
        kind = array.type
        if pa.types.is_dictionary(kind):
            array = array.cast(kind.value_type); kind = array.type
        if pa.types.is_timestamp(kind):
            values = array.cast(pa.int64())
            return ["-" if v is None else str(v * UNITS[kind.unit]) for v in values.to_pylist()]
        if pa.types.is_date32(kind): array = array.cast(pa.int32())
        values = array.to_pylist()
        def text(v):
            if v is None: return "-"
            if pa.types.is_boolean(kind): return "1" if v else "0"
            if pa.types.is_float32(kind): return str(struct.unpack("<I", struct.pack("<f", v))[0])
            if pa.types.is_floating(kind): return str(struct.unpack("<Q", struct.pack("<d", v))[0])
            if pa.types.is_decimal(kind): return str(unscaled(v, kind.scale))
            if isinstance(v, str): return "x" + v.encode().hex()
            if isinstance(v, bytes): return "x" + v.hex()
            return str(v)
        return [text(v) for v in values]

    def dump(table, out=sys.stdout):
        columns = [cells(table.column(i).combine_chunks()) if table.num_rows else [] for i in range(table.num_columns)]
        for row in zip(*columns): out.write(" ".join(row) + "\n")

    def duck(path):
        import duckdb
        return duckdb.connect().execute("select * from '" + path + "'").to_arrow_table()

    def peer_table(rows, nulls=0.2, seed=1, fields=None):
        r = random.Random(seed)
        def col(make, kind): return pa.array([None if r.random() < nulls else make() for _ in range(rows)], kind)
        words = ["", "a", "ßx", "status-1", "a much longer text than sixteen bytes", "b" * 70]
        columns = {
            "boolean": lambda: col(lambda: r.random() < 0.5, pa.bool_()),
            "i8": lambda: col(lambda: r.randint(-128, 127), pa.int8()),
            "u16": lambda: col(lambda: r.randint(0, 65535), pa.uint16()),
            "u32": lambda: col(lambda: r.randint(0, 2**32 - 1), pa.uint32()),
            "i32": lambda: col(lambda: r.randint(-5, 5) * 400000000, pa.int32()),
            "i64": lambda: col(lambda: r.randint(-2**63, 2**63 - 1), pa.int64()),
            "u64": lambda: col(lambda: r.randint(0, 2**64 - 1), pa.uint64()),
            "f32": lambda: col(lambda: r.choice([0.0, -0.0, 1.5, float("inf"), -2.25]), pa.float32()),
            "f64": lambda: col(lambda: r.choice([r.random(), -1e300, 0.0]), pa.float64()),
            "word": lambda: col(lambda: r.choice(words), pa.string()),
            "text": lambda: col(lambda: "%x" % r.getrandbits(r.choice([8, 40, 300])), pa.string()),
            "bytes": lambda: col(lambda: r.randbytes(r.randint(0, 30)), pa.binary()),
            "fixed": lambda: col(lambda: r.randbytes(5), pa.binary(5)),
            "date": lambda: col(lambda: datetime.date(1960, 1, 1) + datetime.timedelta(days=r.randint(0, 30000)), pa.date32()),
            "ms": lambda: col(lambda: r.randint(-10**12, 9 * 10**12), pa.timestamp("ms", "UTC")),
            "us": lambda: col(lambda: r.randint(-10**15, 9 * 10**15), pa.timestamp("us")),
            "ns": lambda: col(lambda: r.randint(-10**18, 2 * 10**18), pa.timestamp("ns")),
            "d7": lambda: col(lambda: decimal.Decimal(r.randint(-9999999, 9999999)).scaleb(-2), pa.decimal128(7, 2)),
            "d18": lambda: col(lambda: decimal.Decimal(r.randint(-10**18 + 1, 10**18 - 1)).scaleb(-6), pa.decimal128(18, 6)),
            "d38": lambda: col(lambda: decimal.Decimal(r.randint(-10**38 + 1, 10**38 - 1)).scaleb(-10), pa.decimal128(38, 10)),
        }
        names = fields or list(columns)
        return pa.table({name: columns[name]() for name in names})

    """#
