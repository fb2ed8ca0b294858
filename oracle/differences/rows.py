"""Differences in what is said of a row."""

from collections import Counter

from case import strict_error
from differences.model import Difference, Row, codes

# Extra cells of a row that are told one by one.
EXTRA_CELLS = 16


def stray_quote(row: Row) -> bool:
    return codes(row.ours) == {"stray-quote"} and "expected after" in (strict_error(row.raw, row.case) or "")


def blank_key(row: Row) -> bool:
    return codes(row.ours) == {"blank-row"} and codes(row.theirs) == {"blank-row", "primary-key"}


def many_extra_cells(row: Row) -> bool:
    extra = ("", "extra-cell")
    rest = [Counter({fault: n for fault, n in side.items() if fault != extra}) for side in (row.ours, row.theirs)]
    return row.ours[extra] == EXTRA_CELLS < row.theirs[extra] and rest[0] == rest[1]


def null_key(row: Row) -> bool:
    """A primary key of which a part is null, but not all."""
    key = row.case.schema.get("primaryKey", [])
    only = row.ours - row.theirs
    return len(key) > 1 and set(only) == {("", "primary-key")} and not row.theirs - row.ours


DIFFERENCES = (
    Difference("stray-quote", 'text behind a closing quote: `"a"b`', "stray-quote alone", "reads `ab`", "Where the cell ends nobody can tell, and it may have swallowed rows.", stray_quote),
    Difference("blank-row-alone", "a blank row under a primary key", "blank-row", "blank-row and primary-key", "One fault is enough for a row that holds nothing.", blank_key),
    Difference("extra-cells-bounded", f"more than {EXTRA_CELLS} extra cells", f"the first {EXTRA_CELLS}", "all of them", "A row of a million delimiters is one mistake.", many_extra_cells),
    Difference("null-in-key", "a primary key with a null in it, but not only nulls", "primary-key", "nothing", "The standard says that no field of a primary key can be null.", null_key),
)
