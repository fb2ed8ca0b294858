"""What the peers do: each call does one piece of work in this process and prints a line of JSON.

    peers.py PEER WORK DATA OUT      DATA: folder with lineitem.csv and part.csv; OUT: folder to write to
    peers.py figures GLOB            what Parquet files hold, for comparison

`seconds` are those of the work alone, not of imports and of making `columns`.
"""
import glob
import json
import os
import sys
import time

DECIMALS = ["l_extendedprice", "l_discount", "l_tax"]
INTEGERS = ["l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity"]
DATES = ["l_shipdate", "l_commitdate", "l_receiptdate"]
COLUMNS = INTEGERS + DECIMALS + ["l_returnflag", "l_linestatus"] + DATES + [
    "l_shipinstruct", "l_shipmode", "l_comment"]


def kind(column):
    """Type of a column of lineitem."""
    for name, columns in [("integer", INTEGERS), ("decimal", DECIMALS), ("date", DATES)]:
        if column in columns:
            return name
    return "string"


class Clock:
    """Wall and processor seconds of a block."""

    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds = {"wall": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu}


# DuckDB

def duckdb_connect(threads):
    import duckdb
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    return connection


def duckdb_lineitem(data, doubles=()):
    types = {"integer": "BIGINT", "decimal": "DECIMAL(15,2)", "date": "DATE", "string": "VARCHAR"}
    types = {c: "DOUBLE" if c in doubles else types[kind(c)] for c in COLUMNS}
    return f"read_csv('{data}/lineitem.csv', header = true, columns = {types}, store_rejects = true)"


def duckdb_part(data):
    types = {"p_partkey": "BIGINT", "p_name": "VARCHAR", "p_mfgr": "VARCHAR", "p_brand": "VARCHAR",
             "p_type": "VARCHAR", "p_size": "BIGINT", "p_container": "VARCHAR",
             "p_retailprice": "DECIMAL(15,2)", "p_comment": "VARCHAR"}
    return f"read_csv('{data}/part.csv', header = true, columns = {types}, store_rejects = true)"


def duckdb_figures(connection, source):
    """One aggregate or two of every column: a list of what `as_figures` takes."""
    selected = ["count(*)"]
    for column in COLUMNS:
        selected.append(f"count({column})")
        selected += {
            "integer": [f"sum({column})::VARCHAR"],
            "decimal": [f"sum({column})::VARCHAR"],
            "date": [f"min({column}) - DATE '1970-01-01'", f"max({column}) - DATE '1970-01-01'"],
            "string": [f"sum(strlen({column}))"],
        }[kind(column)]
    return connection.execute(f"SELECT {', '.join(selected)} FROM {source}").fetchone()


def as_figures(row):
    """Rows, and the figures of each column as `bench` prints them."""
    values = iter(row)
    rows, columns = next(values), {}
    for column in COLUMNS:
        figures = {"count": next(values)}
        if kind(column) == "date":
            figures["bounds"] = [int(next(values)), int(next(values))]
        elif kind(column) == "string":
            figures["text_len"] = int(next(values))
        else:
            figures["sum"] = next(values)
        columns[column] = figures
    return {"rows": rows, "columns": columns}


def duckdb_parse(data, out):
    connection = duckdb_connect(1)
    with Clock() as clock:
        row = duckdb_figures(connection, duckdb_lineitem(data))
    return clock, as_figures(row)


def duckdb_parquet(data, out):
    connection = duckdb_connect(1)
    with Clock() as clock:
        connection.execute(f"COPY (SELECT * FROM {duckdb_lineitem(data)}) TO '{out}/1.parquet' "
                           "(FORMAT parquet, COMPRESSION zstd)")
    return clock, {}


JOINED = """SELECT l.*, p.p_brand, p.p_mfgr FROM {lineitem} l
    JOIN (SELECT p_partkey, p_brand, p_mfgr FROM {part}) p ON l.l_partkey = p.p_partkey"""
BY_STATUS = """SELECT l_returnflag, l_linestatus, count(*) AS row_count, sum(l_quantity)::BIGINT AS quantity,
    min(l_shipdate) AS first_ship, max(l_shipdate) AS last_ship, avg(l_discount) AS mean_discount
    FROM {source} GROUP BY ALL ORDER BY ALL"""


def duckdb_whole(data, out, source):
    connection = duckdb_connect(2)
    lineitem = duckdb_lineitem(data, ["l_discount"])
    joined = JOINED.format(lineitem=lineitem, part=duckdb_part(data))
    with Clock() as clock:
        if source == "table":
            connection.execute(f"CREATE TEMP TABLE joined AS {joined}")
            joined, lineitem = "FROM joined", "joined"
        connection.execute(f"COPY ({joined}) TO '{out}/1.parquet' (FORMAT parquet, COMPRESSION zstd)")
        connection.execute(f"COPY ({BY_STATUS.format(source=lineitem)}) TO '{out}/by_status.csv' (HEADER)")
    return clock, {}


ORDERS = {"o_orderkey": "BIGINT", "o_custkey": "BIGINT", "o_orderstatus": "VARCHAR", "o_totalprice": "DECIMAL(15,2)",
          "o_orderdate": "DATE", "o_orderpriority": "VARCHAR", "o_clerk": "VARCHAR", "o_shippriority": "BIGINT",
          "o_comment": "VARCHAR"}
# Of the columns that a join adds, and of the results of aggregates, which bench names `aggregate.column`.
JOINED_KINDS = {"o_orderdate": "date", "o_orderpriority": "string", "o_totalprice": "decimal", "p_brand": "string",
                "p_mfgr": "string"}
AGGREGATES = {
    "status": (["l_returnflag", "l_linestatus"], {
        "quantity": ("sum", "l_quantity"), "price": ("sum", "l_extendedprice"), "tax": ("max", "l_tax"),
        "shipped": ("min", "l_shipdate"), "lines": ("count", None)}),
    "supplier": (["l_suppkey"], {
        "price": ("sum", "l_extendedprice"), "shipped": ("max", "l_shipdate"), "lines": ("count", None)}),
    "orders": (["l_orderkey"], {"price": ("sum", "l_extendedprice"), "lines": ("count", None)}),
    "mode": (["l_shipmode", "l_shipinstruct"], {"quantity": ("sum", "l_quantity"), "lines": ("count", None)}),
}


def arrow_figures(table, prefix=""):
    """The figures of the columns of an Arrow table, as `bench` prints them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    found = {}
    for name, values in zip(table.column_names, table.columns):
        figures = {"count": len(values) - values.null_count}
        kind = values.type
        if pa.types.is_date(kind):
            bounds = pc.min_max(values.cast(pa.date32()).cast(pa.int32())).as_py()
            figures["bounds"] = [bounds["min"], bounds["max"]]
        elif pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            # Decimals of 38 digits have no room for a sum.
            total = pc.sum(values.cast(pa.decimal256(60, kind.scale)) if pa.types.is_decimal(kind) else values)
            figures["sum"] = str(total.as_py())
        else:
            figures["text_len"] = pc.sum(pc.binary_length(values)).as_py()
        found[prefix + name] = figures
    return found


def duckdb_join(data, out):
    connection = duckdb_connect(1)
    connection.execute(f"CREATE TABLE lineitem AS FROM {duckdb_lineitem(data)}")
    connection.execute(f"CREATE TABLE part AS FROM {duckdb_part(data)}")
    connection.execute(f"CREATE TABLE orders AS FROM read_csv('{data}/orders.csv', header = true, columns = {ORDERS})")
    added = ", ".join(JOINED_KINDS)
    with Clock() as clock:
        # The added columns alone: those of lineitem stay where they are. What streams is looked at and let go.
        reader = connection.sql(
            f"SELECT {added} FROM lineitem LEFT JOIN orders ON l_orderkey = o_orderkey "
            "LEFT JOIN part ON l_partkey = p_partkey").to_arrow_reader(100_000)
        rows = sum(batch.num_rows for batch in reader)
    table = connection.sql(f"SELECT lineitem.*, {added} FROM lineitem JOIN orders ON l_orderkey = o_orderkey "
                           "JOIN part ON l_partkey = p_partkey").to_arrow_table()
    return clock, {"rows": rows, "columns": arrow_figures(table)}


def duckdb_group(data, out):
    connection = duckdb_connect(1)
    connection.execute(f"CREATE TABLE lineitem AS FROM {duckdb_lineitem(data)}")
    rows = connection.sql("SELECT count(*) FROM lineitem").fetchall()[0][0]
    found = {}
    with Clock() as clock:
        for name, (keys, measures) in AGGREGATES.items():
            chosen = [f"{function}({column or '*'}) AS {measure}" for measure, (function, column) in measures.items()]
            sql = f"SELECT {', '.join(keys + chosen)} FROM lineitem GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}"
            found[name] = connection.sql(sql).to_arrow_table()
    columns = {}
    for name, table in found.items():
        columns.update(arrow_figures(whole_sums(table), f"{name}."))
    return clock, {"rows": rows, "columns": columns}


def whole_sums(table):
    """DuckDB sums integers to integers of 128 bits, which Arrow has not: decimals of no places, or doubles."""
    import pyarrow as pa
    for at, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.int64()))
    return table


# Polars

def polars_read(path, columns):
    import polars as pl
    types = {"integer": pl.Int64, "decimal": pl.Decimal(15, 2), "date": pl.Date, "string": pl.String,
             "double": pl.Float64}
    return pl.read_csv(path, schema={name: types[kind] for name, kind in columns.items()})


def polars_lineitem(data, doubles=()):
    columns = {c: "double" if c in doubles else kind(c) for c in COLUMNS}
    return polars_read(f"{data}/lineitem.csv", columns)


def polars_parse(data, out):
    with Clock() as clock:
        frame = polars_lineitem(data)
    days = lambda date: (date - __import__("datetime").date(1970, 1, 1)).days
    row = [frame.height]
    for column in COLUMNS:
        values = frame[column]
        row.append(values.count())
        if kind(column) == "date":
            row += [days(values.min()), days(values.max())]
        elif kind(column) == "string":
            row.append(values.str.len_bytes().sum())
        else:
            row.append(str(values.sum()))
    return clock, as_figures(row)


def polars_parquet(data, out):
    with Clock() as clock:
        polars_lineitem(data).write_parquet(f"{out}/1.parquet", compression="zstd")
    return clock, {}


PART_KINDS = {"p_partkey": "integer", "p_name": "string", "p_mfgr": "string", "p_brand": "string", "p_type": "string",
              "p_size": "integer", "p_container": "string", "p_retailprice": "decimal", "p_comment": "string"}
SQL_KINDS = {"BIGINT": "integer", "VARCHAR": "string", "DATE": "date", "DECIMAL(15,2)": "decimal"}


def polars_join(data, out):
    lineitem = polars_lineitem(data)
    part = polars_read(f"{data}/part.csv", PART_KINDS).select("p_partkey", "p_brand", "p_mfgr")
    orders = polars_read(f"{data}/orders.csv", {name: SQL_KINDS[kind] for name, kind in ORDERS.items()})
    orders = orders.select("o_orderkey", "o_orderdate", "o_orderpriority", "o_totalprice")
    keys = lineitem.select("l_orderkey", "l_partkey")
    with Clock() as clock:
        # The added columns alone: those of lineitem stay where they are.
        joined = keys.join(orders, left_on="l_orderkey", right_on="o_orderkey", how="left", maintain_order="left")
        joined = joined.join(part, left_on="l_partkey", right_on="p_partkey", how="left", maintain_order="left")
    columns = {**arrow_figures(lineitem.to_arrow()), **arrow_figures(joined.select(list(JOINED_KINDS)).to_arrow())}
    return clock, {"rows": joined.height, "columns": columns}


def polars_group(data, out):
    import polars as pl
    lineitem, found = polars_lineitem(data), {}
    with Clock() as clock:
        for name, (keys, measures) in AGGREGATES.items():
            wanted = [(pl.len() if column is None else getattr(pl.col(column), function)()).alias(measure)
                      for measure, (function, column) in measures.items()]
            found[name] = lineitem.group_by(keys).agg(wanted).sort(keys)
    columns = {}
    for name, frame in found.items():
        columns.update(arrow_figures(frame.to_arrow(), f"{name}."))
    return clock, {"rows": lineitem.height, "columns": columns}


def polars_whole(data, out):
    import polars as pl
    with Clock() as clock:
        parts = polars_read(f"{data}/part.csv", PART_KINDS).select("p_partkey", "p_brand", "p_mfgr")
        joined = polars_lineitem(data, ["l_discount"]).join(
            parts, left_on="l_partkey", right_on="p_partkey", maintain_order="left")
        joined.write_parquet(f"{out}/1.parquet", compression="zstd")
        groups = joined.group_by("l_returnflag", "l_linestatus").agg(
            pl.len().alias("row_count"), pl.col("l_quantity").sum().alias("quantity"),
            pl.col("l_shipdate").min().alias("first_ship"), pl.col("l_shipdate").max().alias("last_ship"),
            pl.col("l_discount").mean().alias("mean_discount"))
        groups.sort("l_returnflag", "l_linestatus").write_csv(f"{out}/by_status.csv")
    return clock, {}


# pandas

def pandas_parse(data, out):
    import pandas
    # It has no decimals.
    types = {"integer": "int64", "decimal": "float64", "string": "str"}
    types = {c: types[kind(c)] for c in COLUMNS if c not in DATES}
    with Clock() as clock:
        frame = pandas.read_csv(f"{data}/lineitem.csv", dtype=types, parse_dates=DATES,
                                date_format="%Y-%m-%d", engine="c")
    row = [len(frame)]
    for column in COLUMNS:
        values = frame[column]
        row.append(int(values.count()))
        if kind(column) == "date":
            row += [(value - pandas.Timestamp(0)).days for value in (values.min(), values.max())]
        elif kind(column) == "string":
            row.append(int(values.str.len().sum()))
        elif kind(column) == "integer":
            row.append(str(values.sum()))
        else:
            row.append(float(values.sum()))
    return clock, as_figures(row)


WORK = {
    ("duckdb", "parse"): duckdb_parse,
    ("duckdb", "parquet"): duckdb_parquet,
    ("duckdb-table", "whole"): lambda data, out: duckdb_whole(data, out, "table"),
    ("duckdb-scans", "whole"): lambda data, out: duckdb_whole(data, out, "scans"),
    ("polars", "parse"): polars_parse,
    ("polars", "parquet"): polars_parquet,
    ("polars", "whole"): polars_whole,
    ("duckdb", "join"): duckdb_join,
    ("duckdb", "group"): duckdb_group,
    ("polars", "join"): polars_join,
    ("polars", "group"): polars_group,
    ("pandas", "parse"): pandas_parse,
}


def figures(pattern):
    """What Parquet files hold."""
    paths = sorted(glob.glob(pattern, recursive=True))
    connection = duckdb_connect(2)
    return as_figures(duckdb_figures(connection, f"(SELECT * FROM read_parquet({paths}))"))


def main():
    if sys.argv[1] == "figures":
        print(json.dumps(figures(sys.argv[2])))
        return
    peer, work, data, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    clock, found = WORK[peer, work](data, out)
    print(json.dumps({"seconds": clock.seconds, **found}))


if __name__ == "__main__":
    main()
