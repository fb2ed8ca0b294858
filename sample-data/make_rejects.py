"""What is wrong with a file, as frictionless-py sees it under the same descriptor.

Our meaning is narrower than its own in two places, each with a function below:

1. a quote that is never closed refuses the file (`refusal`): frictionless reads to the end of the file;
2. a foreign key whose lookup says `onMissing: null` rejects nothing (`rejecting_keys`).
"""

import csv
import io
import json
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from frictionless import Error, Package, system

import make_tables

# Blank and ragged rows have no values to speak of; frictionless still checks what cells there are.
STRUCTURAL = {"blank-row", "missing-cell", "extra-cell"}
ROW_CODES = STRUCTURAL | {"type-error", "constraint-error", "foreign-key"}
PAST_THE_LAST_COLUMN = 1_000_000


class Reject(NamedTuple):
    """One thing wrong with one row. `row_number`: the header is 1. `column`: empty where no column is meant."""

    row_number: int
    column: str
    code: str


class Refused(NamedTuple):
    """A file that is not taken at all, and what the reader said that found it."""

    reason: str


def records(data: bytes) -> list[list[str]]:
    """The records of a CSV file; raises `UnicodeDecodeError` or `csv.Error` where it is none."""
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def resources(folder: Path, contract: dict, given: list[list[str]]) -> dict[str, list[list[str]]]:
    """The records of every resource by its name; those of the input are given."""
    inputs, *references = contract["resources"]
    read = {r["name"]: records((folder / r["path"]).read_bytes()) for r in references}
    return {inputs["name"]: given, **read}


def refusal(data: bytes) -> Refused | None:
    """Why Python's decoder or its strict CSV reader cannot read the file to its end."""
    try:
        records(data)
    except (UnicodeDecodeError, csv.Error) as error:
        return Refused(str(error))
    return None


def validated(folder: Path, file: Path) -> list[Error]:
    """Every error that frictionless reports for `file` as the first resource of the contract in `folder`."""
    descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
    resource = descriptor["resources"][0]
    resource["path"] = str(file)
    # What the standard has as defaults, said aloud: frictionless would guess from the first lines.
    resource["dialect"] |= {"doubleQuote": True, "skipInitialSpace": False}
    with system.use_context(trusted=True):
        package = Package.from_descriptor(descriptor, basepath=str(folder))
        report = package.validate(limit_errors=10**9)
    assert not report.errors, report.errors
    for task in report.tasks[1:]:
        assert task.valid, task.errors
    return report.tasks[0].errors


def rejecting_keys(contract: dict) -> set[tuple[str, ...]]:
    """The foreign keys whose lookup rejects a row with an unknown key."""
    lookups = contract["resources"][0]["sluice"]["enrich"]["lookups"]
    return {tuple(lookup["foreignKey"]) for lookup in lookups if lookup["onMissing"] == "reject"}


def position(error: Error) -> int:
    return getattr(error, "field_number", None) or PAST_THE_LAST_COLUMN


def of_row(row: list[Error], rejecting: set[tuple[str, ...]]) -> list[Reject]:
    """The rejects that a row's errors mean to us: cells in the order of the columns, then keys."""
    keys = [error for error in row if error.type == "foreign-key"]
    cells = sorted((error for error in row if error.type != "foreign-key"), key=position)
    return [Reject(e.row_number, getattr(e, "field_name", ""), e.type) for e in cells] + [
        Reject(error.row_number, error.field_names[0], error.type)
        for error in keys
        if tuple(error.field_names) in rejecting
    ]


def check_keys(contract: dict, tables: dict[str, list[list[str]]], found: list[Error]) -> None:
    """Fails unless DuckDB finds the same unknown keys as frictionless, in the rows with the right width."""
    ragged = {error.row_number for error in found if error.type in STRUCTURAL}
    for key in contract["resources"][0]["schema"]["foreignKeys"]:
        of_key = (e for e in found if e.type == "foreign-key" and e.field_names == key["fields"])
        rows = {error.row_number for error in of_key} - ragged
        assert rows == make_tables.unknown_keys(contract, tables, key["fields"]) - ragged, key


def find(folder: Path, file: Path) -> Refused | list[Reject]:
    """The rejects of `file` by row and column under the contract in `folder`, or why it is refused."""
    if refused := refusal(file.read_bytes()):
        return refused
    found = validated(folder, file)
    if whole := [error for error in found if error.type not in ROW_CODES]:
        return Refused(f"{whole[0].type}: {whole[0].message}")
    contract = json.loads((folder / "datapackage.json").read_text("utf-8"))
    check_keys(contract, resources(folder, contract, records(file.read_bytes())), found)
    rejecting = rejecting_keys(contract)
    rows = groupby(sorted(found, key=lambda e: e.row_number), key=lambda e: e.row_number)
    return [reject for _, row in rows for reject in of_row(list(row), rejecting)]
