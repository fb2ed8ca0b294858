"""Differences in what is said of one cell."""

import base64
import json
import re

from differences import forms
from differences.model import Cell, Difference

# `read` is accepted, or nothing worse than broken constraints.
TYPE, OK, BROKEN, READ = "type-error", "accepted", "constraint-error", "read"


def number_text(cell: Cell, kind: str, text: str) -> str:
    """The text of a number once its own characters are taken for the usual ones, as the reference takes them."""
    text = text.strip()
    if kind == "list":
        return text
    if not cell.field.get("bareNumber", True):
        text = re.sub(r"^[^-\d]*|\D*$", "", text)
    return text.replace(cell.field.get("groupChar", ""), "").replace(cell.field.get("decimalChar", "."), ".")


def numbers(cell: Cell) -> list[tuple[str, str]]:
    """Type and text of each number of a cell: its own, or one for each item or coordinate."""
    if cell.is_of("geopoint", "default"):
        return [("number", part.strip()) for part in cell.text.split(",")]
    return [(kind, number_text(cell, cell.type, text)) for kind, text in cell.items if kind in ("integer", "number")]


def beyond_64_bits(cell: Cell) -> bool:
    return any(kind == "integer" and re.fullmatch(r"[+-]?[0-9]+", text) and not -(2**63) <= int(text) < 2**63 for kind, text in numbers(cell))


def beyond_doubles(cell: Cell) -> bool:
    return any(kind == "number" and forms.NUMBER.fullmatch(text) and abs(float(text)) == float("inf") for kind, text in numbers(cell))


def python_number(cell: Cell) -> bool:
    return any(is_python_number(text) for _, text in numbers(cell))


def is_python_number(text: str) -> bool:
    """Underscores, digits of other scripts, and names that the standard does not have."""
    digits = any(c.isdigit() and not c.isascii() for c in text)
    names = re.fullmatch(r"[+-]?(infinity|s?nan[0-9]*|inf)", text, re.I) and text.upper() not in ("NAN", "INF", "-INF")
    return "_" in text or digits or bool(names)


def python_space(cell: Cell) -> bool:
    """What `str.strip` takes for space, and Unicode does not."""
    return cell.type in ("integer", "number") and cell.text.strip("\x1c\x1d\x1e\x1f") != cell.text


def group_of_an_integer(cell: Cell) -> bool:
    return cell.is_of("integer") and cell.field.get("groupChar", "") in cell.text and "groupChar" in cell.field


def loose_groups(cell: Cell) -> bool:
    """A separator of groups that does not stand before three digits, or not in the whole part."""
    mark = cell.field.get("groupChar", "")
    if cell.type not in ("integer", "number") or not mark or mark not in cell.text:
        return False
    mark = re.escape(mark)
    return not re.fullmatch(rf"\D*[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}(?![0-9])(?!.*{mark}).*", cell.text.strip(), re.S)


def decimal_digits(cell: Cell) -> bool:
    """More digits than the column has, or none at all."""
    declared = cell.field.get("decimal")
    if not declared:
        return False
    found = forms.decimal(number_text(cell, cell.type, cell.text))
    if found is None:
        return True
    scaled = found.scaleb(declared["scale"])
    return scaled != scaled.to_integral_value() or abs(scaled) >= 10 ** declared["precision"]


def loose_base64(cell: Cell) -> bool:
    """What `b64decode` takes, but not its own strict mode."""
    if not cell.is_of("string", "binary"):
        return False
    try:
        return base64.b64encode(base64.b64decode(cell.text, validate=True)).decode()[:-3] != cell.text[:-3]
    except ValueError:
        return True


def other(pattern: re.Pattern, kind: str, *formats: str):
    """A rule: one of the texts of type `kind` is not of the form."""

    def rule(cell: Cell) -> bool:
        own = cell.type == kind and cell.format in (formats or ("default",))
        return (own or cell.type == "list") and any(each == kind and not pattern.fullmatch(text) for each, text in cell.items)

    return rule


def beyond_the_years(cell: Cell) -> bool:
    return any(kind == "datetime" and forms.DATETIME.fullmatch(text) and forms.instant(text) is None for kind, text in cell.items)


def other_digits(cell: Cell) -> bool:
    temporal = cell.type in ("date", "time", "datetime") and "%" in cell.format
    return temporal and any(c.isdigit() and not c.isascii() for c in cell.text)


def two_readings(cell: Cell) -> bool:
    temporal = cell.type in ("date", "time", "datetime") and cell.format == "any"
    return temporal and not forms.has_one_reading(cell.text, cell.type)


def loose_words(cell: Cell) -> bool:
    temporal = cell.type in ("date", "time", "datetime") and cell.format == "any"
    return temporal and not forms.is_plain_any(cell.text)


def iso_week_or_ordinal(cell: Cell) -> bool:
    temporal = cell.type in ("date", "datetime") and cell.format == "any"
    return temporal and bool(re.match(r"[0-9]{4}-?(W[0-9]{2}|[0-9]{3}(?![0-9]))", cell.text))


def python_json(cell: Cell) -> bool:
    json_text = cell.type in ("object", "array", "geojson") or cell.is_of("geopoint", "array", "object")
    return json_text and not forms.is_strict_json(cell.text)


def texts_for_numbers(cell: Cell) -> bool:
    if not cell.is_of("geopoint", "array", "object"):
        return False
    found = json.loads(cell.text)
    parts = found.values() if isinstance(found, dict) else found
    return any(isinstance(part, (str, bool)) for part in parts)


def loose_pattern(cell: Cell) -> bool:
    pattern = cell.constraints.get("pattern")
    return pattern is not None and not re.fullmatch(f"(?:{pattern})", cell.text)


def duration_bounds(cell: Cell) -> bool:
    return cell.is_of("duration") and any("imum" in name for name in cell.constraints)


def both_lists(cell: Cell) -> bool:
    return "categories" in cell.field and "enum" in cell.constraints


def bare(cell: Cell) -> bool:
    return cell.type in ("integer", "number") and not cell.field.get("bareNumber", True)


def bare_minus(cell: Cell) -> bool:
    """A minus behind the digits or apart from them, or a number of another kind beside it."""
    around = re.sub(r"^[^0-9]*?([+-]?[0-9])", r"\1", cell.text.strip())
    return bare(cell) and bool(re.search(r"[-(\u2010-\u2015\u2212]", around.lstrip("+-")) or re.search(r"[-(\u2010-\u2015\u2212].", cell.text))


def bare_decimal(cell: Cell) -> bool:
    """A decimal separator before the first digit, which the reference drops with the text around the number."""
    mark = re.escape(cell.field.get("decimalChar", "."))
    return bare(cell) and bool(re.match(rf"[^0-9]*{mark}[0-9]", cell.text))


def bare_name(cell: Cell) -> bool:
    return bare(cell) and cell.text.strip().upper() in ("NAN", "INF", "-INF")


def day_366(cell: Cell) -> bool:
    return "%j" in cell.format and "366" in cell.text


def too_fine(cell: Cell) -> bool:
    temporal = cell.type in ("time", "datetime") and cell.format == "any"
    return temporal and bool(re.search(r"[.,][0-9]{6}[0-9]*[1-9]", cell.text))


def quoted_local_part(cell: Cell) -> bool:
    return cell.is_of("string", "email") and cell.text.startswith('"')


def short_domain(cell: Cell) -> bool:
    return cell.is_of("string", "email") and bool(re.search(r"\.[^.]$", cell.text))


def odd_email(cell: Cell) -> bool:
    """A space, or in the domain a character that no name has."""
    domain = cell.text.rpartition("@")[2]
    odd = any(c.isspace() for c in cell.text) or any(not c.isalnum() and c not in "-." for c in domain)
    return cell.is_of("string", "email") and odd


def topojson_box(cell: Cell) -> bool:
    return cell.is_of("geojson", "topojson") and '"bbox"' in cell.text


def enum_of_instants(cell: Cell) -> bool:
    """An instant that is one of the list in UTC, and has an offset where that has none."""
    listed = [forms.instant(str(value)) for value in cell.constraints.get("enum", [])]
    return cell.is_of("datetime", "default") and forms.instant(cell.text) in listed


def strict_geojson(cell: Cell) -> bool:
    return cell.is_of("geojson", "default") and forms.is_strict_json(cell.text) and not forms.is_rfc_geojson(json.loads(cell.text))


def altitude(cell: Cell) -> bool:
    return cell.is_of("geojson", "default") and forms.has_altitude(json.loads(cell.text))


def long_duration(cell: Cell) -> bool:
    return cell.is_of("duration") and bool(forms.DURATION.fullmatch(cell.text)) and bool(re.search("[0-9]{6}", cell.text))


def class_of_pattern(cell: Cell) -> bool:
    return forms.xsd_class_differs(cell.constraints.get("pattern", ""), cell.text)


def rounded(cell: Cell) -> bool:
    """A number whose constraints hold for its double, or do not, other than for its digits."""
    if not cell.is_of("number") or "decimal" in cell.field or not (set(forms.HOLDS) | {"enum"}) & set(cell.constraints):
        return False

    def double(text: object) -> float:
        return float(number_text(cell, "number", str(text)))

    try:
        value = double(cell.text)
        bounds = all(holds(value, double(cell.constraints[name])) for name, holds in forms.HOLDS.items() if name in cell.constraints)
        listed = "enum" not in cell.constraints or value in map(double, cell.constraints["enum"])
    except ValueError:
        return False
    return (bounds and listed) == (cell.ours == OK)


def escape_at_the_end(cell: Cell) -> bool:
    """The last cell of a file, and its last character an escape."""
    escape, text = cell.case.of("escapeChar"), cell.case.text
    return bool(escape) and text.endswith(escape) and cell.text.endswith("\n")


def required(cell: Cell) -> bool:
    return cell.constraints.get("required", False)


DIFFERENCES = (
    Difference("integer-64-bits", "integer", TYPE, READ, "A column of integers has 64 bits; a larger one would be published as something else.", beyond_64_bits),
    Difference("number-double", "number, geopoint", TYPE, READ, "A number beyond the range of doubles would become infinite.", beyond_doubles),
    Difference("python-number", "integer, number, geopoint: `1_000`, digits of other scripts, `Infinity`, `+INF`, `sNaN`", TYPE, READ,
               "The standard has no such forms; Python's `int` and `Decimal` do.", python_number),
    Difference("python-space", "integer, number: the separators U+001C to U+001F around it", TYPE, READ, "Unicode does not call them white space; Python's `strip` does.", python_space),
    Difference("bare-minus", "bareNumber false: `5-`, `a-b5`, `(5)`", TYPE, READ, "A minus that is dropped makes another number.", bare_minus),
    Difference("bare-decimal", "bareNumber false: `.5 EUR`", f"{READ} or another value or {TYPE}", f"{READ} or another value", "The reference drops the decimal separator and reads 5.", bare_decimal),
    Difference("bare-names", "number with bareNumber false: `NaN`, `INF`", READ, TYPE, "The standard permits them; the reference drops their letters.", bare_name),
    Difference("number-rounded", "number with bounds or enum: `1e-400` and maximum 0", READ, READ, "A number is the double nearest to its text, there as everywhere; `decimal` keeps all digits.", rounded),
    Difference("integer-group", "integer with groupChar", READ, TYPE, "The standard lets integers have a groupChar.", group_of_an_integer),
    Difference("group-place", "integer, number with groupChar: `1,5`, `1,,000`, `1.5,0`", TYPE, READ,
               "A separator that stands elsewhere than between groups may well be a decimal comma: `1,5` is no fifteen.", loose_groups),
    Difference("decimal-digits", "number with our own property `decimal`", TYPE, READ, "Nothing is rounded; the reference does not know the property.", decimal_digits),
    Difference("base64-strict", "string, format binary", TYPE, READ, "`b64decode` drops foreign characters in silence.", loose_base64),
    Difference("email-quotes", 'string, format email: `"a b"@c.de`', READ, TYPE, "RFC 5322 has quoted local parts.", quoted_local_part),
    Difference("email-domain", "string, format email: `a@b.c`", READ, TYPE, "RFC 1035 has labels of one letter.", short_domain),
    Difference("email-characters", "string, format email: a line break, `a@b.€o`", TYPE, READ, "RFC 5322 has no line breaks there, and no domain has such characters.", odd_email),
    Difference("uuid-form", "string, format uuid: without hyphens, in braces", TYPE, READ, "RFC 9562 has one form, 8-4-4-4-12.", other(forms.UUID, "string", "uuid")),
    Difference("uri-syntax", "string, format uri: spaces, `<`, `%zz`, other scripts", TYPE, READ, "RFC 3986 allows no such characters; `rfc3986` only looks for a scheme.", other(forms.URI, "string", "uri")),
    Difference("date-form", "date, format default: `2013-1-1`", TYPE, READ, "The standard says `yyyy-mm-dd`; `strptime` takes one digit too.", other(forms.DATE, "date")),
    Difference("time-form", "time, format default: `15:00:00Z`, `15:00:00,5`, `24:00:00`", TYPE, READ,
               "The standard says `hh:mm:ss`; what an offset means for a time without a date nobody can tell.", other(forms.TIME, "time")),
    Difference("datetime-form", "datetime, format default: a space for the `T`, `+01`, `z`", TYPE, READ, "XML Schema has none of these forms; `isoparse` takes all of ISO 8601.", other(forms.DATETIME, "datetime")),
    Difference("datetime-years", "datetime: an instant outside the years 1 to 9999 in UTC", TYPE, f"{READ} or another value", "Readers of tables can show no other years.", beyond_the_years),
    Difference("strptime-digits", "date, time, datetime by a pattern: digits of other scripts", TYPE, READ, "A digit is one of 0 to 9; Python's `\\d` takes others.", other_digits),
    Difference("strptime-366", "date, datetime with `%j`: `2023-366`", TYPE, READ, "That year has 365 days; `strptime` goes on to the next.", day_366),
    Difference("finer-than-microseconds", "time, datetime, format any: `15:00:00.123456789`", TYPE, READ, "Nothing is rounded; dateutil cuts.", too_fine),
    Difference("any-ambiguous", "date, time, datetime, format any: `01/02/2013`, `2024`, a date for a datetime", TYPE, READ,
               "What can be read as two dates, or does not say a part of one, is not guessed; what says more is not cut.", two_readings),
    Difference("any-words", "date, time, datetime, format any: `26//01/2024`, `26 Jan T2024`", TYPE, READ, "A word that is not understood makes the text no date; dateutil skips it.", loose_words),
    Difference("any-iso", "date, datetime, format any: `2013-W05-4`, `2013-031`", READ, TYPE, "ISO 8601 has weeks and ordinal dates.", iso_week_or_ordinal),
    Difference("year-form", "year: `+200`, ` 202`", TYPE, READ, "A year has four digits; `int` takes signs and spaces.", other(forms.YEAR, "year")),
    Difference("yearmonth-form", "yearmonth: `2024-1`, `24-01`", TYPE, READ, "XML Schema says `YYYY-MM`; the reference reads any two integers.", other(forms.YEARMONTH, "yearmonth")),
    Difference("duration-form", "duration: `P1W`, `P1.5D`, `PT`, `+P1D`", TYPE, READ, "XML Schema has none of these forms; `isodate` takes more of ISO 8601.", other(forms.DURATION, "duration")),
    Difference("duration-range", "duration: `P99999999999D`", READ, TYPE, "XML Schema sets no bound; Python's `timedelta` does.", long_duration),
    Difference("duration-bounds", "duration with minimum or maximum", BROKEN, OK, "The standard has them; the reference refuses such a contract.", duration_bounds),
    Difference("python-json", "object, array, geojson, geopoint: `NaN`, `1e999`, a lone surrogate", TYPE, READ, "RFC 8259 has no such values.", python_json),
    Difference("geopoint-texts", 'geopoint, formats array and object: `["1", "2"]`, `[true, 1]`', TYPE, READ, "The standard asks for numbers.", texts_for_numbers),
    Difference("geojson-rfc", "geojson: open rings, a bbox of one number, a boolean id", TYPE, READ, "RFC 7946 forbids them; the profile of the reference does not look.", strict_geojson),
    Difference("geojson-altitude", "geojson: `[1, 2, 3]`", OK, TYPE, "RFC 7946 allows an altitude; the profile of the reference does not.", altitude),
    Difference("topojson-bbox", "topojson: a geometry with a bbox", READ, TYPE, "The TopoJSON specification allows it; the profile of the reference does not.", topojson_box),
    Difference("enum-of-instants", "datetime with enum: `...T00:00:00` where `...T00:00:00Z` is listed", OK, BROKEN, "Instants are compared in UTC; Python's are never equal to one without an offset.", enum_of_instants),
    Difference("pattern-classes", "pattern: `\\w`, `\\s`, `.`", READ, READ, "XML Schema's classes: `\\w` has no `_` but `$`, `\\s` four characters, and `.` no CR.", class_of_pattern),
    Difference("pattern-whole", "pattern: `a|b`, and a line break at the end", BROKEN, OK, "The whole text must match; the reference puts `^` and `$` around the pattern, which `|` and a last line break escape.", loose_pattern),
    Difference("escape-at-the-end", "an escapeChar that is the last character of the file", "another text or another value", "another text or another value", "There is nothing that it could escape; Python's csv module appends a line break.", escape_at_the_end),
    Difference("missing-required", "a missing cell of a required field", "missing-cell", "constraint-error missing-cell", "What is not there is not null too.", required),
    Difference("categories-and-enum", "categories with enum", f"{BROKEN} {BROKEN}", BROKEN, "Two rules are broken, and both are told.", both_lists),
)
