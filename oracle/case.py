"""A case: a descriptor, the bytes of a file, and what is known of both.

A case keeps its records apart, so that it can be made smaller and told to both sides.
"""

import csv
import gzip
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow

SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
RESOURCE = "input"

# The dialect of RFC 4180: what holds where the descriptor is silent.
DEFAULTS = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "skipInitialSpace": False, "header": True}


class Record(NamedTuple):
    """One record as it stands in the file: its cells, quotes and all, and what ends it."""

    cells: tuple[str, ...]
    end: str = "\n"
    comment: bool = False


class Reference(NamedTuple):
    """A table that foreign keys point into."""

    name: str
    fields: list[dict]
    key: list[str]
    text: str


@dataclass(frozen=True)
class Case:
    """A descriptor and a file. `expected` is what the file's author says: the codes of each cell of column
    `v` by row number, empty where it is accepted; rows without an entry are left to the reference."""

    name: str
    fields: tuple[dict, ...]
    records: tuple[Record, ...]
    dialect: dict = field(default_factory=dict)
    schema: dict = field(default_factory=dict)
    resource: dict = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    expected: dict[int, tuple[str, ...]] = field(default_factory=dict)
    # Codes of the file itself, where it must be refused; none where it must be read.
    refused: tuple[str, ...] | None = None
    # How Python calls the encoding of the bytes, if that is not what `resource` declares.
    codec: str = "utf-8"
    compression: str | None = None
    # The fields as the reference is told them, where it needs other words for the same thing.
    told: tuple[dict, ...] | None = None
    # The file as it is, where records cannot say it.
    raw: bytes | None = None

    def of(self, prop: str) -> Any:
        """A property of the dialect, or its default."""
        default = "\t" if prop == "delimiter" and self.resource.get("format") == "tsv" else DEFAULTS.get(prop)
        return self.dialect.get(prop, default)

    @property
    def text(self) -> str:
        return "".join((self.of("delimiter") or ",").join(record.cells) + record.end for record in self.records)

    @property
    def data(self) -> bytes:
        return self.raw if self.raw is not None else compressed(self.text.encode(self.codec), self.compression)

    @property
    def field_names(self) -> list[str]:
        return [each["name"] for each in self.fields]

    def field_of(self, name: str) -> dict | None:
        return next((each for each in self.fields if each["name"] == name), None)

    @property
    def suffix(self) -> str:
        return {"gz": ".gz", "zst": ".zst"}.get(self.compression or "", "")

    def descriptor(self) -> dict:
        """The Data Package, as Sluice reads it: all rows may be rejected, so that the others are published."""
        return self.package(
            list(self.fields),
            self.schema,
            self.dialect,
            {**self.resource, "sluice": {"tolerance": {"rejectedFraction": 1}}},
        )

    def package(self, fields: list[dict], schema: dict, dialect: dict, resource: dict) -> dict:
        table = {"name": RESOURCE, "type": "table", "path": f"{RESOURCE}.csv{self.suffix}"}
        table |= {"schema": {"fields": fields, **schema}} | resource
        if dialect:
            table["dialect"] = dialect
        others = [
            {
                "name": other.name,
                "type": "table",
                "path": f"{other.name}.csv",
                "schema": {"fields": other.fields, "primaryKey": other.key},
            }
            for other in self.references
        ]
        return {"$schema": SCHEMA, "name": "case", "resources": [table, *others]}

    def write(self, folder: Path, descriptor: dict, data: bytes) -> tuple[Path, Path]:
        """Writes descriptor, file and reference tables; gives the paths of the first two."""
        contract, file = folder / "datapackage.json", folder / descriptor["resources"][0]["path"]
        contract.write_text(json.dumps(descriptor, ensure_ascii=False), "utf-8")
        file.write_bytes(data)
        for other in self.references:
            (folder / f"{other.name}.csv").write_text(other.text, "utf-8", newline="")
        return contract, file

    def without_column(self, at: int) -> "Case":
        """The same without column `at` (0-based), in the fields and in each record."""
        cut = [r._replace(cells=r.cells[:at] + r.cells[at + 1 :]) for r in self.records]
        told = self.told and self.told[:at] + self.told[at + 1 :]
        return replace(self, fields=self.fields[:at] + self.fields[at + 1 :], records=tuple(cut), told=told)


def compressed(data: bytes, how: str | None) -> bytes:
    if how == "gz":
        return gzip.compress(data, mtime=0)
    if how == "zst":
        return bytes(pyarrow.Codec("zstd").compress(data))
    return data


def quoted(text: str, dialect: dict, always: bool = False) -> str:
    """A cell as it stands in a file of `dialect`; what the dialect cannot express is left as it is."""
    case = DEFAULTS | dialect
    quote, escape = case.get("quoteChar"), case.get("escapeChar")
    special = [case["delimiter"], "\r", "\n", case.get("lineTerminator") or "\n"] + [c for c in (quote, escape) if c]
    opens = case.get("commentChar") and text.startswith(case["commentChar"])
    led = case["skipInitialSpace"] and text.startswith(" ")
    # Together with what follows, half a mark is a whole one.
    half = any(len(mark) > 1 and text.endswith(mark[0]) for mark in special[:1] + special[3:4])
    if not (always or led or opens or half or any(c in text for c in special)):
        return text
    if not quote:
        return escaped(text, [c for c in special if len(c) == 1], escape) if escape else text
    if escape:
        text = text.replace(escape, escape * 2)
    if not case["doubleQuote"] and escape:
        return quote + text.replace(quote, escape + quote) + quote
    return quote + text.replace(quote, quote * 2) + quote


def escaped(text: str, special: list[str], escape: str) -> str:
    return "".join(escape + c if c in special else c for c in text)


def strict_error(text: str, case: Case) -> str | None:
    """What Python's strict CSV reader, which takes two quotes for one, finds wrong with the quotes of a text."""
    dialect = python_dialect(case) | {"doublequote": True}
    delimiter, terminator = case.of("delimiter"), case.of("lineTerminator") or "\n"
    if len(delimiter) > 1:
        text, dialect["delimiter"] = text.replace(delimiter, "\ue0f0"), "\ue0f0"
    if terminator not in ("\n", "\r", "\r\n"):
        text = text.replace("\n", " ").replace("\r", " ").replace(terminator, "\n")
    try:
        list(csv.reader(io.StringIO(text, newline=""), strict=True, **dialect))
    except csv.Error as error:
        return str(error)
    return None


def python_dialect(case: Case) -> dict:
    quote = case.of("quoteChar") or None
    return {
        "delimiter": case.of("delimiter"),
        "quotechar": quote,
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "doublequote": case.of("doubleQuote"),
        "escapechar": case.of("escapeChar"),
        "skipinitialspace": case.of("skipInitialSpace"),
    }
