"""Strings, JSON and geography, and what any field may have."""

import base64
import json
import re

from differences import forms
from differences.model import BROKEN, OK, READ, TYPE, Cell, Difference, other


def loose_base64(cell: Cell) -> bool:
    """What `b64decode` takes, but not its own strict mode."""
    if not cell.is_of("string", "binary"):
        return False
    try:
        return base64.b64encode(base64.b64decode(cell.text, validate=True)).decode()[:-3] != cell.text[:-3]
    except ValueError:
        return True


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
    return (
        pattern is not None
        and bool(re.match(f"^{pattern}$", cell.text))
        and not re.fullmatch(f"(?:{pattern})", cell.text)
    )


def both_lists(cell: Cell) -> bool:
    return "categories" in cell.field and "enum" in cell.constraints


def quoted_local_part(cell: Cell) -> bool:
    return cell.is_of("string", "email") and cell.text.startswith('"')


def wide_local_part(cell: Cell) -> bool:
    return cell.is_of("string", "email") and not cell.text.partition("@")[0].isascii()


def short_domain(cell: Cell) -> bool:
    """A last label of one letter, or with a digit."""
    return cell.is_of("string", "email") and bool(re.search(r"\.([^.]|[^.]*[0-9][^.]*)$", cell.text))


def odd_email(cell: Cell) -> bool:
    """A space, or in the domain a character that no name has."""
    domain = cell.text.rpartition("@")[2]
    odd = any(c.isspace() for c in cell.text) or any(not c.isalnum() and c not in "-." for c in domain)
    return cell.is_of("string", "email") and odd


def topojson_box(cell: Cell) -> bool:
    return cell.is_of("geojson", "topojson") and '"bbox"' in cell.text


def strict_geojson(cell: Cell) -> bool:
    return (
        cell.is_of("geojson", "default")
        and forms.is_strict_json(cell.text)
        and not forms.is_rfc_geojson(json.loads(cell.text))
    )


def altitude(cell: Cell) -> bool:
    return cell.is_of("geojson", "default") and forms.has_altitude(json.loads(cell.text))


def class_of_pattern(cell: Cell) -> bool:
    return forms.xsd_class_differs(cell.constraints.get("pattern", ""), cell.text)


def escape_at_the_end(cell: Cell) -> bool:
    """The last cell of a file, and its last character an escape."""
    escape, text = cell.case.of("escapeChar"), cell.case.text
    return bool(escape) and text.endswith(escape) and cell.text.endswith("\n")


DIFFERENCES = (
    Difference(
        "base64-strict",
        "string, format binary",
        TYPE,
        READ,
        "`b64decode` drops foreign characters in silence.",
        loose_base64,
    ),
    Difference(
        "email-quotes",
        'string, format email: `"a b"@c.de`',
        READ,
        TYPE,
        "RFC 5322 has quoted local parts.",
        quoted_local_part,
    ),
    Difference(
        "email-scripts",
        "string, format email: `١@b.co`",
        READ,
        TYPE,
        "RFC 6531 allows all scripts; the reference some letters.",
        wide_local_part,
    ),
    Difference(
        "email-domain",
        "string, format email: `a@b.c`, `a@b.co1`",
        READ,
        TYPE,
        "RFC 1123 has labels of one letter, and with digits.",
        short_domain,
    ),
    Difference(
        "email-characters",
        "string, format email: a line break, `a@b.€o`",
        TYPE,
        READ,
        "RFC 5322 has no line breaks there, and no domain has such characters.",
        odd_email,
    ),
    Difference(
        "uuid-form",
        "string, format uuid: without hyphens, in braces",
        TYPE,
        READ,
        "RFC 9562 has one form, 8-4-4-4-12.",
        other(forms.UUID, "string", "uuid"),
    ),
    Difference(
        "uri-syntax",
        "string, format uri: spaces, `<`, `%zz`, other scripts",
        TYPE,
        READ,
        "RFC 3986 allows no such characters; `rfc3986` only looks for a scheme.",
        other(forms.URI, "string", "uri"),
    ),
    Difference(
        "python-json",
        "object, array, geojson, geopoint: `NaN`, `1e999`, a lone surrogate",
        TYPE,
        READ,
        "RFC 8259 has no such values.",
        python_json,
    ),
    Difference(
        "geopoint-texts",
        'geopoint, formats array and object: `["1", "2"]`, `[true, 1]`',
        TYPE,
        READ,
        "The standard asks for numbers.",
        texts_for_numbers,
    ),
    Difference(
        "geojson-rfc",
        "geojson: open rings, a bbox of one number, a boolean id",
        TYPE,
        READ,
        "RFC 7946 forbids them; the profile of the reference does not look.",
        strict_geojson,
    ),
    Difference(
        "geojson-altitude",
        "geojson: `[1, 2, 3]`",
        OK,
        TYPE,
        "RFC 7946 allows an altitude; the profile of the reference does not.",
        altitude,
    ),
    Difference(
        "topojson-bbox",
        "topojson: a geometry with a bbox",
        READ,
        TYPE,
        "The TopoJSON specification allows it; the profile of the reference does not.",
        topojson_box,
    ),
    Difference(
        "pattern-classes",
        "pattern: `\\w`, `\\s`, `.`",
        READ,
        READ,
        "XML Schema's classes: `\\w` has no `_` but `$`, `\\s` four characters, and `.` no CR.",
        class_of_pattern,
    ),
    Difference(
        "pattern-whole",
        "pattern: `a|b`, and a line break at the end",
        READ,
        READ,
        "The whole text must match; the reference puts `^` and `$` around the pattern, which `|` "
        "and a last line break escape.",
        loose_pattern,
    ),
    Difference(
        "categories-and-enum",
        "categories with enum",
        f"{BROKEN} {BROKEN}",
        BROKEN,
        "Two rules are broken, and both are told.",
        both_lists,
    ),
    Difference(
        "escape-at-the-end",
        "an escapeChar that is the last character of the file",
        "another text or another value",
        "another text or another value",
        "There is nothing that it could escape; Python's csv module appends a line break.",
        escape_at_the_end,
    ),
)
