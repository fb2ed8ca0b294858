"""Dates, times, instants, years, months and durations."""

import re

from differences import forms
from differences.model import BROKEN, OK, READ, TYPE, Cell, Difference, other


def beyond_the_years(cell: Cell) -> bool:
    return any(
        kind == "datetime" and forms.DATETIME.fullmatch(text) and forms.instant(text) is None
        for kind, text in cell.items
    )


def other_digits(cell: Cell) -> bool:
    temporal = cell.type in ("date", "time", "datetime") and "%" in cell.format
    return temporal and any(c.isdigit() and not c.isascii() for c in cell.text)


def two_readings(cell: Cell) -> bool:
    temporal = cell.type in ("date", "time", "datetime") and cell.format == "any"
    return temporal and not forms.has_one_reading(cell.text, cell.type)


def loose_words(cell: Cell) -> bool:
    temporal = cell.type in ("date", "time", "datetime") and cell.format == "any"
    return temporal and not forms.is_plain_any(cell.text)


def odd_spelling(cell: Cell) -> bool:
    """A zone in small letters, or white space beyond ASCII."""
    space = any(c.isspace() and not c.isascii() for c in cell.text)
    return cell.format == "any" and (space or bool(re.search("(utc|gmt)$", cell.text.strip())))


def other_weekday(cell: Cell) -> bool:
    """A weekday that is not that of the date."""
    named = re.search(r"\b(mon|tue|wed|thu|fri|sat|sun)", cell.text, re.IGNORECASE)
    return (
        cell.format == "any"
        and bool(named)
        and any(found.strftime("%a").lower() != named[1].lower() for found in forms.readings(cell.text))
    )


def iso_week_or_ordinal(cell: Cell) -> bool:
    temporal = cell.type in ("date", "datetime") and cell.format == "any"
    return temporal and bool(re.match(r"[0-9]{4}-?(W[0-9]{2}|[0-9]{3}(?![0-9]))", cell.text))


def duration_bounds(cell: Cell) -> bool:
    return cell.is_of("duration") and any("imum" in name for name in cell.constraints)


def day_366(cell: Cell) -> bool:
    return "%j" in cell.format and "366" in cell.text


def too_fine(cell: Cell) -> bool:
    temporal = cell.type in ("time", "datetime") and cell.format == "any"
    return temporal and bool(re.search(r"[.,][0-9]{6}[0-9]*[1-9]", cell.text))


def enum_of_instants(cell: Cell) -> bool:
    """An instant that is one of the list in UTC, and has an offset where that has none."""
    if cell.type != "datetime":
        return False
    listed = [forms.instant(str(value), cell.format) for value in cell.constraints.get("enum", [])]
    return forms.instant(cell.text, cell.format) in listed


def long_duration(cell: Cell) -> bool:
    return (
        cell.is_of("duration") and bool(forms.DURATION.fullmatch(cell.text)) and bool(re.search("[0-9]{6}", cell.text))
    )


DIFFERENCES = (
    Difference(
        "date-form",
        "date, format default: `2013-1-1`",
        TYPE,
        READ,
        "The standard says `yyyy-mm-dd`; `strptime` takes one digit too.",
        other(forms.DATE, "date"),
    ),
    Difference(
        "time-form",
        "time, format default: `15:00:00Z`, `15:00:00,5`, `24:00:00`",
        TYPE,
        READ,
        "The standard says `hh:mm:ss`; what an offset means for a time without a date nobody can tell.",
        other(forms.TIME, "time"),
    ),
    Difference(
        "datetime-form",
        "datetime, format default: a space for the `T`, `+01`, `z`",
        TYPE,
        READ,
        "XML Schema has none of these forms; `isoparse` takes all of ISO 8601.",
        other(forms.DATETIME, "datetime"),
    ),
    Difference(
        "datetime-years",
        "datetime: an instant outside the years 1 to 9999 in UTC",
        TYPE,
        f"{READ} or another value",
        "Readers of tables can show no other years.",
        beyond_the_years,
    ),
    Difference(
        "strptime-digits",
        "date, time, datetime by a pattern: digits of other scripts",
        TYPE,
        READ,
        "A digit is one of 0 to 9; Python's `\\d` takes others.",
        other_digits,
    ),
    Difference(
        "strptime-366",
        "date, datetime with `%j`: `2023-366`",
        TYPE,
        READ,
        "That year has 365 days; `strptime` goes on to the next.",
        day_366,
    ),
    Difference(
        "finer-than-microseconds",
        "time, datetime, format any: `15:00:00.123456789`",
        TYPE,
        READ,
        "Nothing is rounded; dateutil cuts.",
        too_fine,
    ),
    Difference(
        "any-ambiguous",
        "date, time, datetime, format any: `01/02/2013`, `2024`, a date for a datetime",
        TYPE,
        READ,
        "What can be read as two dates, or does not say a part of one, is not guessed; what says more is not cut.",
        two_readings,
    ),
    Difference(
        "any-words",
        "date, time, datetime, format any: `26//01/2024`, `26 Jan T2024`",
        TYPE,
        READ,
        "A word that is not understood makes the text no date; dateutil skips it.",
        loose_words,
    ),
    Difference(
        "any-spelling",
        "time, datetime, format any: `09:15 utc`, spaces beyond ASCII",
        READ,
        TYPE,
        "A zone in small letters is the same zone; dateutil knows none.",
        odd_spelling,
    ),
    Difference(
        "any-weekday",
        "date, datetime, format any: `Monday 26 January 2024`",
        TYPE,
        READ,
        "That day is a Friday, so one of the two is wrong; dateutil takes the date.",
        other_weekday,
    ),
    Difference(
        "any-iso",
        "date, datetime, format any: `2013-W05-4`, `2013-031`",
        READ,
        TYPE,
        "ISO 8601 has weeks and ordinal dates.",
        iso_week_or_ordinal,
    ),
    Difference(
        "enum-of-instants",
        "datetime with enum: `...T00:00:00` where `...T00:00:00Z` is listed",
        OK,
        BROKEN,
        "Instants are compared in UTC; Python's are never equal to one without an offset.",
        enum_of_instants,
    ),
    Difference(
        "year-form",
        "year: `+200`, ` 202`",
        TYPE,
        READ,
        "A year has four digits; `int` takes signs and spaces.",
        other(forms.YEAR, "year"),
    ),
    Difference(
        "yearmonth-form",
        "yearmonth: `2024-1`, `24-01`",
        TYPE,
        READ,
        "XML Schema says `YYYY-MM`; the reference reads any two integers.",
        other(forms.YEARMONTH, "yearmonth"),
    ),
    Difference(
        "duration-form",
        "duration: `P1W`, `P1.5D`, `PT`, `+P1D`",
        TYPE,
        READ,
        "XML Schema has none of these forms; `isodate` takes more of ISO 8601.",
        other(forms.DURATION, "duration"),
    ),
    Difference(
        "duration-range",
        "duration: `P99999999999D`",
        READ,
        TYPE,
        "XML Schema sets no bound; Python's `timedelta` does.",
        long_duration,
    ),
    Difference(
        "duration-bounds",
        "duration with minimum or maximum",
        BROKEN,
        OK,
        "The standard has them; the reference refuses such a contract.",
        duration_bounds,
    ),
)
