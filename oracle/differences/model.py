"""What a listed difference is, and what its rule looks at."""

import re
from collections.abc import Callable
from typing import NamedTuple

from case import Case
from result import Faults

# What is said of a cell. `read` is accepted, or nothing worse than broken constraints.
TYPE, OK, BROKEN, READ = "type-error", "accepted", "constraint-error", "read"


class Cell(NamedTuple):
    """What each side says of a cell: its codes in order, or `accepted`, or `value ...`."""

    field: dict
    text: str
    ours: str
    theirs: str
    case: Case

    @property
    def type(self) -> str:
        return self.field.get("type", "any")

    @property
    def format(self) -> str:
        return self.field.get("format", "default").removeprefix("fmt:")

    @property
    def constraints(self) -> dict:
        return self.field.get("constraints", {})

    def is_of(self, kind: str, *formats: str) -> bool:
        return self.type == kind and (not formats or self.format in formats)

    @property
    def items(self) -> list[tuple[str, str]]:
        """Type and text of what is read by itself: of a list each item, else the cell."""
        if self.type != "list":
            return [(self.type, self.text)]
        kind = self.field.get("itemType", "string")
        return [(kind, item) for item in self.text.split(self.field.get("delimiter", ","))]


class Row(NamedTuple):
    """What each side says of a row."""

    case: Case
    number: int
    texts: dict[str, str]
    ours: Faults
    theirs: Faults
    # All that Sluice says of the row, where the others are those of no column.
    faults: Faults

    def is_missing(self, name: str) -> bool:
        """Whether the cell of a field stands for null."""
        each = self.case.field_of(name) or {}
        entries = each.get("missingValues", self.case.schema.get("missingValues", [""]))
        texts = [entry["value"] if isinstance(entry, dict) else entry for entry in entries]
        return self.texts.get(name, "") in [*texts, self.case.of("nullSequence")]

    @property
    def raw(self) -> str:
        """The record as it stands in the file, without its end."""
        if self.case.raw is not None:
            return ""
        return self.case.of("delimiter").join(self.case.records[self.number - 1].cells)


class Difference(NamedTuple):
    """One line of the table. Without a `rule`, `reference.py` tells the reference otherwise."""

    id: str
    where: str
    # What each side says: codes of a cell for a rule of cells; words for a person elsewhere.
    ours: str
    theirs: str
    reason: str
    rule: Callable | None = None

    def is_said(self, cell: Cell) -> bool:
        """Whether this is what the sides say of a cell; `or` separates what may be said."""
        return said(cell.ours, self.ours) and said(cell.theirs, self.theirs)


def said(found: str, listed: str) -> bool:
    broken = set(found.split()) == {"constraint-error"}
    meanings = {
        "read": found == "accepted" or broken,
        "another value": found.startswith("value "),
        "another text": found.startswith("text "),
    }
    return any(meanings.get(each, found == each) for each in listed.split(" or "))


def other(pattern: re.Pattern, kind: str, *formats: str):
    """A rule: one of the texts of type `kind` is not of the form."""

    def rule(cell: Cell) -> bool:
        own = cell.type == kind and cell.format in (formats or ("default",))
        return (own or cell.type == "list") and any(
            each == kind and not pattern.fullmatch(text) for each, text in cell.items
        )

    return rule


def codes(faults: Faults) -> set[str]:
    return {code for _, code in faults}
