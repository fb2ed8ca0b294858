"""The lexical forms that the standard has, by which a text that only Python reads is told."""

import json
import operator
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dateutil import parser

HOLDS = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Digits beyond the microsecond are zeros.
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,6}0*)?")
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6}0*)?|2[0-3]:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6}0*)?"
    r"|24:00:00(\.0+)?)(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
)
YEAR = re.compile(r"[0-9]{4}")
YEARMONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
DURATION = re.compile(r"-?P(?=.)([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_PCT, _CHARS = r"%[0-9A-Fa-f]{2}", r"A-Za-z0-9\-._~!$&'()*+,;="
_PCHAR = rf"(?:[{_CHARS}:@]|{_PCT})"
_PORT = r"(?::[0-9]*)?"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[{_CHARS}:]+\]|(?:[{_CHARS}]|{_PCT})*)"
_PATH = rf"(?://(?:(?:[{_CHARS}:]|{_PCT})*@)?{_HOST}{_PORT}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?|{_PCHAR}+(?:/{_PCHAR}*)*|)"
URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:{_PATH}(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?")


def strict_json(text: str) -> Any:
    """The value of a text of RFC 8259, with strings that are texts and numbers that doubles can hold; raises
    `ValueError` for any other."""

    def number(digits: str) -> float:
        value = float(digits)
        if abs(value) == float("inf"):
            raise ValueError(digits)
        return value

    def constant(name: str) -> None:
        raise ValueError(name)

    value = json.loads(text, parse_constant=constant, parse_float=number)
    json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8
    return value


def is_strict_json(text: str) -> bool:
    try:
        strict_json(text)
    except ValueError:
        return False
    return True


def decimal(text: str) -> Decimal | None:
    """The exact value of a number; None for whatever is none, or no finite one."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def has_one_reading(text: str, kind: str) -> bool:
    """Whether dateutil reads a text alike whatever it takes for the day, for the year, and for what is not said, and
    whether it says just a date, a time of day without an offset, or both. A year has four digits."""
    if kind != "time" and not re.search("[0-9]{4}", text):
        return False
    found = readings(text)
    dates, times = {each.date() for each in found}, {each.timetz() for each in found}
    says_date, says_time = len(dates) == 1, len(times) == 1
    if kind == "time":
        return says_time and not says_date and all(each.tzinfo is None for each in times)
    return says_date and says_time == (kind == "datetime")


_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_DAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\.?"
)
_CLOCK = r"[0-9]{1,2}(?::[0-9]{2}){0,2}(?:[.,][0-9]+)?(?:[ap]\.?m\.?)?(?:z|utc|gmt|[+-](?:0[0-9]|1[0-3]):?[0-5][0-9]|[+-]14:?00)?"
PLAIN_WORD = re.compile(
    rf"[0-9]{{1,4}}(?:st|nd|rd|th)?|[0-9]+([-/.])[0-9]+\1[0-9]+|[0-9]{{1,4}}([-/. ]){_MONTH}\2[0-9]{{1,4}}|{_MONTH}|{_DAY}|of|[0-9]{{8}}"
    rf"|{_CLOCK}|[ap]\.?m\.?|z|utc|gmt|[+-][0-9]{{2}}:?[0-9]{{2}}|[0-9]{{4}}-?[0-9]{{2}}-?[0-9]{{2}}t(?:{_CLOCK}|[0-9]{{4,6}}(?:\.[0-9]+)?z?)",
    re.IGNORECASE,
)


def is_plain_any(text: str) -> bool:
    """Whether a text is nothing but dates, names of months and days, times and zones, each a word by itself."""
    return not re.search("[0-9],[0-9]|[0-9][\r\n]+[0-9]", text) and all(
        PLAIN_WORD.fullmatch(word) for word in re.split(r"[\s,]+", text.strip().strip(","))
    )


def readings(text: str) -> list[datetime]:
    """What dateutil reads, under each assumption; nothing if it fails under one."""
    found = []
    for default in (datetime(2000, 1, 1), datetime(2011, 12, 31, 13, 14, 15, 16)):
        for order in (
            {"dayfirst": True},
            {"dayfirst": False},
            {"yearfirst": True},
            {"dayfirst": True, "yearfirst": True},
        ):
            try:
                found.append(parser.parse(text, default=default, **order))
            except (ValueError, OverflowError):
                return []
    return found


def xsd_class_differs(pattern: str, text: str) -> bool:
    """Whether a character of the text is in `\\w`, `\\s` or `.` for XML Schema and not for "
    "Python, or the other way round."""
    word = any((unicodedata.category(c)[0] not in "PZC") != bool(re.match(r"\w", c)) for c in text)
    space = any((c in " \t\n\r") != c.isspace() for c in text)
    dot = "." in pattern and "\r" in text
    return dot or ("\\w" in pattern.lower() and word) or ("\\s" in pattern.lower() and space)


def is_rfc_geojson(value: Any) -> bool:
    """Whether rings are closed, bounding boxes have both ends of each axis, and a type has no members of another: what
    RFC 7946 asks beyond the profile of the reference."""
    if isinstance(value, list):
        return all(is_rfc_geojson(item) for item in value)
    if not isinstance(value, dict):
        return True
    kind, coordinates = value.get("type"), value.get("coordinates")
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    closed = all(len(ring) > 3 and ring[0] == ring[-1] for polygon in polygons for ring in polygon)
    box = value.get("bbox", [0] * 4)
    return (
        closed
        and isinstance(box, list)
        and len(box) >= 4
        and len(box) % 2 == 0
        and not isinstance(value.get("id"), (bool, list, dict))
        and not any(name in value for name in FOREIGN_MEMBERS.get(kind, ()))
        and all(is_rfc_geojson(value.get(name)) for name in ("geometry", "geometries", "features"))
    )


GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
FOREIGN_MEMBERS = dict.fromkeys(GEOMETRIES, ("geometry", "properties", "features")) | {
    "Feature": ("coordinates", "geometries", "features"),
    "FeatureCollection": ("coordinates", "geometries", "geometry", "properties"),
}


def has_altitude(value: Any) -> bool:
    """Whether a position has more than two coordinates."""
    if isinstance(value, dict):
        return any(has_altitude(item) for item in value.values())
    if not isinstance(value, list):
        return False
    numbers = [item for item in value if isinstance(item, (int, float))]
    return len(numbers) == len(value) > 2 or any(has_altitude(item) for item in value)


def instant(text: str, format: str = "default") -> datetime | None:
    """The instant in UTC of a text that the reference reads; None where it lies outside the years 1 to 9999."""
    try:
        if format == "default":
            found = parser.isoparse(text)
        else:
            found = parser.parse(text) if format == "any" else datetime.strptime(text, format)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
