"""Differences in what is said of a row."""

from collections import Counter

from case import Case, strict_error
from differences.model import Difference, Row, codes

# Extra cells of a row that are told one by one.
EXTRA_CELLS = 16


def stray_quote(row: Row) -> bool:
    return codes(row.ours) == {"stray-quote"} and "expected after" in (strict_error(row.raw, row.case) or "")


def double_quote_obeyed(row: Row) -> bool:
    """Two quotes in a quoted cell, where `doubleQuote` is false."""
    quote = row.case.of("quoteChar")
    declared = row.case.of("doubleQuote") is False and not row.case.of("escapeChar")
    return codes(row.ours) == {"stray-quote"} and declared and bool(quote) and quote * 2 in row.raw


def blank_key(row: Row) -> bool:
    return codes(row.ours) == {"blank-row"} and codes(row.theirs) == {"blank-row", "primary-key"}


def blank_but_for_others(row: Row) -> bool:
    """No field has a value, but a column that is no field has."""
    no_field = set(row.texts) - set(row.case.field_names)
    return (
        codes(row.ours) == {"blank-row"}
        and bool(no_field)
        and all(row.is_missing(name) for name in row.case.field_names)
    )


def many_extra_cells(row: Row) -> bool:
    extra = ("", "extra-cell")
    rest = [Counter({fault: n for fault, n in side.items() if fault != extra}) for side in (row.ours, row.theirs)]
    return row.ours[extra] == EXTRA_CELLS < row.theirs[extra] and rest[0] == rest[1]


def null_key(row: Row) -> bool:
    """A primary key of which a part is null, but not all."""
    only = row.ours - row.theirs
    return set(only) == {("", "primary-key")} and not row.theirs - row.ours and None in values(row, key_of(row.case))


def bad_key(row: Row) -> bool:
    """A primary key with a cell that is missing or none of its type: the reference takes it for a null."""
    more, lost = set(row.theirs - row.ours), ("type-error", "missing-cell")
    return (
        more == {("", "primary-key")}
        and not row.ours - row.theirs
        and any((name, code) in row.faults for name in key_of(row.case) for code in lost)
    )


def null_foreign_key(row: Row) -> bool:
    """A foreign key of which a part is null, but not all."""
    more = set(row.theirs - row.ours)
    keys = [key["fields"] for key in row.case.schema.get("foreignKeys", [])]
    return more == {("", "foreign-key")} and not row.ours - row.theirs and any(None in values(row, key) for key in keys)


def bad_foreign_key(row: Row) -> bool:
    """A foreign key with a cell that is missing or none of its type: the reference takes it for a null."""
    keys = [key["fields"] for key in row.case.schema.get("foreignKeys", [])]
    names = {name for key in keys for name in ([key] if isinstance(key, str) else key)}
    more, lost = set(row.theirs - row.ours), ("type-error", "missing-cell")
    return (
        more == {("", "foreign-key")}
        and not row.ours - row.theirs
        and any((name, code) in row.faults for name in names for code in lost)
    )


def key_of(case: Case) -> list[str]:
    key = case.schema.get("primaryKey", [])
    return [key] if isinstance(key, str) else key


def values(row: Row, key: list[str] | str) -> list:
    """The texts of a key, None where they stand for null."""
    names = [key] if isinstance(key, str) else key
    return [None if row.is_missing(name) else row.texts.get(name) for name in names]


def equal_in_other_words(row: Row) -> bool:
    """A duration that an earlier row has in other words."""
    more = set(row.theirs - row.ours)
    fields = [
        each for each in row.case.fields if each.get("type") == "duration" and each.get("constraints", {}).get("unique")
    ]
    return more == {("", "unique-error")} and not row.ours - row.theirs and bool(fields)


DIFFERENCES = (
    Difference(
        "stray-quote",
        'text behind a closing quote: `"a"b`',
        "stray-quote alone",
        "reads `ab`",
        "Where the cell ends nobody can tell, and it may have swallowed rows.",
        stray_quote,
    ),
    Difference(
        "double-quote-obeyed",
        'doubleQuote false: `"a""b"`',
        "stray-quote alone",
        "two quotes are one",
        "The reference obeys doubleQuote only beside an escapeChar.",
        double_quote_obeyed,
    ),
    Difference(
        "blank-row-alone",
        "a blank row under a primary key",
        "blank-row",
        "blank-row and primary-key",
        "One fault is enough for a row that holds nothing.",
        blank_key,
    ),
    Difference(
        "blank-fields",
        "a row with values in columns that are no fields alone",
        "blank-row",
        "is none",
        "Nothing of it would be published.",
        blank_but_for_others,
    ),
    Difference(
        "extra-cells-bounded",
        f"more than {EXTRA_CELLS} extra cells",
        f"the first {EXTRA_CELLS}",
        "all of them",
        "A row of a million delimiters is one mistake.",
        many_extra_cells,
    ),
    Difference(
        "null-in-key",
        "a primary key with a null in it, but not only nulls",
        "primary-key",
        "nothing",
        "The standard says that no field of a primary key can be null.",
        null_key,
    ),
    Difference(
        "bad-cell-of-a-key",
        "a primary key with a cell that is missing or not of its type",
        "type-error or missing-cell",
        "primary-key too",
        "What cannot be read is not null too.",
        bad_key,
    ),
    Difference(
        "null-in-foreign-key",
        "a foreign key with a null in it, but not only nulls",
        "names no row, which is no fault",
        "foreign-key",
        "As in SQL.",
        null_foreign_key,
    ),
    Difference(
        "bad-cell-of-a-foreign-key",
        "a foreign key with a cell that is missing or not of its type",
        "type-error or missing-cell",
        "foreign-key too",
        "What cannot be read names no row.",
        bad_foreign_key,
    ),
    Difference(
        "unique-durations",
        "unique durations: `P1D`, `PT24H`",
        "differ",
        "are one value",
        "A duration is kept, and compared, as its text.",
        equal_in_other_words,
    ),
)
