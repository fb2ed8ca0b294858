"""Whether the two sides agree on a case, and which listed differences explain where they do not."""

import math
import re
from collections import Counter
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

import differences
from case import Case
from reference import in_utc
from result import Faults, Result

# Characters of a cell that a reject file repeats.
CLIPPED = 100

# Codes of a row as a whole: which column is named does not matter.
ROW_CODES = {"blank-row", "primary-key", "foreign-key", "unique-error", "extra-cell"}


class Disagreement(NamedTuple):
    """What nobody has listed. `row` is 0 where it concerns the whole file."""

    row: int
    column: str
    ours: str
    theirs: str
    text: str = ""

    def kind(self) -> tuple[bool, str, str]:
        """What stays the same while the case is made smaller."""
        return self.row > 0, self.ours, self.theirs


def compare(case: Case, ours: Result, theirs: Result) -> tuple[list[Disagreement], set[str]]:
    """The disagreements, and the ids of the differences that explain others."""
    used: set[str] = set()
    found = list(expectations(case, ours))
    if explained := differences.of_file(case, ours, theirs):
        return found, {explained}
    if ours.kind != theirs.kind:
        return [*found, Disagreement(0, "", told(ours), told(theirs))], used
    if ours.kind == "refused":
        if set(ours.codes) != set(theirs.codes):
            found.append(Disagreement(0, "", told(ours), told(theirs)))
        return found, used
    if ours.kind != "rows":
        return found, used
    if ours.row_count != theirs.row_count:
        found.append(Disagreement(0, "", f"{ours.row_count} rows", f"{theirs.row_count} rows"))
        return found, used
    found += list(places(case, ours, theirs))
    for number in theirs.texts:
        found += of_row(case, number, ours, theirs, used)
    return found + of_values(case, ours, theirs, used), used


def told(result: Result) -> str:
    return " ".join([result.kind, *result.codes]) + (f" ({result.note})" if result.note else "")


def expectations(case: Case, ours: Result):
    """Where Sluice does not say what the author of the case says."""
    if case.refused and (ours.kind != "refused" or set(ours.codes) != set(case.refused)):
        yield Disagreement(0, "", told(ours), f"refused {' '.join(case.refused)} (stated in the corpus)")
    if case.refused == () and ours.kind != "rows":
        yield Disagreement(0, "", told(ours), "rows (stated in the corpus)")
    if case.expected and ours.kind != "rows":
        yield Disagreement(0, "", told(ours), "rows (stated in the corpus)")
        return
    for number, codes in case.expected.items():
        found = Counter(code for (_, code), count in ours.faults.get(number, Counter()).items() for _ in range(count))
        if found != Counter(codes):
            yield Disagreement(number, "v", spelled(found), f"{spelled(Counter(codes))} (stated in the corpus)")


def spelled(codes: Counter[str]) -> str:
    return " ".join(sorted(codes.elements())) or "accepted"


def places(case: Case, ours: Result, theirs: Result):
    """Where the lines of the rejected rows, or the texts of their cells, are others than those of the file."""
    for (number, column), text in ours.found.items():
        cell = theirs.texts.get(number, {}).get(column, "")
        clipped = cell if len(cell) <= CLIPPED else cell[:CLIPPED] + "..."
        # Of a null nothing is shown.
        if text and column in case.field_names and clipped not in text:
            yield Disagreement(number, column, f"found {text!r}", f"found {cell!r}", cell)
    if case.raw is not None or case.of("lineTerminator") not in (None, "\n", "\r", "\r\n"):
        return
    starts = line_numbers(case)
    for number, line in ours.lines.items():
        if line != starts[number - 1]:
            yield Disagreement(number, "", f"line {line}", f"line {starts[number - 1]}")


def line_numbers(case: Case) -> list[int]:
    """The line on which each record starts."""
    starts, line = [], 1
    for record in case.records:
        starts.append(line)
        line += len(re.findall("\r\n|\r|\n", case.of("delimiter").join(record.cells) + record.end))
    return starts


def of_row(case: Case, number: int, ours: Result, theirs: Result, used: set[str]):
    mine, other = ours.faults.get(number, Counter()), theirs.faults.get(number, Counter())
    if normal(case, mine) == normal(case, other):
        return
    mine, other = normal(case, mine), normal(case, other)
    texts = theirs.texts[number]
    if explained := differences.of_row(differences.Row(case, number, texts, mine, other, mine)):
        used.add(explained)
        return
    for column in sorted({column for column, _ in (mine - other) + (other - mine)}):
        here = [Counter({fault: n for fault, n in side.items() if fault[0] == column}) for side in (mine, other)]
        said = [spelled(Counter({code: n for (_, code), n in side.items()})) for side in here]
        if column:
            explained = differences.of_cell(
                differences.Cell(case.field_of(column) or {}, texts.get(column, ""), *said, case)
            )
        else:
            explained = differences.of_row(differences.Row(case, number, texts, *here, mine))
        if explained:
            used.add(explained)
        else:
            yield Disagreement(number, column, *said, texts.get(column, ""))


def normal(case: Case, faults: Faults) -> Faults:
    """The faults as a multiset of column and code; codes of a row as a whole have no column, nor has what is no field."""
    found: Faults = Counter()
    for (column, code), count in faults.items():
        found["" if code in ROW_CODES or column not in case.field_names else column, code] += count
    return found


def of_values(case: Case, ours: Result, theirs: Result, used: set[str]) -> list[Disagreement]:
    """The texts and the typed values of the rows that Sluice accepts."""
    numbers = [number for number in theirs.texts if number not in ours.faults]
    if len(numbers) != len(ours.texts):
        return [Disagreement(0, "", f"{len(ours.texts)} accepted records", f"{len(numbers)} accepted records")]
    found = []
    for at, number in enumerate(numbers):
        for name in case.field_names:
            text, other = ours.texts[at].get(name), theirs.texts[number].get(name, "")
            cell = differences.Cell(case.field_of(name) or {}, other, f"text {text!r}", f"text {other!r}", case)
            if text != other and (explained := differences.of_cell(cell)):
                used.add(explained)
            elif text != other:
                found.append(Disagreement(number, name, cell.ours, cell.theirs, other))
    if ours.values is None:
        return found
    if len(ours.values) != len(numbers):
        return [*found, Disagreement(0, "", f"{len(ours.values)} published rows", f"{len(numbers)} accepted rows")]
    for at, number in enumerate(numbers):
        found += of_typed(case, number, ours.values[at], theirs, used)
    return found


def of_typed(case: Case, number: int, mine: dict, theirs: Result, used: set[str]):
    for each in case.fields:
        name = each["name"]
        value, other = mine.get(published(name)), theirs.values[number].get(name)
        if (name, "type-error") in theirs.faults.get(number, Counter()) or same(value, other, each):
            continue
        cell = differences.Cell(each, theirs.texts[number].get(name, ""), f"value {value!r}", f"value {other!r}", case)
        if explained := differences.of_cell(cell):
            used.add(explained)
            continue
        yield Disagreement(number, name, cell.ours, cell.theirs, cell.text)


def published(name: str) -> str:
    """The column of a field: Delta allows no space and none of `,;{}()=` in a name."""
    return "".join("_" if c.isspace() or c in ",;{}()=" else c for c in name)


def same(value: Any, other: Any, each: dict) -> bool:
    """Whether a published value is the reference's value; types that are kept as text are compared as text."""
    if value is None or other is None:
        return value is other
    match each.get("type", "any"):
        case "number":
            if isinstance(value, Decimal):
                return value == other
            return float(other) == value or (math.isnan(float(other)) and math.isnan(value))
        case "integer" | "boolean" | "year":
            return type(value) is type(other) and value == other
        case "date":
            return isinstance(value, date) and value == other
        case "datetime":
            return isinstance(value, datetime) and value == in_utc(other)
        case "time":
            return time.fromisoformat(value) == other.replace(tzinfo=None)
        case "yearmonth":
            return value == f"{other.year:04}-{other.month:02}"
        case "string" | "any":
            return value == other
    return True
