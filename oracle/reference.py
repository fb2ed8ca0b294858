"""What frictionless-py says of a case.

It is told the defaults of the dialect aloud, since it guesses what is not declared, and the properties that
it lacks in words that it has. What is told otherwise than it stands is a listed difference (`file` in
`differences.py`), and `Told.differences` names it.
"""

import csv
import gzip
import json
import warnings
from collections import Counter
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
from frictionless import Field, Package, system
from frictionless.exception import FrictionlessException

from case import RESOURCE, Case, Record, python_dialect
from differences.forms import HOLDS
from result import Faults, Result

# Of zones that dateutil does not know.
warnings.simplefilter("ignore")

# Characters of Unicode's private use, which stand for what Python's csv module cannot be told.
DELIMITER, CR, LF, NO_QUOTE = "\ue0f0", "\ue0f1", "\ue0f2", "\ue0f3"

OWN_PROPERTIES = ("aliases", "decimal", "categories", "categoriesOrdered")
BOUNDS = tuple(HOLDS)


class Told(NamedTuple):
    """The case in the words of the reference, and which listed differences that takes."""

    case: Case
    descriptor: dict
    data: bytes
    # Row number in the file of each record that the reference is shown.
    rows: list[int]
    # What stands in the cells for what.
    back: dict[str, str]
    differences: set[str]


def check(case: Case, folder: Path) -> tuple[Result, set[str]]:
    """Validates the case in `folder`; names the differences in what it was told too."""
    told = tell(case)
    try:
        with system.use_context(trusted=True):
            try:
                return read(told, folder), told.differences
            except TypeError as error:
                if "offset-naive" not in str(error):
                    raise
                told = without_bounds(told)
                return read(told, folder, BOUNDS), told.differences
    except FrictionlessException as error:
        kind = "contract" if error.error.type in ("package-error", "resource-error", "schema-error") else "refused"
        return Result(kind, str(error), (refusal(str(error)),)), told.differences
    except UnicodeError as error:
        return Result("refused", str(error), ("encoding-error",)), told.differences
    except Exception as error:  # whatever it dies of is a finding, or a listed difference
        return Result("crash", f"{type(error).__name__}: {error}"), told.differences


def refusal(message: str) -> str:
    if "unique labels" in message:
        return "duplicate-label"
    return message.removeprefix("[").split("]")[0]


def without_bounds(told: Told) -> Told:
    """The same without bounds of instants: the reference cannot compare one with an offset to one without."""
    for each in told.descriptor["resources"][0]["schema"]["fields"]:
        if each.get("type") in ("time", "datetime"):
            each["constraints"] = {k: v for k, v in each.get("constraints", {}).items() if k not in BOUNDS}
    return told._replace(differences=told.differences | {"zones-and-bounds"})


def read(told: Told, folder: Path, own: tuple[str, ...] = ()) -> Result:
    """What the reference says; the constraints `own` of instants are checked here."""
    told.case.write(folder, told.descriptor, told.data)
    descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
    resource = Package.from_descriptor(descriptor, basepath=str(folder)).get_resource(RESOURCE)
    faults: dict[int, Faults] = {}
    texts: dict[int, dict[str, str]] = {}
    values: dict[int, dict[str, Any]] = {}
    with resource:
        if resource.header.errors:
            codes = sorted({error.type for error in resource.header.errors})
            return Result("refused", resource.header.errors[0].message, tuple(codes))
        if not (resource.labels or resource.fragment):
            return Result("refused", "the source is empty", ("source-error",))
        names = [each.name for each in resource.header.get_expected_fields()]
        for row in resource.row_stream:
            number = told.rows[row.row_number - 1]
            values[number] = {name: restored(value, told.back) for name, value in row.items()}
            texts[number] = {n: restored(c, told.back) for n, c in zip(names, row.cells)}
            found = Counter((getattr(e, "field_name", None) or "", e.type) for e in row.errors)
            if found:
                faults[number] = found
    add_bounds(told.case, own, values, faults)
    add_json_schema(told.case, values, faults)
    add_unique_keys(told.case, values, faults)
    return Result("rows", faults=faults, row_count=len(values), texts=texts, values=values)


def restored(value: Any, back: dict[str, str]) -> Any:
    if isinstance(value, str):
        for stand_in, text in back.items():
            value = value.replace(stand_in, text)
    return value


def add_bounds(case: Case, own: tuple[str, ...], values: dict[int, dict], faults: dict[int, Faults]) -> None:
    """Bounds of instants and times, in UTC."""
    for each in case.fields:
        bounds = {
            name: each.get("constraints", {}).get(name) for name in own if each.get("type") in ("time", "datetime")
        }
        reader = Field.from_descriptor({k: v for k, v in each.items() if k in ("name", "type", "format")})
        for name, bound in bounds.items():
            if bound is None:
                continue
            bound = in_utc(reader.read_cell(bound)[0])
            for number, row in values.items():
                value = row.get(each["name"])
                if value is not None and not HOLDS[name](in_utc(value), bound):
                    faults.setdefault(number, Counter())[each["name"], "constraint-error"] += 1


def in_utc(value: datetime | time) -> datetime | time:
    """An instant in UTC, where it is already if it has no offset; a time of day without its offset."""
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # beyond the years 1 to 9999, at one end or the other
        return value.replace(tzinfo=UTC)


def add_json_schema(case: Case, values: dict[int, dict], faults: dict[int, Faults]) -> None:
    """The constraint that the reference lacks, by the jsonschema package."""
    for each in case.fields:
        schema = each.get("constraints", {}).get("jsonSchema")
        if schema is None:
            continue
        validator = jsonschema.Draft202012Validator(schema)
        for number, row in values.items():
            value = row.get(each["name"])
            if value is not None and not validator.is_valid(value):
                faults.setdefault(number, Counter())[each["name"], "constraint-error"] += 1


def add_unique_keys(case: Case, values: dict[int, dict], faults: dict[int, Faults]) -> None:
    """`uniqueKeys`, which the reference lacks: a later row is at fault, and a null anywhere excuses it."""
    for key in case.schema.get("uniqueKeys", []):
        seen = set()
        for number, row in values.items():
            found = tuple(row.get(name) for name in key)
            if None in found:
                continue
            if found in seen:
                faults.setdefault(number, Counter())["", "unique-error"] += 1
            seen.add(found)


def tell(case: Case) -> Told:
    """The case in words that the reference has."""
    used: set[str] = set()
    dialect, end = {"lineTerminator": "\r\n"} | dict(case.dialect), case.dialect.get("lineTerminator")
    for prop in ("delimiter", "quoteChar", "doubleQuote", "skipInitialSpace"):
        dialect[prop] = case.of(prop)
    if not {"header", "headerRows"} & set(case.dialect):
        dialect["header"] = True
    back = {}
    if len(dialect["delimiter"]) > 1:
        used.add("delimiter-characters")
        back[DELIMITER] = dialect["delimiter"]
        dialect["delimiter"] = DELIMITER
    if not dialect["quoteChar"]:
        used.add("no-quote")
        dialect["quoteChar"] = NO_QUOTE
    exact = end is not None and end not in ("\r\n", "\n", "\r")
    if exact:
        used.add("line-terminator")
        back |= {CR: "\r", LF: "\n"}
        dialect["lineTerminator"] = "\n"
    schema, fields = dict(case.schema), [told_field(each, used) for each in case.told or case.fields]
    if schema.pop("uniqueKeys", None) is not None:
        used.add("unique-keys")
    null = dialect.pop("nullSequence", None)
    if null is not None:
        used.add("null-sequence")
        for holder in [schema, *(each for each in fields if "missingValues" in each)]:
            holder["missingValues"] = with_missing(holder.get("missingValues", [""]), null)
    records, rows = shown(case, used)
    if "comment-text" in used:
        dialect = without_comments(case, dialect, rows)
    records = renamed(case, records, used)
    if "header" not in dialect or dialect["header"]:
        at_first = dialect.get("headerRows", [1])
        dialect["headerRows"] = behind_comments(case, at_first) if "comment-text" not in used else at_first
        if dialect["headerRows"] != at_first:
            used.add("comment-before-header")
    resource, data, codec = dict(case.resource), case.data, case.codec
    if back or "no-quote" in used:
        resource, codec = {**resource, "encoding": "utf-8"}, "utf-8"
    if case.compression == "zst":
        used.add("zstd")
    if case.raw is None:
        text = retold(records, dialect["delimiter"], exact)
        data = text.encode(codec)
        if case.compression == "gz":
            data = gzip.compress(data)
    descriptor = case.package(fields, schema, dialect, resource)
    if case.compression == "zst":
        descriptor["resources"][0]["path"] = f"{RESOURCE}.csv"
    # It may find more records than there are.
    rows += range(len(case.records) + 1, len(case.records) + 3 + data.count(b"\n") + data.count(b"\r"))
    return Told(case, descriptor, data, rows, back, used)


def told_field(each: dict, used: set[str]) -> dict:
    """A field without what the reference does not know."""
    each = {k: (dict(v) if isinstance(v, dict) else v) for k, v in each.items()}
    constraints = each.get("constraints", {})
    if categories := each.get("categories"):
        used.add("categories")
        values = [entry["value"] if isinstance(entry, dict) else entry for entry in categories]
        enum = constraints.get("enum")
        constraints["enum"] = [value for value in values if enum is None or value in enum]
        each["constraints"] = constraints
    for prop in OWN_PROPERTIES:
        each.pop(prop, None)
    if each.get("type") == "integer" and (group := each.get("groupChar")):
        each["constraints"] = {name: ungrouped(value, group) for name, value in constraints.items()}
        constraints = each["constraints"]
    if constraints.pop("jsonSchema", None) is not None:
        used.add("json-schema")
    if each.get("type") == "duration" and set(BOUNDS) & set(constraints):
        used.add("duration-bounds")
        each["constraints"] = {name: value for name, value in constraints.items() if name not in BOUNDS}
    return each


def ungrouped(value: Any, group: str) -> Any:
    """A constraint of an integer without its separators, which the reference knows of numbers alone."""
    if isinstance(value, list):
        return [ungrouped(item, group) for item in value]
    return value.replace(group, "") if isinstance(value, str) else value


def with_missing(entries: list, null: str) -> list:
    if any(isinstance(entry, dict) for entry in entries):
        return [*entries, {"value": null}]
    return [*entries, null]


def shown(case: Case, used: set[str]) -> tuple[list[Record], list[int]]:
    """The records that the reference is shown, and their row numbers.

    It recognises comments behind the quotes, in the first cell; where that makes a difference they are cut out.
    """
    numbered = list(enumerate(case.records, start=1))
    mark = case.of("commentChar")
    if mark and any(seen_as_comment(record, case) != record.comment for record in case.records):
        used.add("comment-text")
        skipped = case.dialect.get("commentRows", [])
        numbered = [(number, record) for number, record in numbered if not record.comment and number not in skipped]
    return [record for _, record in numbered], [number for number, _ in numbered]


def behind_comments(case: Case, header_rows: list[int]) -> list[int]:
    """The rows of the header where a row that is a comment is none: it is the next."""
    rows, skipped = list(header_rows), case.dialect.get("commentRows", [])
    for number, record in enumerate(case.records, start=1):
        if rows and number == rows[0] and (record.comment or number in skipped):
            rows = [row + 1 for row in rows]
    return rows


def without_comments(case: Case, dialect: dict, rows: list[int]) -> dict:
    """The dialect of a file that has only these rows, of which none is a comment."""
    kept = {prop: value for prop, value in dialect.items() if prop not in ("commentChar", "commentRows")}
    if kept.get("header", True):
        header = behind_comments(case, kept.get("headerRows", [1]))
        kept["headerRows"] = [rows.index(row) + 1 for row in header]
    return kept


def seen_as_comment(record: Record, case: Case) -> bool:
    """Whether the first cell starts with the mark once its quotes are off."""
    quote = case.of("quoteChar")
    if record.comment and quote and quote in "".join(record.cells):
        return False
    cells = next(
        csv.reader([record.cells[0] if record.cells else ""], **(python_dialect(case) | {"delimiter": DELIMITER})), []
    )
    return bool(cells) and cells[0].startswith(case.of("commentChar"))


def renamed(case: Case, records: list[Record], used: set[str]) -> list[Record]:
    """The header with each alias as the name that it stands for."""
    names = {alias: each["name"] for each in case.fields for alias in each.get("aliases", [])}
    if not names or not case.of("header"):
        return records
    used.add("aliases")
    at = case.dialect.get("headerRows", [1])[0] - 1
    header = records[at]._replace(cells=tuple(names.get(cell, cell) for cell in records[at].cells))
    return [*records[:at], header, *records[at + 1 :]]


def retold(records: list[Record], delimiter: str, exact: bool) -> str:
    """The text of the file with the characters that stand for others."""
    hide = str.maketrans({"\r": CR, "\n": LF}) if exact else {}
    lines = []
    for record in records:
        end = "\n" if exact and record.end else record.end
        lines.append(delimiter.join(record.cells).translate(hide) + end)
    return "".join(lines)
