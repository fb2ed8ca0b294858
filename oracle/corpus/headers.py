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


def of(mode: str | None, name: str) -> Case:
    header, row = HEADERS[name]
    bad = row.replace("2013-01-01", "x")
    schema = {"fieldsMatch": mode} if mode else {}
    text = f"{header}\n{row}\n{bad}\n"
    return Case(f"header/{mode or 'default'}/{name}", FIELDS, lines(text, {}), schema=schema)


MODES = [None, "exact", "equal", "subset", "superset", "partial"]
CASES = [
    *(of(mode, name) for mode in MODES for name in HEADERS),
    *(Case(f"header/{mode}/required/{name}", REQUIRED, of(mode, name).records, schema={"fieldsMatch": mode})
      for mode in ("subset", "superset", "partial") for name in ("same", "fewer", "fewer-first", "one")),
    *(Case(f"header/{mode}/key/{name}", FIELDS, of(mode, name).records,
        schema={"fieldsMatch": mode, "primaryKey": ["id"]})
      for mode in ("subset", "superset", "partial") for name in ("same", "fewer", "fewer-first", "one")),
    *(Case(f"header/{mode}/blank-fields", FIELDS, lines("id,name,day,week\n1,a,2013-01-01,7\n,,,7\n,,,\n\n", {}),
        schema={"fieldsMatch": mode})
      for mode in ("subset", "partial")),
    Case("header/empty-file", FIELDS, ()),
    Case("header/only", FIELDS, lines("id,name,day\n", {})),
    Case("header/only-without-end", FIELDS, tuple(r._replace(end="") for r in lines("id,name,day\n", {}))),
    Case("header/mark", FIELDS, lines("\ufeffid,name,day\n1,a,2013-01-01\n", {})),
    Case("header/other-delimiter", FIELDS, lines("id;name;day\n1;a;2013-01-01\n", {})),
    Case("header/aliases", ({"name": "id", "type": "integer", "aliases": ["number", "no"]}, *FIELDS[1:]),
         lines("number,name,day\n1,a,2013-01-01\nx,b,2013-01-01\n", {}), schema={"fieldsMatch": "equal"}),
]
