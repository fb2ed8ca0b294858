"""Dialects, each property by itself and with those that it meddles with."""

from case import Case, Record
from corpus.build import lines, records

FIELDS = ({"name": "id", "type": "integer"}, {"name": "name", "type": "string"})
FRUITS = [("id", "name"), ("1", "apple"), ("2", "orange"), ("x", "pear")]
NASTY = [("id", "name"), ("1", 'a"b'), ("2", "a,b"), ("3", "a\nb"), ("4", ""), ("", "e"), ("6", " f "), ("7", '"'),
    ("8", '""'),
         ("9", "a\\b"), ("10", "a;b|c\td"), ("11", "'"), ("12", "#"), ("x", "y")]


def case(name: str, dialect: dict, rows=NASTY, text: str | None = None, end: str | None = None, **more) -> Case:
    made = records(rows, dialect, end) if text is None else lines(text, dialect, end or "\n")
    return Case(f"dialect/{name}", FIELDS, made, dialect=dialect, **more)


def delimiters():
    for name, delimiter in [("semicolon", ";"), ("tab", "\t"), ("pipe", "|"), ("colon", ":"), ("caret", "^"),
        ("space", " "),
                            ("letter", "x"), ("unit-separator", "\x1f"), ("euro", "€"), ("pipes", "||"),
                                ("colons", "::"), ("arrow", "->")]:
        rows = FRUITS if delimiter == "x" else NASTY
        yield case(f"delimiter/{name}", {"delimiter": delimiter}, rows)


CASES = [
    *delimiters(),
    case("default", {}),
    case("empty", {}, FRUITS),
    case("spelled-out", {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True,
        "skipInitialSpace": False,
                         "header": True, "headerRows": [1], "headerJoin": " "}),
    case("quote/apostrophe", {"quoteChar": "'"}),
    case("quote/euro", {"quoteChar": "€"}),
    case("quote/pipe", {"quoteChar": "|", "delimiter": ";"}),
    case("quote/none", {"quoteChar": ""}, text='id,name\n1,"a"\n2,"a,b"\n3,a""b\n"4",x\n'),
    case("quote/none-escape", {"quoteChar": "", "escapeChar": "\\"}, NASTY),
    case("quote/inside", {}, text='id,name\n1,a"b"\n2,a""b\n3, "a"\n4,"a"\n5,""\n6,"""a"""\n7,a"\n"8",b\n'),
    case("quote/stray", {}, text='id,name\n1,"a"b\n2,"a" \n3,"a"b"\n"4"x,a\n5,""a\n6,ok\n'),
    case("quote/not-doubled", {"doubleQuote": False}, text='id,name\n1,"a"\n2,"a,b"\n3,a""b\n4,"a""b"\n5,"a"b\n6,""\n'),
    case("escape/backslash", {"escapeChar": "\\"}, NASTY),
    case("escape/no-doubles", {"escapeChar": "\\", "doubleQuote": False}, NASTY),
    case("escape/outside", {"escapeChar": "|"},
        text="id,name\n1,apple|,fruits\n2,orange|,fruits\n3,a||b\n4,|\"a|\"\n5,|a|b\n"),
    case("escape/inside", {"escapeChar": "\\"}, text='id,name\n1,"a\\"b"\n2,"a\\\\"\n3,"a\\,b"\n4,"\\n"\n5,"a""b"\n'),
    Case("dialect/escape/line-break", FIELDS,
         (Record(("id", "name")), Record(("1", "a\\\nb")), Record(("2", "c")), Record(("3", "d\\\\")),
             Record(("4", "e"))),
         dialect={"escapeChar": "\\"}),
    Case("dialect/escape/crlf", FIELDS, (Record(("id", "name")), Record(("1", "a\\\r\nb")), Record(("2", "c"))),
         dialect={"escapeChar": "\\"}),
    Case("dialect/escape/end", FIELDS, (Record(("id", "name")), Record(("1", "a\\"), "")),
        dialect={"escapeChar": "\\"}),
    case("space/skip", {"skipInitialSpace": True},
        text='id, name\n1, apple\n2,  two\n3, "a, b"\n 4,x\n5,\n6, \n7,x \n8, "a"\n'),
    case("space/keep", {"skipInitialSpace": False}, text='id,name\n1, apple\n2, "a"\n3,x \n'),
    case("space/skip-semicolon", {"skipInitialSpace": True, "delimiter": ";"}, text="id; name\n1; apple\n2;\tx\n"),
    case("comment/lines", {"commentChar": "#"}, text="id,name\n#fruits\n1,apple\n# a, b\n2,#orange\n#\n3,x#y\n#,#,#\n"),
    case("comment/first", {"commentChar": "#", "headerRows": [2]}, text="# made on Monday\nid,name\n1,apple\n"),
    case("comment/before-the-header", {"commentChar": "#"}, text="# made on Monday\nid,name\n1,apple\nx,y\n"),
    case("comment/characters", {"commentChar": "//"}, text="id,name\n//fruits\n1,apple\n/2,x\n2,//\n"),
    case("comment/quotes", {"commentChar": "#"}, text='id,name\n#it"s\n1,a\n#"open\n#,"open\n2,b\n'),
    case("comment/quoted-cell", {"commentChar": "#"}, text='id,name\n1,a\n"#2",b\n3,c\n'),
    case("comment/space", {"commentChar": "#"}, text="id,name\n #x,y\n1,a\n"),
    case("comment/last", {"commentChar": "#"}, text="id,name\n1,a\n# the end\n", end="\r\n"),
    case("comment-rows/one", {"commentRows": [2]}, text="id,name\n#fruits\n1,apple\n2,orange\n"),
    case("comment-rows/several", {"commentRows": [3, 5]}, text="id,name\n1,apple\nx,y,z\n2,orange\n\n3,pear\n"),
    case("comment-rows/first", {"commentRows": [1], "headerRows": [2]}, text="fruits of the year\nid,name\n1,apple\n"),
    case("comment-rows/beyond", {"commentRows": [100]}, text="id,name\n1,apple\n"),
    case("header/none", {"header": False}, text="1,apple\n2,orange\nx,y\n"),
    case("header/none-blank", {"header": False}, text="\n1,apple\n\n"),
    case("header/second", {"headerRows": [2]}, text="a report,\nid,name\n1,apple\n"),
    case("header/third", {"headerRows": [3]}, text="a report\n\nid,name\n1,apple\nx,y\n"),
    Case("dialect/header/joined", ({"name": "fruit id", "type": "integer"}, {"name": "kind name", "type": "string"}),
         lines("fruit,kind\nid,name\n1,apple\nx,y\n", {}), dialect={"headerRows": [1, 2]}),
    Case("dialect/header/join", ({"name": "fruit-id", "type": "integer"}, {"name": "kind-name", "type": "string"}),
         lines("fruit,kind\nid,name\n1,apple\n", {}), dialect={"headerRows": [1, 2], "headerJoin": "-"}),
    Case("dialect/header/join-repeated", ({"name": "id", "type": "integer"}, {"name": "kind-name", "type": "string"}),
         lines("id,kind\nid,name\n1,apple\n", {}), dialect={"headerRows": [1, 2], "headerJoin": "-"}),
    Case("dialect/header/join-apart", ({"name": "fruit id", "type": "integer"},
        {"name": "kind name", "type": "string"}),
         lines("fruit,kind\n---,---\nid,name\n1,apple\n", {}), dialect={"headerRows": [1, 3]}),
    Case("dialect/header/join-short", ({"name": "fruit id", "type": "integer"}, {"name": "name", "type": "string"}),
         lines("fruit\nid,name\n1,apple\n", {}), dialect={"headerRows": [1, 2]}),
    case("null/sequence", {"nullSequence": "\\N"}, text="id,name\n1,apple\n\\N,x\n3,\\N\n4,\n\\N,\\N\n"),
    case("null/word", {"nullSequence": "NA"}, text="id,name\n1,apple\n2,NA\nNA,x\n"),
    case("null/missing", {"nullSequence": "NA"}, text="id,name\n1,apple\n2,NA\n-,x\n", schema={"missingValues": ["-"]}),
    case("terminator/semicolon", {"lineTerminator": ";"}, FRUITS),
    case("terminator/semicolon-breaks", {"lineTerminator": ";"},
        [("id", "name"), ("1", "a\nb"), ("2", "c\r\nd"), ("x", "e;f")]),
    case("terminator/characters", {"lineTerminator": "||"}, FRUITS),
    case("terminator/record-separator", {"lineTerminator": "\x1e", "delimiter": "\x1f"}, NASTY),
    case("terminator/cr", {"lineTerminator": "\r"}, NASTY),
    case("terminator/lf", {"lineTerminator": "\n"}, NASTY),
    case("ends/crlf", {}, NASTY, end="\r\n"),
    case("ends/cr", {}, NASTY, end="\r"),
    Case("dialect/ends/mixed", FIELDS, (Record(("id", "name"), "\r\n"), Record(("1", "a")), Record(("2", "b"), "\r"),
        Record(("3", "c"), "\r\n"),
                                        Record((), "\r"), Record((), "\r\n"), Record(("4", "d"), ""))),
    Case("dialect/ends/none", FIELDS, (Record(("id", "name")), Record(("1", "a"), ""))),
    Case("dialect/ends/delimiter", FIELDS, (Record(("id", "name")), Record(("1", ""), ""))),
    Case("dialect/tsv", FIELDS, tuple(Record((line,)) for line in ("id\tname", "1\tapple", "2\ta,b")),
        resource={"format": "tsv"}),
]
