"""What becomes of the accepted rows of a file: the enriched table and its aggregates, by DuckDB.

DuckDB casts, joins, evaluates the expressions of the contract as they stand there, groups, counts and sums
integers exactly. It rounds while it adds floats, so their sums are made here by `math.fsum`: the exact sum,
rounded once.
"""

import math
import re
from typing import Any

import duckdb
import pandas as pd

SQL_TYPES = {"integer": "BIGINT", "number": "DOUBLE", "string": "VARCHAR", "datetime": "TIMESTAMP"}
TYPES = {sql: name for name, sql in SQL_TYPES.items()}
ENRICHED = "enriched"

Rows = list[tuple[Any, ...]]
Table = tuple[list[str], Rows]


def name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def texts(records: list[list[str]]) -> pd.DataFrame:
    """The records below the header, as the texts that they are."""
    return pd.DataFrame(records[1:], columns=records[0], dtype=object)


def value(column: str, schema: dict) -> str:
    """The text of a column, null where the schema says that it stands for a missing value."""
    missing = ", ".join(map(text, schema["missingValues"]))
    return f"CASE WHEN {name(column)} NOT IN ({missing}) THEN {name(column)} END"


def load(db: duckdb.DuckDBPyConnection, table: str, schema: dict, records: list[list[str]]) -> None:
    """Makes `table` with the types of `schema`; a text that is no value of its type is an error."""
    columns = (
        f"CAST({value(f['name'], schema)} AS {SQL_TYPES[f['type']]}) AS {name(f['name'])}" for f in schema["fields"]
    )
    db.register("texts", texts(records))
    db.execute(f"CREATE TABLE {name(table)} AS SELECT {', '.join(columns)} FROM texts")
    db.unregister("texts")


def reference(contract: dict, foreign_key: list[str]) -> dict:
    """Where the foreign key over the columns `foreign_key` points: `{"resource": ..., "fields": [...]}`."""
    keys = contract["resources"][0]["schema"]["foreignKeys"]
    return next(key["reference"] for key in keys if key["fields"] == foreign_key)


def join(contract: dict, lookup: dict, alias: str) -> str:
    target = reference(contract, lookup["foreignKey"])
    pairs = zip(lookup["foreignKey"], target["fields"], strict=True)
    condition = " AND ".join(f"input.{name(ours)} = {alias}.{name(theirs)}" for ours, theirs in pairs)
    return f"LEFT JOIN {name(target['resource'])} AS {alias} ON {condition}"


def enrich(db: duckdb.DuckDBPyConnection, contract: dict) -> None:
    """Makes the table `enriched`: the input's columns, those looked up, those computed, in that order."""
    resource = contract["resources"][0]
    enrichment = resource["sluice"]["enrich"]
    lookups = [(f"lookup{i}", lookup) for i, lookup in enumerate(enrichment["lookups"])]
    taken = [f"{alias}.{name(old)} AS {name(new)}" for alias, l in lookups for new, old in l["columns"].items()]
    joins = [join(contract, lookup, alias) for alias, lookup in lookups]
    computed = [f"{column['expression']} AS {name(column['name'])}" for column in enrichment["columns"]]
    db.execute(
        f"CREATE TABLE {ENRICHED} AS SELECT {', '.join(['*', *computed])} FROM"
        f" (SELECT {', '.join(['input.*', *taken])} FROM {name(resource['name'])} AS input {' '.join(joins)})"
    )
    counts = (db.table(t).count("*").fetchone() for t in (resource["name"], ENRICHED))
    assert len(set(counts)) == 1, "a lookup added or lost rows"


def column_types(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The Table Schema type of every enriched column."""
    relation = db.table(ENRICHED)
    return {column: TYPES[str(sql)] for column, sql in zip(relation.columns, relation.types, strict=True)}


def unknown_keys(contract: dict, tables: dict[str, list[list[str]]], foreign_key: list[str]) -> set[int]:
    """The rows of the input, by number, with a key that the reference table lacks; a null is no key."""
    target = reference(contract, foreign_key)
    schemas = {resource["name"]: resource["schema"] for resource in contract["resources"]}
    source = contract["resources"][0]["name"]
    header, *rows = tables[source]
    whole = [[str(number), *row] for number, row in enumerate(rows, 2) if len(row) == len(header)]
    db = duckdb.connect()
    db.register("ours", texts([["row number", *header], *whole]))
    db.register("theirs", texts(tables[target["resource"]]))
    given = ", ".join(value(column, schemas[source]) for column in foreign_key)
    known = ", ".join(value(column, schemas[target["resource"]]) for column in target["fields"])
    found = db.execute(
        f'SELECT CAST("row number" AS BIGINT) FROM ours WHERE ({given}) IS NOT NULL'
        f" AND ({given}) NOT IN (SELECT ({known}) FROM theirs WHERE ({known}) IS NOT NULL)"
    ).fetchall()
    return {number for (number,) in found}


def parts(measure: str) -> tuple[str, str]:
    """`mean(arr_delay)` as `("mean", "arr_delay")`."""
    matched = re.fullmatch(r"(count|sum|mean|min|max)\((\*|\w+)\)", measure)
    assert matched, measure
    return matched[1], matched[2]


def measured(function: str, column: str, kind: str | None) -> str:
    """What DuckDB is asked for; the values themselves where `finished` has to add them up."""
    if column == "*":
        return "count(*)"
    if function in ("count", "min", "max"):
        return f"{function}({name(column)})"
    if kind == "number" or function == "mean":
        return f"list({name(column)}) FILTER ({name(column)} IS NOT NULL)"
    return f"{function}({name(column)})"


def finished(function: str, kind: str | None, answer: Any) -> Any:
    """DuckDB's answer, or the sum or mean of the values that it is. Nulls are left out; of nothing comes null."""
    if not isinstance(answer, list):
        return answer
    total = math.fsum(answer) if kind == "number" else float(sum(answer))
    return total / len(answer) if function == "mean" else total


def aggregate(db: duckdb.DuckDBPyConnection, spec: dict) -> Table:
    """The header and the rows of one aggregate: its keys ascending, null first, strings by their bytes."""
    types = column_types(db)
    measures = [parts(measure) for measure in spec["measures"].values()]
    keys = ", ".join(map(name, spec["groupBy"]))
    order = ", ".join(f"{name(key)} ASC NULLS FIRST" for key in spec["groupBy"])
    asked = ", ".join(measured(function, column, types.get(column)) for function, column in measures)
    answers = db.execute(f"SELECT {keys}, {asked} FROM {ENRICHED} GROUP BY {keys} ORDER BY {order}").fetchall()
    width = len(spec["groupBy"])
    rows = [
        row[:width] + tuple(finished(f, types.get(c), cell) for (f, c), cell in zip(measures, row[width:], strict=True))
        for row in answers
    ]
    return [*spec["groupBy"], *spec["measures"]], rows


def summary(db: duckdb.DuckDBPyConnection, column: str, kind: str) -> dict[str, Any]:
    """One column of the enriched table in a few numbers that a wrong, lost or moved value would change."""
    c = name(column)
    shown = f"strftime({c}, '%Y-%m-%dT%H:%M:%SZ')" if kind == "datetime" else c
    query = f"SELECT count({c}), count(*) - count({c}), count(DISTINCT {c}), min({shown}), max({shown}) FROM {ENRICHED}"
    values = db.execute(query).fetchall()[0]
    facts = dict(zip(("count", "nulls", "distinct", "min", "max"), values, strict=True))
    if kind == "string":
        facts["byte_len"] = db.execute(f"SELECT coalesce(sum(strlen({c})), 0) FROM {ENRICHED}").fetchall()[0][0]
    elif kind != "datetime":
        total = db.execute(f"SELECT {measured('sum', column, kind)} FROM {ENRICHED}").fetchall()[0][0]
        facts["sum"] = finished("sum", kind, total)
    return {"name": column, "type": kind, **facts}
