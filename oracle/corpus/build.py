"""How the cases made by hand are written down."""

from case import Case, Record, quoted

ACCEPTED: tuple[str, ...] = ()
TYPE = ("type-error",)
BROKEN = ("constraint-error",)


def cells(
    name: str,
    field: dict,
    ok: list[str] | tuple = (),
    no: list[str] | tuple = (),
    broken: list[str] | tuple = (),
    ask: list[str] | tuple = (),
    schema: dict | None = None,
    dialect: dict | None = None,
    told: dict | None = None,
    codes: dict[str, tuple[str, ...]] | None = None,
) -> Case:
    """A file of one text a row, in column `v` of `field`; column `id` keeps the row from being blank.

    `ok` is accepted, `no` is a type-error, `broken` breaks one constraint, `codes` says it in full, and of `ask`
    the reference alone decides.
    """
    verdicts = [(text, ACCEPTED) for text in ok] + [(text, TYPE) for text in no] + [(text, BROKEN) for text in broken]
    verdicts += list((codes or {}).items())
    fields = ({"name": "id", "type": "string"}, {"name": "v"} | field)
    rows = [(str(n), text) for n, text in enumerate([text for text, _ in verdicts] + list(ask), start=2)]
    return Case(
        name,
        fields,
        records([("id", "v"), *rows], dialect or {}),
        dialect=dialect or {},
        schema=schema or {},
        expected={n: codes for n, (_, codes) in enumerate(verdicts, start=2)},
        told=told and (fields[0], fields[1] | told),
    )


def records(rows, dialect: dict, end: str | None = None) -> tuple[Record, ...]:
    end = end or dialect.get("lineTerminator", "\n")
    return tuple(Record(tuple(quoted(cell, dialect) for cell in row), end) for row in rows)


def lines(text: str, dialect: dict, end: str = "\n") -> tuple[Record, ...]:
    """The records of a text that holds no line breaks in quotes; a comment is one that starts with its mark."""
    mark = dialect.get("commentChar")
    return tuple(
        Record(tuple(line.split(dialect.get("delimiter", ","))) if line else (), end,
            bool(mark and line.startswith(mark)))
        for line in text.splitlines()
    )
