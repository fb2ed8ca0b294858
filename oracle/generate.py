"""Random cases: schemas, dialects and cells, from a seed."""

from dataclasses import replace
from functools import cache
from random import Random
from typing import NamedTuple

from case import Case, Record, Reference, quoted
from corpus import CASES

NAMES = ["id", "name", "größe", "day", "x_1", "n-2"]
TEXTS = ["a", "B", "é", "x y", "0", "-1", "", "NA", "日本", "long " * 9, "it's", "#", "//", "null", "\\N", "a.b", "€"]
# What a text is made nearly right with.
NOISE = list(" \t.,;:-+_'\"/\\#|%0159eETZanN€é\n\r") + ["\u00a0", "١", "", ""]
MISSING = [["", "NA"], ["-"], [], ["", "null", "0"], [{"value": ""}, {"value": "-99", "label": "REFUSED"}]]
PATTERNS = ["[a-z]+", ".*", "a|b", "\\d+", "[^ ]*", "(\\w+\\s?)*"]
KINDS_WITH_BOUNDS = ("integer", "number", "date", "time", "datetime", "year", "yearmonth")
# What keys are made of: texts that both sides read alike.
CLEAN = {
    "string": ["a", "b", "A", "é", "a ", "c"],
    "integer": ["1", "2", "3", "01", "+2", "-1"],
    "date": ["2013-01-01", "2013-01-02", "2014-02-28"],
    "boolean": ["true", "false", "1"],
    "number": ["1", "1.0", "2.5", "25e-1", "0", "-0"],
}
ENCODINGS = [
    ("utf-8", "utf-8"),
    ("utf-16", "utf-16"),
    ("iso-8859-1", "iso-8859-1"),
    ("windows-1252", "cp1252"),
    ("shift_jis", "shift_jis"),
    ("gb18030", "gb18030"),
    ("utf-16-be", "utf-16-be"),
]


class Column(NamedTuple):
    """A field, as each side is told it, and what its cells are drawn from."""

    field: dict
    told: dict
    right: list[str]
    any: list[str]


@cache
def columns() -> list[Column]:
    """The fields of the corpus made by hand, each with the texts that stand there for its type."""
    by_type: dict[str, list[str]] = {}
    found = []
    for case in CASES:
        if case.field_names != ["id", "v"] or len(case.records) < 2 or case.name.startswith(("key/", "missing/")):
            continue
        each, told = case.fields[1], (case.told or case.fields)[1]
        # Other words for the same thing are the same for the texts of the corpus alone.
        if case.told:
            continue
        right = [text for row, text in texts(case) if case.expected.get(row) == ()]
        by_type.setdefault(each.get("type", "any"), []).extend(text for _, text in texts(case))
        found.append((each, told, right))
    return [Column(each, told, right, by_type[each.get("type", "any")]) for each, told, right in found if right]


def texts(case: Case):
    """The texts of column `v` by row number, as they were before they were quoted."""
    for row, record in enumerate(case.records[1:], start=2):
        cell, quote = record.cells[1], case.of("quoteChar")
        yield row, cell[1:-1].replace(quote * 2, quote) if cell.startswith(quote) and cell.endswith(quote) else cell


def case(seed: str, number: int) -> Case:
    """Random case `number`; the same for the same seed."""
    random = Random(f"{seed}/{number}")
    dialect = draw_dialect(random)
    drawn = [draw_column(random, name) for name in NAMES[: random.randint(1, len(NAMES))]]
    schema, references, drawn = draw_schema(random, drawn)
    resource, codec = draw_encoding(random)
    rows = [draw_row(random, drawn, schema, dialect) for _ in range(random.randint(0, 30))]
    order = draw_order(random, schema, len(drawn))
    made = Case(
        f"random/{seed}/{number}",
        tuple(each.field for each in drawn),
        tuple(draw_records(random, [each.field["name"] for each in drawn], rows, order, dialect)),
        dialect=dialect,
        schema=schema,
        resource=resource,
        references=references,
        codec=codec,
        compression=random.choice([None] * 8 + ["gz", "zst"]),
        told=tuple(each.told for each in drawn),
    )
    return encodable(made)


def draw_dialect(random: Random) -> dict:
    found = {}
    if random.random() < 0.4:
        found["delimiter"] = random.choice([";", "\t", "|", ":", "||", "€", "^", "~~"])
    if random.random() < 0.2:
        found["quoteChar"] = random.choice(["'", "'", "", "`"])
    if random.random() < 0.15:
        found["doubleQuote"] = random.choice([True, False])
    if random.random() < 0.15:
        found["escapeChar"] = random.choice(["\\", "!"])
    if random.random() < 0.2:
        found["skipInitialSpace"] = random.choice([True, False])
    if random.random() < 0.2:
        found["commentChar"] = random.choice(["#", "//", "%"])
    if random.random() < 0.1:
        found["nullSequence"] = random.choice(["\\N", "NA", "0"])
    if random.random() < 0.1:
        found["lineTerminator"] = random.choice(["\n", "\r\n", "\x1e", "@@"])
    if random.random() < 0.1:
        found["commentRows"] = sorted(random.sample(range(3, 12), 2))
    if random.random() < 0.1:
        found["header"] = False
    elif random.random() < 0.1:
        found["headerRows"] = [random.randint(1, 3)]
    if "commentRows" in found and max(found.get("headerRows", [1])) > 2:
        del found["commentRows"]
    return found


def draw_column(random: Random, name: str) -> Column:
    each = random.choice(columns())
    more = draw_constraints(random, each)
    found = [dict(side) | {"name": name} for side in (each.field, each.told)]
    for side in found:
        side["constraints"] = more | side.get("constraints", {})
    if random.random() < 0.1:
        missing = random.choice(MISSING)
        found = [side | {"missingValues": missing} for side in found]
    return each._replace(field=found[0], told=found[1])


def draw_constraints(random: Random, column: Column) -> dict:
    """One constraint at most, so that they cannot contradict each other."""
    kind, own = column.field.get("type", "any"), column.field.get("constraints", {})
    found = {"required": True} if random.random() < 0.2 else {}
    right = [text for text in column.right if text]
    if own or not right or random.random() < 0.5 or "categories" in column.field:
        return found
    if kind in KINDS_WITH_BOUNDS and random.random() < 0.7:
        bound = random.choice([text for text in right if text.strip().upper() != "NAN"])
        return found | {random.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]): bound}
    if kind in ("string", "array", "object", "list") and random.random() < 0.5:
        return found | {random.choice(["minLength", "maxLength"]): random.randint(0, 5)}
    if kind == "string" and random.random() < 0.5:
        return found | {"pattern": random.choice(PATTERNS)}
    if kind in ("geojson", "list"):
        return found
    return found | {"enum": random.sample(right, min(len(right), random.randint(1, 4)))}


def draw_schema(random: Random, drawn: list[Column]) -> tuple[dict, tuple[Reference, ...], list[Column]]:
    schema: dict = {}
    references: tuple[Reference, ...] = ()
    if random.random() < 0.25:
        schema["missingValues"] = random.choice(MISSING)
    names = [each.field["name"] for each in drawn]
    keyed = random.sample(names, random.randint(1, min(2, len(names))))
    kind = random.choice(["", "", "", "unique", "primaryKey", "uniqueKeys", "foreignKeys"])
    if kind == "unique":
        drawn = [clean(random, each, {"unique": True}) if each.field["name"] in keyed else each for each in drawn]
    elif kind:
        drawn = [clean(random, each, {}) if each.field["name"] in keyed else each for each in drawn]
    if kind == "primaryKey":
        schema["primaryKey"] = keyed
    if kind == "uniqueKeys":
        schema["uniqueKeys"] = [keyed]
    if kind == "foreignKeys":
        references = (reference_table(random, [each.field for each in drawn if each.field["name"] in keyed]),)
        targets = [each["name"] for each in references[0].fields]
        sources = [each["name"] for each in (column.field for column in drawn) if each["name"] in keyed]
        schema["foreignKeys"] = [{"fields": sources, "reference": {"resource": "codes", "fields": targets}}]
    if random.random() < 0.25:
        schema["fieldsMatch"] = random.choice(["exact", "equal", "subset", "superset", "partial"])
    return schema, references, drawn


def clean(random: Random, column: Column, constraints: dict) -> Column:
    """A column for a key: of few values, which both sides read alike."""
    kind = random.choice(list(CLEAN))
    each = {"name": column.field["name"], "type": kind} | ({"constraints": constraints} if constraints else {})
    return Column(each, each, CLEAN[kind], CLEAN[kind] + [""])


def reference_table(random: Random, fields: list[dict]) -> Reference:
    """A table of some of the values that the key may have, each once."""
    targets = [{"name": f"code{n}", "type": each["type"]} for n, each in enumerate(fields)]
    pools = [
        {
            "string": ["a", "b", "é"],
            "integer": ["1", "2"],
            "date": CLEAN["date"][:2],
            "boolean": ["true"],
            "number": ["1", "2.5"],
        }[each["type"]]
        for each in fields
    ]
    rows = [",".join(row) for row in combinations(pools) if random.random() < 0.8] or [
        ",".join(pool[0] for pool in pools)
    ]
    head = ",".join(each["name"] for each in targets)
    return Reference("codes", targets, [each["name"] for each in targets], "\n".join([head, *rows]) + "\n")


def combinations(pools: list[list[str]]) -> list[list[str]]:
    return [[]] if not pools else [[first, *rest] for first in pools[0] for rest in combinations(pools[1:])]


def draw_encoding(random: Random) -> tuple[dict, str]:
    if random.random() < 0.75:
        return {}, random.choice(["utf-8", "utf-8", "utf-8-sig"])
    declared, codec = random.choice(ENCODINGS)
    return {"encoding": declared}, codec


def draw_row(random: Random, drawn: list[Column], schema: dict, dialect: dict) -> list[str]:
    if random.random() < 0.04:
        return [] if random.random() < 0.5 else [""] * len(drawn)
    row = [draw_cell(random, each, schema, dialect) for each in drawn]
    if random.random() < 0.05:
        row = row[: random.randint(1, len(row))]
    return row + [random.choice(TEXTS) for _ in range(random.randint(1, 3))] if random.random() < 0.03 else row


def draw_cell(random: Random, column: Column, schema: dict, dialect: dict) -> str:
    chance = random.random()
    key = column.any[:-1] == column.right
    if chance < 0.04 and not key:
        return random.choice(["", "NA", "-", dialect.get("nullSequence", "null")])
    if chance < 0.65 or key:
        return random.choice(column.right if chance < 0.9 else column.any)
    if chance < 0.85:
        return random.choice(column.any)
    if chance < 0.95:
        return noisy(random, random.choice(column.right))
    return random.choice(TEXTS)


def noisy(random: Random, text: str) -> str:
    """A text with a character more, less or other."""
    at = random.randint(0, len(text))
    return text[:at] + random.choice(NOISE) + text[at + random.randint(0, 1) :]


def draw_order(random: Random, schema: dict, count: int) -> list[int | None]:
    """The columns of the file: positions of fields, None for one that is no field."""
    order: list[int | None] = list(range(count))
    if schema.get("fieldsMatch", "exact") == "exact":
        return order
    random.shuffle(order)
    if random.random() < 0.3 and len(order) > 1:
        order.pop()
    if random.random() < 0.3:
        order.insert(random.randint(0, len(order)), None)
    return order


def draw_records(random: Random, names: list[str], rows: list[list[str]], order: list[int | None], dialect: dict):
    end = dialect.get("lineTerminator", random.choice(["\n", "\n", "\r\n", "\r"]))
    mixed = "lineTerminator" not in dialect and random.random() < 0.1
    always = random.choice([0.0, 0.0, 0.5, 1.0]) if dialect.get("quoteChar", '"') else 0.0
    sorted_rows = (
        [[name if at is not None else "other" for at in order for name in [names[at] if at is not None else ""]]]
        if dialect.get("header", True)
        else []
    )
    sorted_rows += [ordered(row, order) for row in rows]
    preamble = dialect.get("headerRows", [1])[0] - 1 if dialect.get("header", True) else 0
    ends = (random.choice(["\n", "\r\n", "\r"]) if mixed else end for _ in iter(int, 1))
    found = [Record(("a report",), next(ends)) for _ in range(preamble)]
    for at, row in enumerate(sorted_rows):
        if dialect.get("commentChar") and at and random.random() < 0.1:
            found.append(
                Record((dialect["commentChar"] + random.choice(["", " a note", "x"]),), next(ends), comment=True)
            )
        cells = [expressible(cell, dialect, first=n == 0) for n, cell in enumerate(row)]
        found.append(Record(tuple(quoted(cell, dialect, random.random() < always) for cell in cells), next(ends)))
    if mixed:
        found = [guarded(each, following) for each, following in zip(found, [*found[1:], None])]
    if found and found[-1].cells and random.random() < 0.3:
        found[-1] = found[-1]._replace(end="")
    return found


def guarded(record: Record, following: Record | None) -> Record:
    """A CR before a blank line that is an LF would be one CRLF."""
    blank = following is not None and not "".join(following.cells) and following.end == "\n"
    return record._replace(end="\r\n") if record.end == "\r" and blank else record


def ordered(row: list[str], order: list[int | None]) -> list[str]:
    """The cells of a row in the order of the columns; one that is too short or too long stays so."""
    found = [("y" if at is None else row[at]) for at in order if at is None or at < len(row)]
    return found + row[len(order) :] if len(row) > len(order) and order == list(range(len(order))) else found


def expressible(text: str, dialect: dict, first: bool) -> str:
    """The text without what the dialect cannot express."""
    quote, escape, mark = dialect.get("quoteChar", '"'), dialect.get("escapeChar"), dialect.get("commentChar")
    if dialect.get("lineTerminator", "\n") not in ("\n", "\r\n"):
        # The reference is shown other characters for these, which are no white space.
        text = text.replace("\r", "").replace("\n", "")
    if not quote and not escape:
        for special in (dialect.get("delimiter", ","), dialect.get("lineTerminator", "\n"), "\r", "\n"):
            text = text.replace(special, "")
    if not quote and escape and len(dialect.get("delimiter", ",")) > 1:
        text = text.replace(dialect["delimiter"], "")
    if not quote:
        text = text.rstrip(
            "".join(mark[0] for mark in (dialect.get("delimiter", ","), dialect.get("lineTerminator", "\n")))
        )
    if quote and not escape and not dialect.get("doubleQuote", True):
        text = text.replace(quote, "")
    if not quote and first and mark:
        text = text.lstrip(mark + " ")
    return text


def encodable(case: Case) -> Case:
    """The case in UTF-8, if its own encoding lacks a character of it, or reads one back as another."""
    try:
        if case.text.encode(case.codec).decode(case.codec) == case.text:
            return case
    except UnicodeError:
        pass
    return replace(case, codec="utf-8", resource={})
