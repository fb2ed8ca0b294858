"""Every deliberate difference between Sluice and frictionless-py, and how narrowly it is recognised.

- `cell`: one cell, by its field, its text and what each side says of it;
- `row`: all faults of one row;
- `file`: the whole file, or what the reference must be told otherwise (`reference.py` names it).

What no rule here explains is a disagreement. A rule that explains nothing in the corpus made by hand is an
error too.
"""

import base64
import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from case import Case, strict_error
from result import Faults, Result


class Cell(NamedTuple):
    """What each side says of a cell: its codes in order, or `accepted`, or `value ...`."""

    field: dict | None
    text: str
    ours: str
    theirs: str
    case: Case

    @property
    def type(self) -> str:
        return (self.field or {}).get("type", "any")

    @property
    def format(self) -> str:
        return (self.field or {}).get("format", "default").removeprefix("fmt:")

    @property
    def constraints(self) -> dict:
        return (self.field or {}).get("constraints", {})


class Row(NamedTuple):
    """What each side says of a row."""

    case: Case
    number: int
    texts: dict[str, str]
    ours: Faults
    theirs: Faults

    @property
    def raw(self) -> str:
        record = self.case.records[self.number - 1]
        return (self.case.of("delimiter")).join(record.cells)

    def codes(self, side: Faults) -> set[str]:
        return {code for _, code in side}


class Difference(NamedTuple):
    """One line of the table. `rule` is missing where `reference.py` applies it."""

    id: str
    scope: str
    where: str
    ours: str
    theirs: str
    reason: str
    rule: Callable | None = None


def of_cell(cell: Cell) -> str | None:
    return first("cell", lambda each: matches(each.ours, cell.ours) and matches(each.theirs, cell.theirs) and each.rule(cell))


def of_row(row: Row) -> str | None:
    return first("row", lambda each: each.rule(row))


def of_file(case: Case, ours: Result, theirs: Result) -> str | None:
    return first("file", lambda each: each.rule(case, ours, theirs))


def first(scope: str, holds: Callable) -> str | None:
    return next((each.id for each in DIFFERENCES if each.scope == scope and each.rule and holds(each)), None)


def matches(listed: str, said: str) -> bool:
    return listed == said or (listed == "another value" and said.startswith("value "))


# Rules of cells


def number_text(cell: Cell) -> str:
    """The text of a number as it is once its own characters are taken for the usual ones."""
    each, text = cell.field or {}, cell.text.strip()
    if not each.get("bareNumber", True):
        text = re.sub(r"^[^-\d]*|\D*$", "", text)
    return text.replace(each.get("groupChar", ""), "").replace(each.get("decimalChar", "."), ".")


def beyond_64_bits(cell: Cell) -> bool:
    text = number_text(cell)
    return cell.type == "integer" and bool(re.fullmatch(r"[+-]?[0-9]+", text)) and not -(2**63) <= int(text) < 2**63


def beyond_doubles(cell: Cell) -> bool:
    text = number_text(cell)
    return cell.type == "number" and bool(re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", text)) and (
        abs(float(text)) == float("inf")
    )


def python_number(cell: Cell) -> bool:
    """Underscores, digits of other scripts, and names that the standard does not have."""
    if cell.type not in ("integer", "number"):
        return False
    text = number_text(cell)
    digits = any(c.isdigit() and not c.isascii() for c in text)
    names = re.fullmatch(r"[+-]?(infinity|s?nan[0-9]*|inf)", text, re.I) and text.upper() not in ("NAN", "INF", "-INF")
    return "_" in text or digits or bool(names)


def loose_base64(cell: Cell) -> bool:
    """What `b64decode` takes, but not its own strict mode."""
    if (cell.type, cell.format) != ("string", "binary"):
        return False
    try:
        base64.b64decode(cell.text, validate=True)
    except ValueError:
        return True
    return False


# Rules of rows


def ragged(row: Row) -> bool:
    shape = {"missing-cell", "extra-cell"}
    mine = {fault: n for fault, n in row.ours.items() if fault[1] in shape}
    other = {fault: n for fault, n in row.theirs.items() if fault[1] in shape}
    return bool(mine) and mine == other and row.codes(row.ours) <= shape


def stray_quote(row: Row) -> bool:
    return row.codes(row.ours) == {"stray-quote"} and "expected after" in (strict_error(row.raw, row.case) or "")


def blank_key(row: Row) -> bool:
    return row.codes(row.ours) == {"blank-row"} and row.codes(row.theirs) == {"blank-row", "primary-key"}


# Rules of files


def unclosed_quote(case: Case, ours: Result, theirs: Result) -> bool:
    return ours.kind == "refused" and theirs.kind == "rows" and strict_error(case.text, case) == "unexpected end of data"


DIFFERENCES = (
    Difference(
        "integer-64-bits", "cell", "integer", "type-error", "accepted",
        "A column of integers has 64 bits; a larger one would be published as something else.", beyond_64_bits,
    ),
    Difference(
        "number-double", "cell", "number", "type-error", "accepted",
        "A number beyond the range of doubles would become infinite.", beyond_doubles,
    ),
    Difference(
        "python-number", "cell", "integer, number: `1_000`, digits of other scripts, `Infinity`, `+INF`, `sNaN`",
        "type-error", "accepted", "The standard has no such forms; Python's `int` and `Decimal` do.", python_number,
    ),
    Difference(
        "base64-strict", "cell", "string, format binary", "type-error", "accepted",
        "`b64decode` drops foreign characters in silence.", loose_base64,
    ),
    Difference(
        "ragged-alone", "row", "a row with missing or extra cells", "its missing-cell or extra-cell alone",
        "faults of its cells and keys too", "Which column a cell of such a row belongs to nobody knows.", ragged,
    ),
    Difference(
        "stray-quote", "row", 'text behind a closing quote: `"a"b`', "stray-quote alone", "reads `ab`",
        "Where the cell ends nobody can tell, and it may have swallowed rows.", stray_quote,
    ),
    Difference(
        "blank-row-alone", "row", "a blank row under a primary key", "blank-row", "blank-row and primary-key",
        "One fault is enough for a row that holds nothing.", blank_key,
    ),
    Difference(
        "unclosed-quote", "file", "a quote that is never closed", "the file is refused", "reads to the end of the file",
        "Everything behind the quote would be one cell.", unclosed_quote,
    ),
)
BY_ID = {each.id: each for each in DIFFERENCES}


def table() -> str:
    """The table as `README.md` shows it."""
    rows = ["| Id | Where | Sluice | frictionless-py | Why |", "|---|---|---|---|---|"]
    for each in DIFFERENCES:
        cells = (f"`{each.id}`", each.where, each.ours, each.theirs, each.reason)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)
