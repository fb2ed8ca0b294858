"""The lexical forms that the standard has, by which a text that only Python reads is told."""

import json
import re
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from dateutil import parser

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Digits beyond the microsecond are zeros.
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,6}0*)?")
DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6}0*)?|2[0-3]:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6}0*)?"
                      r"|24:00:00(\.0+)?)(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?")
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
    """Whether dateutil reads a text alike whatever it takes for the day, for the year, and for what is not said."""
    defaults = [datetime(2000, 1, 1), datetime(2011, 12, 31, 13, 14, 15, 16)]
    readings = set()
    for day_first in (True, False):
        for year_first in (True, False):
            for default in defaults:
                try:
                    found = parser.parse(text, dayfirst=day_first, yearfirst=year_first, default=default)
                except (ValueError, OverflowError):
                    return False
                readings.add(found.date() if kind == "date" else found.timetz() if kind == "time" else found)
    return len(readings) == 1


def instant(text: str) -> datetime | None:
    """The instant in UTC of a text that `isoparse` takes; None where it lies outside the years 1 to 9999."""
    try:
        found = parser.isoparse(text)
        return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
