"""Headers: labels against fields, under every value of `fieldsMatch`."""

from case import Case
from corpus.build import lines

FIELDS = ({"name": "id", "type": "integer"}, {"name": "name", "type": "string"}, {"name": "day", "type": "date"})
REQUIRED = ({"name": "id", "type": "integer", "constraints": {"required": True}}, *FIELDS[1:])

HEADERS = {
    "same": ("id,name,day", "1,a,2013-01-01"),
    "swapped": ("name,id,day", "a,1,2013-01-01"),
    "reversed": ("day,name,id", "2013-01-01,a,1"),
    "fewer": ("id,name", "1,a"),
    "fewer-first": ("name,day", "a,2013-01-01"),
    "more": ("id,name,day,week", "1,a,2013-01-01,7"),
    "more-inside": ("id,week,name,day", "1,7,a,2013-01-01"),
    "other": ("id,name,week", "1,a,7"),
    "none": ("x,y,z", "1,2,3"),
    "case": ("ID,name,day", "1,a,2013-01-01"),
    "space": (" id,name,day", "1,a,2013-01-01"),
    "blank": ("id,,day", "1,a,2013-01-01"),
    "blank-more": ("id,name,day,", "1,a,2013-01-01,7"),
    "duplicate": ("id,name,name", "1,a,b"),
    "duplicate-more": ("id,name,day,id", "1,a,2013-01-01,2"),
    "one": ("day", "2013-01-01"),
    "quoted": ('"id","name",day', '"1","a",2013-01-01'),
    "blank-line": ("", "1,a,2013-01-01"),
}

# The codes of the header by `fieldsMatch`; what is not listed is read.
MISSING, EXTRA, BLANK, TWICE = "missing-label", "extra-label", "blank-label", "duplicate-label"
BY_NAME = {"duplicate-more": (TWICE,), "blank-line": ("blank-header",)}
REFUSED = {
    "exact": BY_NAME | dict.fromkeys(["swapped", "reversed", "other", "none", "case", "space"], ("incorrect-label",))
    | dict.fromkeys(["fewer", "fewer-first", "one"], (MISSING,)) | dict.fromkeys(["more", "more-inside"], (EXTRA,))
    | {"blank": (BLANK,), "blank-more": (BLANK,), "duplicate": (TWICE,)},
    "equal": BY_NAME | dict.fromkeys(["fewer", "fewer-first", "one"], (MISSING,))
    | dict.fromkeys(["more", "more-inside"], (EXTRA,))
    | dict.fromkeys(["other", "none", "case", "space"], (EXTRA, MISSING))
    | {"blank": (BLANK, MISSING), "blank-more": (BLANK,), "duplicate": (TWICE, MISSING)},
    "subset": BY_NAME
    | dict.fromkeys(["fewer", "fewer-first", "one", "other", "none", "case", "space", "blank"], (MISSING,))
    | {"duplicate": (TWICE, MISSING)},
    "superset": BY_NAME | dict.fromkeys(["more", "more-inside", "other", "none", "case", "space"], (EXTRA,))
    | {"blank": (BLANK,), "blank-more": (BLANK,), "duplicate": (TWICE,)},
    "partial": BY_NAME | {"none": ("unmatched-header",), "duplicate": (TWICE,)},
}


def of(mode: str | None, name: str) -> Case:
    header, row = HEADERS[name]
    bad = row.replace("2013-01-01", "x")
    schema = {"fieldsMatch": mode} if mode else {}
    text = f"{header}\n{row}\n{bad}\n"
    return Case(f"header/{mode or 'default'}/{name}", FIELDS, lines(text, {}), schema=schema,
                refused=REFUSED[mode or "exact"].get(name, ()))


def of_some(mode: str, name: str) -> tuple[str, ...]:
    """The same where only `id` must be there, unless the mode asks for all fields."""
    lacks = name == "fewer" and mode == "subset" or name in ("fewer-first", "one")
    return (MISSING,) if lacks else ()


MODES = [None, "exact", "equal", "subset", "superset", "partial"]
CASES = [
    *(of(mode, name) for mode in MODES for name in HEADERS),
    *(Case(f"header/{mode}/required/{name}", REQUIRED, of(mode, name).records, schema={"fieldsMatch": mode},
           refused=of_some(mode, name))
      for mode in ("subset", "superset", "partial") for name in ("same", "fewer", "fewer-first", "one")),
    *(Case(f"header/{mode}/key/{name}", FIELDS, of(mode, name).records,
        schema={"fieldsMatch": mode, "primaryKey": ["id"]},
           refused=of_some(mode, name))
      for mode in ("subset", "superset", "partial") for name in ("same", "fewer", "fewer-first", "one")),
    *(Case(f"header/{mode}/blank-fields", FIELDS, lines("id,name,day,week\n1,a,2013-01-01,7\n,,,7\n,,,\n\n", {}),
        schema={"fieldsMatch": mode})
      for mode in ("subset", "partial")),
    Case("header/empty-file", FIELDS, (), refused=("empty-file",)),
    Case("header/only", FIELDS, lines("id,name,day\n", {})),
    Case("header/only-without-end", FIELDS, tuple(r._replace(end="") for r in lines("id,name,day\n", {}))),
    Case("header/mark", FIELDS, lines("\ufeffid,name,day\n1,a,2013-01-01\n", {})),
    Case("header/other-delimiter", FIELDS, lines("id;name;day\n1;a;2013-01-01\n", {}), refused=("wrong-delimiter",)),
    Case("header/aliases", ({"name": "id", "type": "integer", "aliases": ["number", "no"]}, *FIELDS[1:]),
         lines("number,name,day\n1,a,2013-01-01\nx,b,2013-01-01\n", {}), schema={"fieldsMatch": "equal"}),
]
