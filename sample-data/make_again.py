"""The same tables and aggregates a second time, by pandas, so that no golden rests on one program."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from make_tables import Table, parts, reference, texts


def check_records(file: Path, records: list[list[str]]) -> None:
    """Fails unless pandas' own CSV reader takes the file for the same records."""
    frame = pd.read_csv(file, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8")
    assert frame.to_numpy().tolist() == records, file


def read(schema: dict, records: list[list[str]]) -> pd.DataFrame:
    """Typed columns: numbers as floats (exact for the integers of this data), null as NaN or NaT."""
    frame = texts(records)
    frame = frame.mask(frame.isin(schema["missingValues"]))
    for field in schema["fields"]:
        column = field["name"]
        if field["type"] in ("integer", "number"):
            frame[column] = pd.to_numeric(frame[column]).astype("float64")
        elif field["type"] == "datetime":
            frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%dT%H:%M:%SZ")
    return frame


def enriched(contract: dict, tables: dict[str, list[list[str]]]) -> pd.DataFrame:
    """The enriched table from the records of every resource, by the name of the resource."""
    schemas = {resource["name"]: resource["schema"] for resource in contract["resources"]}
    resource = contract["resources"][0]
    frame = read(resource["schema"], tables[resource["name"]])
    for lookup in resource["sluice"]["enrich"]["lookups"]:
        target = reference(contract, lookup["foreignKey"])
        other = read(schemas[target["resource"]], tables[target["resource"]]).set_index(target["fields"][0])
        assert other.index.is_unique
        for new, old in lookup["columns"].items():
            frame[new] = frame[lookup["foreignKey"][0]].map(other[old])
    for column in resource["sluice"]["enrich"]["columns"]:
        frame[column["name"]] = frame.eval(column["expression"], engine="python")
    return frame


def aggregate(frame: pd.DataFrame, spec: dict) -> Table:
    """The aggregate, sorted as pandas sorts: compare it without its order."""
    groups = frame.groupby(spec["groupBy"], dropna=False, sort=False)
    columns = []
    for function, column in map(parts, spec["measures"].values()):
        if column == "*":
            columns.append(groups.size())
        elif function == "sum":
            columns.append(groups[column].sum(min_count=1))
        else:
            columns.append(groups[column].agg(function))
    keys, measures = spec["groupBy"], list(spec["measures"])
    table = pd.concat(columns, axis=1, keys=[f"measure {m}" for m in measures]).reset_index()
    return keys + measures, list(table.itertuples(index=False, name=None))


def null(cell: object) -> object:
    return None if cell is None or (isinstance(cell, float) and math.isnan(cell)) else cell


def same(ours: object, again: object) -> bool:
    """Equal; for floats, which pandas adds up with rounding, as near as that leaves them."""
    ours, again = null(ours), null(again)
    if isinstance(ours, float) and isinstance(again, float):
        return math.isclose(ours, again, rel_tol=1e-12)
    return ours == again


def check(ours: Table, again: Table, key_count: int) -> None:
    """Fails unless both tables have the same rows, whatever their order."""
    assert ours[0] == again[0]
    keyed = {tuple(map(null, row[:key_count])): row for row in again[1]}
    assert len(keyed) == len(again[1]) == len(ours[1])
    for row in ours[1]:
        other = keyed[tuple(map(null, row[:key_count]))]
        assert all(map(same, row, other)), (row, other)


def check_summary(ours: dict[str, Any], again: pd.Series) -> None:
    """Fails unless the column `again` has the facts that `ours` states."""
    facts = {"count": again.count(), "nulls": again.isna().sum(), "distinct": again.nunique()}
    values = again.dropna()
    if ours["type"] == "datetime":
        values = values.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    facts |= {"min": values.min(), "max": values.max()} if len(values) else {"min": None, "max": None}
    if ours["type"] == "string":
        facts["byte_len"] = sum(len(value.encode("utf-8")) for value in values)
    elif ours["type"] != "datetime":
        facts["sum"] = values.sum() if len(values) else None
    assert facts.keys() == ours.keys() - {"name", "type"}
    assert all(same(ours[fact], value) for fact, value in facts.items()), (ours, facts)
