"""Checks that expressions and aggregates come to what DuckDB makes of the same SQL.

    python oracle/sql.py --sluice target/debug/sluice

Tables of values at random, with nulls, and a reference table, delimited or Parquet; expressions by hand and at random as computed columns, aggregates and
filters; each at two sizes of chunks. See README.md. Exit code 0: they agree; 1: they do not; 2: usage.
"""

import argparse
import csv
import datetime
import io
import json
import math
import random
import re
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet

ROWS = 200
CHUNK_BYTES = ["700", "1000000"]
# The relative error of what is rounded on the way there, and not here.
ROUNDED = {"avg": 1e-14, "stddev": 1e-9, "var_pop": 1e-9}

# Name: type in SQL, field of the contract, what values are drawn from.
TEXTS = ["", "a", "A", " ab ", "abc", "a%b_c", "\u00e4\u00d6", "Zebra", "\u65e5\u672c", "xyzzy" * 9, "\u2003pad\u00a0", "\ttab \u3000"]
COLUMNS = {
    "i": ("BIGINT", {"type": "integer"}, lambda r: r.randint(-20, 20)),
    "j": ("BIGINT", {"type": "integer"}, lambda r: r.choice([0, 1, -1, r.randint(-10**6, 10**6), 2**62])),
    "n": ("DOUBLE", {"type": "number"}, lambda r: r.randint(-400, 400) / 4),
    "m": ("DOUBLE", {"type": "number"}, lambda r: r.choice([0.0, 0.1, 1e9 / 3, -7.75])),
    "d": ("DECIMAL(9,2)", {"type": "number", "decimal": {"precision": 9, "scale": 2}},
          lambda r: Decimal(r.randint(-99999, 99999)).scaleb(-2)),
    "e": ("DECIMAL(18,4)", {"type": "number", "decimal": {"precision": 18, "scale": 4}},
          lambda r: Decimal(r.choice([0, 5, 50, 12345, r.randint(-10**9, 10**9)])).scaleb(-4)),
    "s": ("VARCHAR", {"type": "string"}, lambda r: r.choice(TEXTS[1:])),
    "u": ("VARCHAR", {"type": "string"}, lambda r: r.choice(TEXTS[1:])),
    "b": ("BOOLEAN", {"type": "boolean"}, lambda r: r.random() < 0.5),
    "c": ("BOOLEAN", {"type": "boolean"}, lambda r: r.random() < 0.5),
    "day": ("DATE", {"type": "date"}, lambda r: datetime.date(1999, 12, 1) + datetime.timedelta(r.randint(0, 900))),
    "due": ("DATE", {"type": "date"}, lambda r: datetime.date(2000, 2, 27) + datetime.timedelta(r.randint(0, 4))),
    "t": ("TIMESTAMP", {"type": "datetime"},
          lambda r: datetime.datetime(2000, 2, 28) + datetime.timedelta(seconds=r.randint(0, 10**7))),
}
FIELDS = ["year", "quarter", "month", "week", "day", "isodow", "doy"]
UNITS = ["year", "quarter", "month", "week", "day"]
EXTREMES = ["greatest", "least"]
TIMES = ["hour", "minute", "second"]

# What chance seldom meets: with faults, by which rows are lost to other columns, and without.
FAULTY = ["i + 9223372036854775807", "j * 4", "-j - 2 * j", "j % i", "i / j", "n / i", "d % i", "n % i", "lpad(s, 4, '')", "CAST(i AS DECIMAL(3,1))"]
BY_HAND = [
    "i % 7", "1 - d", "d * (1 - e)",
    "d * e * 3.25", "d + e + i", "round(d)", "round(e)", "floor(e)", "ceil(d)", "abs(e)", "round(n)", "floor(m)",
    "round(e, 2)", "round(d, 1)", "round(d, 5)", "round(e, -2)", "round(e * e, 3)", "round(m, 3)", "round(n / 3, 2)", "round(m, -8)", "round(i, -1)", "round(i, 2)",
    "CAST(d AS BIGINT)", "CAST(n AS BIGINT)", "CAST(e AS DECIMAL(10,2))", "CAST(e AS DECIMAL(18,1))",
    "TRY_CAST(s AS BIGINT)", "CAST(d AS VARCHAR)", "CAST(day AS VARCHAR)",
    "CAST(b AS BIGINT)", "CAST(day AS TIMESTAMP)", "CAST(t AS DATE)", "TRY_CAST('2000-02-30' AS DATE)",
    "CAST('12.345' AS DECIMAL(9,2))", "CAST('-12.355' AS DECIMAL(9,2))", "i IN (1, 2, NULL)", "i NOT IN (1, 2)", "i IN (d, n, 3)", "d IN (i, 1.5, 0)", "day IN ('2000-02-29', due)", "'ab' IN (s, u)",
    "s IN ('a', 'abc')", "d BETWEEN -1 AND 500.5", "day BETWEEN '2000-01-01' AND DATE '2000-12-31'", "t >= day",
    "s LIKE 'a%'", "s LIKE '_b%'", "s NOT LIKE '%b_'", "s ILIKE 'A%'", "s || u", "concat(s, '-', u)", "upper(s)",
    "lower(u)", "trim(s)", "ltrim(s) || '|'", "rtrim(s) || '|'", "length(s)", "substring(s, 2)",
    "substring(s, 2, 2)", "substring(s FROM 1 FOR 3)", "replace(s, 'a', 'oo')", "replace(s, 'z', '')",
    "regexp_replace(s, '[a-c]', '<\\\\0>')", "regexp_replace(s, '(.)(.)', '\\\\2$1', 'g')",
    "day + INTERVAL '3' DAY", "due - INTERVAL '1' MONTH", "INTERVAL '1' QUARTER + day", "t + INTERVAL '90' MINUTE",
    "t - INTERVAL '1' MONTH", "day + INTERVAL (i) MONTH", "t + INTERVAL (i) YEAR", "due - INTERVAL (i) WEEK",
    "t - INTERVAL (j % 100000) SECOND", "t + INTERVAL '-36' HOUR", "due + INTERVAL '4' YEAR",
    "t < day + INTERVAL '1' WEEK", "day + CAST(i AS INTEGER)", "day - 31", "due - day", "extract(YEAR FROM t)", "hour(t)", "minute(t)", "second(t)",
    "CASE WHEN b THEN d WHEN c THEN i ELSE n END", "CASE i WHEN 1 THEN 'one' WHEN 2 THEN u END",
    "CASE WHEN i <> 0 THEN j / i END", "COALESCE(i, j, 0)", "COALESCE(d, e)", "COALESCE(s, u, '-')", "NULLIF(i, 1)",
    "NULLIF(s, u)", "b AND NULL", "b OR NULL", "NOT b", "b IS NULL OR c", "(i > 0) = b", "i = d", "d < n", "s < u",
    "substring(s, -2)", "substring(s, i)", "substring(s, i, i % 4)", "substring(s, -3, 2)", "substring(s, 3, -2)", "substring(s, 0, 2)", "left(s, 2)",
    "left(s, i)", "right(s, 2)", "right(s, i)", "lpad(s, 5, 'x\u00e4')", "rpad(s, CAST(i AS INTEGER), '-+')", "split_part(s, 'b', 1)", "split_part(u, 'y', i)",
    "split_part(s, '', i)", "split_part('a,b,c', ',', i)", "strpos(s, 'b')", "position('z' IN u)", "strpos(s, '')", "strpos(s, u)", "starts_with(s, 'a')", "starts_with(s, u)",
    "regexp_matches(s, 'b.?')", "regexp_matches(s, '^A', 'i')", "regexp_extract(s, '[a-c]+')", "regexp_extract(u, '(z)(e)?', 2)",
    "regexp_replace(s, 'A', 'x', 'i')", "regexp_replace(u, 'Z', '<\\0>', 'gi')", "regexp_replace(s, 'b*', '-', 'g')", "regexp_replace(u, 'b*', '-')",
    *(f"date_diff('{unit}', {pair})" for unit in ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
      for pair in ["day, due", "t, due", "TIMESTAMP '1969-12-31 23:59:59.5', t"]),
    "last_day(day)", "last_day(t)", "greatest(i, j)", "least(i, d, n)", "greatest(d, e, 1.5)", "least(s, u)", "greatest(day, due, '2000-02-29')", "greatest(day, t)",
    "least(n, m)", "greatest(b, c)", "ifnull(i, j)", "ifnull(d, 1)", "b IS TRUE", "b IS NOT TRUE", "(i > 0) IS FALSE", "c IS NOT FALSE",
    "i IS DISTINCT FROM j", "s IS NOT DISTINCT FROM u", "d IS DISTINCT FROM i", "day IS NOT DISTINCT FROM '2000-02-29'", "NULL IS DISTINCT FROM n",
    "d % 0.7", "e % 3", "7 % NULLIF(e, 0)", "d % NULLIF(e, 0)", "n % 0.3", "m % NULLIF(n, 0)", "s LIKE 'a!%b%' ESCAPE '!'", "s LIKE 'a!%b!_c' ESCAPE '!'",
    "s NOT LIKE '%b%' ESCAPE ''", "u ILIKE 'ZEB#RA' ESCAPE '#'", "'2000-03-01' IN (day, t)", "'2000-02-29' IN (t, due)", "COALESCE(day, '2000-01-01')",
    "CASE WHEN b THEN due ELSE '2000-01-01' END", "COALESCE(t, '2000-01-01 12:00:00')", "trim(u)", "rtrim(u) || '|'", "ltrim(u) || '|'",
    "0.1 + 0.2", "1e3 * d", "12345678901234567890 + i", "-d", "- i",
]


def drawn(r):
    """A table: nulls are None."""
    draw = {name: column[2] for name, column in COLUMNS.items()}
    return [[at] + [None if r.random() < 0.12 else value(r) for value in draw.values()] for at in range(1, ROWS + 1)]


class Expressions:
    """Expressions at random, by kind."""

    def __init__(self, r):
        self.r = r

    def of(self, kind, depth):
        r = self.r
        if depth == 0 or r.random() < 0.15:
            return self.leaf(kind)
        one = lambda kind: self.of(kind, depth - 1)
        two = lambda kind, operators: f"({one(kind)} {r.choice(operators)} {one(kind)})"
        number = r.choice(["whole", "exact", "double"])
        other = {
            "whole": lambda: r.choice([
                lambda: two("whole", "+-"), lambda: f"({one('whole')} * {r.randint(-9, 9)})",
                lambda: f"({one('whole')} % {r.randint(1, 9)})", lambda: f"length({one('text')})",
                lambda: f"extract({r.choice(FIELDS)} FROM {one('date')})", lambda: f"({one('date')} - {one('date')})",
                lambda: f"abs({one('whole')})", lambda: f"strpos({one('text')}, {self.leaf('text')})",
                lambda: f"date_diff('{r.choice(UNITS + TIMES)}', {one('date')}, {one('date')})", lambda: f"{r.choice(EXTREMES)}({one('whole')}, {one('whole')})", lambda: f"CAST({self.leaf('exact')} AS BIGINT)"])(),
            "exact": lambda: r.choice([
                lambda: two("exact", "+-"), lambda: f"({self.leaf('exact')} * {self.leaf('exact')})",
                lambda: f"({one('exact')} + {self.leaf('whole')})", lambda: f"abs({one('exact')})",
                lambda: f"round({one('exact')})", lambda: f"({self.leaf('exact')} % NULLIF({self.leaf('exact')}, 0))",
                lambda: f"{r.choice(EXTREMES)}({one('exact')}, {self.leaf('whole')})", lambda: f"round({one('exact')}, {r.randint(-3, 5)})", lambda: f"floor({one('exact')})", lambda: f"ceil({one('exact')})"])(),
            "double": lambda: r.choice([
                lambda: two("double", "+-*"), lambda: f"({one(number)} / NULLIF({one(number)}, 0))",
                lambda: f"({one('double')} / NULLIF({one('whole')}, 0))", lambda: f"({one('exact')} * {one('double')})",
                lambda: f"round({one('double')}, {r.randint(-3, 5)})", lambda: f"CAST({one('whole')} AS DOUBLE)"])(),
            "text": lambda: r.choice([
                lambda: two("text", ["||"]), lambda: f"upper({one('text')})", lambda: f"trim({one('text')})",
                lambda: f"substring({one('text')}, {r.randint(1, 4)}, {r.randint(0, 3)})",
                lambda: f"concat({one('text')}, {one('text')})", lambda: f"substring({one('text')}, {r.randint(-5, 5)}, {r.randint(-4, 4)})",
                lambda: f"{r.choice(['left', 'right'])}({one('text')}, {r.randint(-4, 4)})", lambda: f"{r.choice(['lpad', 'rpad'])}({one('text')}, {r.randint(-1, 9)}, '\u00e4-')",
                lambda: f"split_part({one('text')}, '{r.choice(['a', 'zy', ''])}', {r.randint(-3, 3)})", lambda: f"regexp_extract({one('text')}, '[a-y]+')",
                lambda: f"regexp_replace({one('text')}, '{r.choice('ABZ')}', '#', '{r.choice(['g', 'i', 'gi'])}')",
                lambda: f"{r.choice(EXTREMES)}({one('text')}, {one('text')})", lambda: f"{r.choice(['l', 'r'])}trim({one('text')})", lambda: f"CAST({self.leaf('whole')} AS VARCHAR)",
                lambda: f"replace({one('text')}, 'a', {one('text')})"])(),
            "truth": lambda: r.choice([
                lambda: two("truth", ["AND", "OR"]), lambda: f"({one('truth')} IS {r.choice(['', 'NOT '])}{r.choice(['TRUE', 'FALSE'])})",
                lambda: f"({one(number)} IS {r.choice(['', 'NOT '])}DISTINCT FROM {one(number)})", lambda: f"starts_with({one('text')}, {self.leaf('text')})",
                lambda: f"regexp_matches({one('text')}, '{r.choice(['a', '^.b', 'y$'])}', 'i')", lambda: f"(NOT {one('truth')})",
                lambda: f"({one(number)} {r.choice(['=', '<>', '<', '<=', '>', '>='])} {one(number)})",
                lambda: two("text", ["=", "<", ">="]), lambda: two("date", ["=", "<", ">="]),
                lambda: f"({one(number)} IS NULL)", lambda: f"({one('whole')} BETWEEN {self.leaf('whole')} AND 9)",
                lambda: f"({one('text')} LIKE '%{r.choice('abz')}%')", lambda: f"({one('whole')} IN ({self.leaf('whole')}, 2, {self.leaf('whole')}))", lambda: f"({one('text')} IN ('a', {self.leaf('text')}))"])(),
            "date": lambda: r.choice([
                lambda: f"({one('date')} + {r.randint(-40, 40)})", lambda: f"last_day({one('date')})",
                lambda: f"{r.choice(EXTREMES)}({one('date')}, '2000-02-29')",
                lambda: f"CAST({one('date')} {r.choice('+-')} INTERVAL '{r.randint(-40, 40)}' {r.choice(UNITS)} AS DATE)",
                lambda: f"CAST(t {r.choice('+-')} INTERVAL ({one('whole')} % 100) {r.choice(UNITS + TIMES)} AS DATE)", lambda: f"CAST(t AS DATE)",
                lambda: f"CAST(date_trunc('{r.choice(UNITS)}', {one('date')}) AS DATE)"])(),
        }
        both = [
            lambda: f"CASE WHEN {one('truth')} THEN {one(kind)} ELSE {one(kind)} END",
            lambda: f"CASE WHEN {one('truth')} THEN {one(kind)} END",
            lambda: f"{r.choice(['COALESCE', 'ifnull'])}({one(kind)}, {self.leaf(kind)})", lambda: f"NULLIF({one(kind)}, {self.leaf(kind)})",
        ]
        return r.choice(both)() if r.random() < 0.25 else other[kind]()

    def leaf(self, kind):
        r = self.r
        return r.choice({
            "whole": ["i", "i", str(r.randint(0, 99))],
            "exact": ["d", "e", "looked_exact", f"{r.randint(0, 99)}.{r.randint(0, 9)}"],
            "double": ["n", "m"],
            "text": ["s", "u", "looked_text", "'ab'", "'\u00e4 '"],
            "truth": ["b", "c"],
            "date": ["day", "due", "DATE '2000-02-29'"],
        }[kind])

    def any(self):
        return self.of(self.r.choice(["whole", "exact", "double", "text", "truth", "date"]), self.r.randint(1, 4))


def cell(value):
    """A value as it stands in the file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


class Lookup:
    """A reference table at random, and what is looked up in it."""

    # New column: type in SQL, field of the contract, type in Parquet.
    VALUES = {"looked_text": ("VARCHAR", {"type": "string"}, pyarrow.large_string()),
              "looked_exact": COLUMNS["d"][:2] + (pyarrow.decimal128(12, 1),)}

    # What may be looked up in the place of a field, with faults and without.
    COMPUTED = {"i": ["i % 7", "-i", "COALESCE(i, 0)"], "j": ["j % 5", "j * 4"], "d": ["CAST(abs(d) AS DECIMAL(9,2))"],
                "s": ["upper(trim(s))", "substring(s, 1, 1)", "s || u"], "b": ["NOT b", "i > 3"],
                "day": ["CAST(date_trunc('month', day) AS DATE)", "day + 3"], "t": ["date_trunc('day', t)"]}

    def __init__(self, r, duckdb):
        self.key = r.sample(list(self.COMPUTED), r.randint(1, 3))
        self.is_computed = r.random() < 0.5
        self.compared = [r.choice(self.COMPUTED[name]) if self.is_computed else name for name in self.key]
        found = duckdb.execute(f"SELECT DISTINCT {', '.join(f'TRY({text})' for text in self.compared)} FROM t").fetchall()
        keys = [key for key in found if None not in key]
        keys = r.sample(sorted(keys, key=repr), len(keys) * 2 // 3)
        value = lambda: (r.choice([None, "w", "\u00e9t\u00e9", "a,b"]), r.choice([None, Decimal(r.randint(-9999, 9999)).scaleb(-1)]))
        self.rows = [(*key, *value()) for key in keys]
        self.on_missing = r.choice(["reject", "null", {"default": {"looked_text": "none", "looked_exact": "-1.50"}}])
        self.is_parquet = r.random() < 0.5

    def names(self):
        return [f"k_{name}" for name in self.key] + list(self.VALUES)

    def sql_types(self):
        return [COLUMNS[name][0] for name in self.key] + [kind for kind, *_ in self.VALUES.values()]

    def resource(self):
        fields = [COLUMNS[name][1] for name in self.key] + [field for _, field, _ in self.VALUES.values()]
        fields = [{"name": name, **field} for name, field in zip(self.names(), fields)]
        own = {"format": "parquet"} if self.is_parquet else {"dialect": {"delimiter": ";"}}
        return {"name": "r", "path": "r.data", "schema": {"fields": fields}, **own}

    def write(self, path):
        if not self.is_parquet:
            with open(path, "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, delimiter=";")
                writer.writerow(self.names())
                writer.writerows([cell(value) for value in row] for row in self.rows)
            return
        kinds = {"BIGINT": pyarrow.int64(), "DECIMAL(9,2)": pyarrow.decimal128(9, 2), "VARCHAR": pyarrow.string(),
                 "BOOLEAN": pyarrow.bool_(), "DATE": pyarrow.date32(), "TIMESTAMP": pyarrow.timestamp("ms")}
        types = [kinds[COLUMNS[name][0]] for name in self.key] + [kind for *_, kind in self.VALUES.values()]
        columns = list(zip(*self.rows)) or [()] * len(types)
        arrays = [pyarrow.array(values, kind) for values, kind in zip(columns, types)]
        pyarrow.parquet.write_table(pyarrow.table(arrays, names=self.names()), path, row_group_size=50)

    def join(self, duckdb):
        """Makes `t` the table with the looked-up columns; the rows whose key names nothing, by id."""
        types = ", ".join(f"{name} {kind}" for name, kind in zip(self.names(), self.sql_types()))
        duckdb.execute(f"CREATE TABLE r ({types}, is_there BOOLEAN DEFAULT true)")
        if self.rows:
            places = ", ".join("?" * len(self.names()))
            duckdb.executemany(f"INSERT INTO r ({', '.join(self.names())}) VALUES ({places})", self.rows)
        same = " AND ".join(f"TRY({text}) = r.k_{name}" for name, text in zip(self.key, self.compared))
        missing = " AND ".join(["is_there IS NULL", *(f"TRY({text}) IS NOT NULL" for text in self.compared)])
        default = self.on_missing["default"] if isinstance(self.on_missing, dict) else {}
        looked = ", ".join(
            f"CASE WHEN {missing} THEN CAST({repr(default[name]) if name in default else 'NULL'} AS {kind}) ELSE {name} END AS {name}"
            for name, (kind, *_) in self.VALUES.items())
        duckdb.execute(f"CREATE TABLE joined AS SELECT t.*, {looked}, {missing} AS is_missing FROM t LEFT JOIN r ON {same}")
        lost = duckdb.execute("SELECT id FROM joined WHERE is_missing").fetchall()
        duckdb.execute("ALTER TABLE joined DROP COLUMN is_missing")
        duckdb.execute("DROP TABLE t")
        duckdb.execute("ALTER TABLE joined RENAME TO t")
        return {id for id, in lost} if self.on_missing == "reject" else set()


def contract(expressions, aggregates, lookup):
    fields = [{"name": "id", "type": "integer"}] + [{"name": name, **column[1]} for name, column in COLUMNS.items()]
    target = {"resource": "r", "fields": [f"k_{name}" for name in lookup.key]}
    schema = {"fields": fields, "foreignKeys": [{"fields": lookup.key, "reference": target}]}
    columns = [{"name": f"x{at}", "expression": text} for at, text in enumerate(expressions)]
    lookups = [{"foreignKey": lookup.key, "columns": {name: name for name in lookup.VALUES}, "onMissing": lookup.on_missing,
                **({"key": lookup.compared} if lookup.is_computed else {})}]
    sluice = {"tolerance": {"rejectedFraction": 1}, "enrich": {"lookups": lookups, "columns": columns}, "aggregates": aggregates}
    return {"resources": [{"name": "t", "path": "t.csv", "schema": schema, "sluice": sluice}, lookup.resource()]}


def run(sluice, folder, chunk_bytes):
    """What a check leaves behind: published rows by id, rejects by id, aggregates as bytes by name."""
    out = folder / chunk_bytes
    command = [sluice, "check", folder / "t.csv", "--contract", folder / "datapackage.json", "--output", out,
               "--rejects", folder / "rejects.csv", "--chunk-bytes", chunk_bytes, "--json"]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode == 2:
        raise SystemExit(f"{ended.stderr}\n{json.loads((folder / 'datapackage.json').read_text())}")
    rows = {}
    for part in sorted(out.glob("published/t/data/**/*.parquet")):
        rows |= {row["id"]: row for row in pyarrow.parquet.read_table(part).to_pylist()}
    rejects = {}
    with open(folder / "rejects.csv", newline="") as file:
        for reject in csv.DictReader(file):
            # The first row is the header.
            rejects.setdefault(int(reject["row_number"]) - 1, []).append(reject["column"])
    aggregates = {path.parent.name: path.read_bytes() for path in out.glob("aggregates/t/*/*.csv")}
    return rows, rejects, aggregates


def same(ours, theirs, error=0.0):
    if isinstance(ours, datetime.datetime):
        ours = ours.replace(tzinfo=None)
    if isinstance(theirs, datetime.datetime) and type(ours) is datetime.date:
        ours = datetime.datetime.combine(ours, datetime.time())
    if isinstance(ours, float) and isinstance(theirs, (float, Decimal, int)):
        return math.isclose(ours, float(theirs), rel_tol=error, abs_tol=0)
    return ours == theirs


def nothing(theirs):
    """What DuckDB has in the place of a fault."""
    return theirs is None or (isinstance(theirs, float) and not math.isfinite(theirs))


def cells(text):
    """The records of a CSV, which has texts that are empty in quotes, and nulls without: as None."""
    # A character that no value has keeps an empty text apart from what the reader makes of a null.
    marked = re.sub(r'(?<![^,\n])""(?![^,\n])', '"\0"', text)
    for record in csv.reader(io.StringIO(marked, newline="")):
        lone = len(record) == 1
        yield [None if cell == "" or lone and cell == "\0" else cell.replace("\0", "") for cell in record]


def read(text, theirs):
    """A cell of an aggregate's CSV as a value of the type of theirs."""
    if text is None:
        return None
    if isinstance(theirs, bool):
        return {"true": True, "false": False}[text]
    if isinstance(theirs, datetime.datetime):
        return datetime.datetime.fromisoformat(text)
    return datetime.date.fromisoformat(text) if isinstance(theirs, datetime.date) else type(theirs)(text)


def measure_of(r, expressions):
    """A measure at random: for the contract, and as SQL."""
    if r.random() < 0.1:
        # At fault but for the filter, which DuckDB looks at too late.
        return "sum(j % i) FILTER (WHERE i <> 0)", "sum(j % NULLIF(i, 0))"
    kind = r.choice(["whole", "exact", "double", "text", "date", "truth"])
    functions = ["count", "count(DISTINCT", "min", "max", "first", "last"]
    if kind in ("whole", "exact"):
        functions += ["sum", "avg", "stddev", "var_pop"]
    if kind in ("whole", "exact", "double"):
        functions += ["median", "quantile_cont"]
    function, value = r.choice(functions), expressions.of(kind, 2)
    filter = f" FILTER (WHERE {expressions.of('truth', 1)})" if r.random() < 0.3 else ""
    if function == "count(DISTINCT":
        ours = theirs = f"count(DISTINCT {value})"
    elif function in ("first", "last"):
        # Of the rows in their order, which DuckDB does not promise.
        ours, theirs = f"{function}({value})", f"{function}({value} ORDER BY id)"
    elif function in ("median", "quantile_cont"):
        # A double, where DuckDB gives decimals of decimals.
        share = f", {r.choice([0, 0.05, 0.25, 0.5, 0.95, 0.999, 1])}" if function == "quantile_cont" else ""
        ours, theirs = f"{function}({value}{share})", f"{function}(CAST({value} AS DOUBLE){share})"
    else:
        ours = theirs = f"{function}({value})"
    return ours + filter, theirs + filter


def sharing(r, expressions):
    """Measures of one value and one filter, which share what is kept of it."""
    kind = r.choice(["whole", "exact", "double"])
    value = expressions.of(kind, 1)
    filter = f" FILTER (WHERE {expressions.of('truth', 1)})" if r.random() < 0.5 else ""
    quantile = lambda share: (f"quantile_cont({value}, {share}){filter}", f"quantile_cont(CAST({value} AS DOUBLE), {share}){filter}")
    found = [quantile(0.25), quantile(0.9)]
    if kind != "double":
        found += [(f"{function}({value}){filter}",) * 2 for function in ["sum", "avg", "stddev", "var_pop"]]
    return r.sample(found, r.randint(2, len(found)))


def aggregates_of(r, expressions):
    """Aggregates at random: for the contract, and as SQL."""
    found, queries = [], []
    for at in range(3):
        keys = r.sample(["b", "s", "due", "i", "(i % 3)", "date_trunc('month', day)", "d", "(n > 0)", "looked_text"], r.randint(0, 2))
        # Under its text, or under a name of its own.
        group_by = [key if r.random() < 0.5 else {f"by {key}": key} for key in keys]
        drawn = [("count(*)", "count(*)"), *(measure_of(r, expressions) for _ in range(6)), *sharing(r, expressions)]
        measures = {f"m{measure}": ours for measure, (ours, _) in enumerate(drawn)}
        selected = [theirs for _, theirs in drawn]
        filter = expressions.of("truth", 2) if r.random() < 0.5 else None
        found.append({"name": f"a{at}", "groupBy": group_by, "measures": measures, **({"filter": filter} if filter else {})})
        keys = [f"CAST({key} AS DATE)" if key.startswith("date_trunc") else key for key in keys]
        where = f"WHERE {filter}" if filter else ""
        grouped = f"GROUP BY {', '.join(keys)}" if keys else ""
        queries.append(f"SELECT {', '.join(keys + selected)} FROM accepted {where} {grouped}")
    return found, queries


def compare_aggregate(aggregate, ours, theirs):
    """The disagreements about an aggregate."""
    width = len(aggregate["groupBy"])
    rounded = {width + at: error for at, text in enumerate(aggregate["measures"].values())
               for name, error in ROUNDED.items() if text.startswith(name)}
    header, *ours = cells(ours.decode())
    names = [key if isinstance(key, str) else next(iter(key)) for key in aggregate["groupBy"]]
    if header != names + list(aggregate["measures"]):
        return [f"{aggregate}: the columns {header}"]
    if len(ours) != len(theirs):
        return [f"{aggregate}: {len(ours)} groups, DuckDB has {len(theirs)}"]
    left = list(theirs)
    findings = []
    for row in ours:
        fits = lambda other: all(same(read(cell, value), value) for cell, value in zip(row[:width], other))
        other = next((other for other in left if fits(other)), None)
        if other is None:
            findings.append(f"{aggregate}: a group {row[:width]} that DuckDB has not")
            continue
        left.remove(other)
        for at, (text, value) in enumerate(zip(row, other)):
            if not same(read(text, value), value, rounded.get(at, 0.0)):
                measure = list(aggregate["measures"].values())[at - width]
                findings.append(f"{measure} of {row[:width]}: {text!r}, DuckDB has {value!r}, in {aggregate}")
    return findings


def check(sluice, seed, expressions):
    """A table with those computed columns and some aggregates; the disagreements."""
    r = random.Random(seed)
    rows = drawn(r)
    aggregates, queries = aggregates_of(r, Expressions(r))
    theirs = duckdb.connect()
    # With it, DuckDB 2.0.0 takes `NULLIF('ab', u) LIKE '%a%'` for false where u is null.
    theirs.execute("PRAGMA disable_optimizer")
    types = ", ".join(f"{name} {column[0]}" for name, column in COLUMNS.items())
    theirs.execute(f"CREATE TABLE t (id BIGINT, {types})")
    theirs.executemany(f"INSERT INTO t VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", rows)
    lookup = Lookup(r, theirs)
    lost = lookup.join(theirs)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with open(folder / "t.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *COLUMNS])
            writer.writerows([cell(value) for value in row] for row in rows)
        lookup.write(folder / "r.data")
        (folder / "datapackage.json").write_text(json.dumps(contract(expressions, aggregates, lookup)))
        first, *others = [run(sluice, folder, chunk_bytes) for chunk_bytes in CHUNK_BYTES]
    findings = [f"{expressions}: other results at another size of chunks" for other in others if other != first]
    published, rejects, results = first
    names = [f"x{at}" for at in range(len(expressions))] + list(lookup.VALUES)
    asked = expressions + list(lookup.VALUES)
    if lookup.is_computed:
        # Only what has no value is told.
        names, asked = names + lookup.compared, asked + lookup.compared
    texts = ", ".join(f"TRY({text})" for text in asked)
    for id, *values in theirs.execute(f"SELECT id, {texts} FROM t").fetchall():
        if (id in lost) != (",".join(lookup.key) in rejects.get(id, [])):
            findings.append(f"the key {lookup.key} of row {id}: DuckDB {'misses' if id in lost else 'finds'} it")
        for name, text, value in zip(names, asked, values):
            if id in published:
                ours = published[id].get(name, value)
                agree = same(ours, value)
            else:
                told = name in rejects[id]
                ours, agree = "a fault", not told or nothing(value)
            if not agree:
                findings.append(f"{text}: {ours!r}, DuckDB has {value!r}, of {dict(zip(['id', *COLUMNS], rows[id - 1]))}")
    unknown = {column for columns in rejects.values() for column in columns} - {*names, ",".join(lookup.key)}
    findings += [f"{column} of an aggregate is at fault, in {aggregates}" for column in unknown]
    ids = ", ".join(map(str, published)) or "0"
    theirs.execute(f"CREATE TABLE accepted AS SELECT * FROM t WHERE id IN ({ids})")
    for aggregate, query in zip(aggregates, queries):
        findings += compare_aggregate(aggregate, results[aggregate["name"]], theirs.execute(query).fetchall())
    return findings, len(published)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=40, help="tables with expressions at random; 40")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from; 1")
    options = parser.parse_args()
    cases = [[text] for text in FAULTY] + [BY_HAND[at:at + 6] for at in range(0, len(BY_HAND), 6)]
    for case in range(options.cases):
        expressions = Expressions(random.Random(f"{options.seed}/{case}"))
        cases.append([expressions.any() for _ in range(6)])
    disagreements = rows = 0
    for at, case in enumerate(cases):
        findings, count = check(options.sluice, f"{options.seed}/{at}", case)
        rows += count
        disagreements += len(findings)
        for finding in findings[:3]:
            print(finding)
    print(f"{len(cases)} tables, {rows} published rows, {disagreements} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
