"""Rows that are ragged, blank or unclosed; encodings and compression."""

from case import Case, Record
from corpus.build import lines, records

FIELDS = ({"name": "id", "type": "integer"}, {"name": "name", "type": "string"}, {"name": "size", "type": "number"})
NAMES = ({"name": "id", "type": "integer"}, {"name": "größe", "type": "string"})


def of(name: str, text: str, fields=FIELDS, **more) -> Case:
    return Case(f"shape/{name}", fields, lines(text, {}), **more)


def encoded(name: str, declared: str | None, codec: str, text: str = "äöü", compression: str | None = None,
    **more) -> Case:
    rows = [("id", "größe"), ("1", text), ("x", "b"), ("3", "a,b\nc")]
    return Case(f"encoding/{name}", NAMES, records(rows, {}), resource={"encoding": declared} if declared else {},
        codec=codec,
                compression=compression, **more)


def bytes_of(name: str, raw: bytes, declared: str | None = None, refused: bool = True, fields=FIELDS) -> Case:
    return Case(f"bytes/{name}", fields, (), raw=raw, resource={"encoding": declared} if declared else {},
                refused=("encoding-error",) if refused else ())


HEAD = b"id,name,size\n"
CASES = [
    of("missing-cells", "id,name,size\n1,a\n2\nx\n3,c,1\n,b\n"),
    of("extra-cells", "id,name,size\n1,a,1,2\n1,a,1,2,3\nx,a,1,2\n1,a,1,\n,,,\n"),
    of("many-extra-cells",
        "id,name,size\n1,a,1" + ",9" * 15 + "\n1,a,1" + ",9" * 16 + "\n1,a,1" + ",9" * 17 + "\n1,a,1" + ",9" * 40 + "\n"),
    of("blank-rows", "id,name,size\n\n1,a,1\n,,\n\n\n2,b,2\n,\n"),
    of("blank-missing", "id,name,size\nNA,,NA\nNA\n1,a,NA\n", schema={"missingValues": ["", "NA"]}),
    of("blank-required", "id,name,size\n,,\n,a,\n\n", ({"name": "id", "type": "integer",
        "constraints": {"required": True}}, *FIELDS[1:])),
    of("ragged-required", "id,name,size\n1\n1,a\n", (*FIELDS[:2],
        {"name": "size", "type": "number", "constraints": {"required": True}})),
    of("spaces", "id,name,size\n  \n , , \n1, ,1\n"),
    of("one-column", "id\n1\n\nx\n1,2\n", FIELDS[:1]),
    of("one-column-quoted", 'id\n""\n"1"\n""""\n', FIELDS[:1]),
    of("several-faults", "id,name,size\nx,a,y\nx,,y\n1,a,1\n"),
    of("unclosed", 'id,name,size\n1,"a,1\n2,b,2\n', refused=("unclosed-quote",)),
    of("unclosed-last", 'id,name,size\n1,a,"1', refused=("unclosed-quote",)),
    Case("shape/swallowed", FIELDS, (Record(("id", "name", "size")), Record(("1", '"a,1\n2,b,2\n3,c"', "3")),
        Record(("4", "d", "4")))),
    Case("shape/long-cell", FIELDS, records([("id", "name", "size"), ("1", "x" * 100_000, "1"), ("2", "y", "z")], {})),
    Case("shape/many-columns", tuple({"name": f"c{n}", "type": "integer"} for n in range(200)),
         records([[f"c{n}" for n in range(200)], ["1"] * 200, ["1"] * 199, ["1"] * 198 + ["x", ""]], {})),
    Case("shape/no-final-break", FIELDS, (Record(("id", "name", "size")), Record(("1", "a", "1")),
        Record(("x", "b", "2"), ""))),
    encoded("utf-8", "utf-8", "utf-8"),
    encoded("utf-8-upper", "UTF-8", "utf-8"),
    encoded("utf8", "utf8", "utf-8"),
    encoded("utf-8-mark", "utf-8", "utf-8-sig"),
    encoded("undeclared", None, "utf-8"),
    encoded("undeclared-mark", None, "utf-8-sig"),
    encoded("utf-16-mark", "utf-16", "utf-16"),
    encoded("utf-16-le", "utf-16-le", "utf-16-le"),
    encoded("utf-16-be", "utf-16-be", "utf-16-be"),
    encoded("latin-1", "iso-8859-1", "iso-8859-1", "äöü ÿ\u0085x"),
    encoded("latin-1-python", "latin-1", "iso-8859-1"),
    encoded("windows-1252", "windows-1252", "cp1252", "äöü € “x”"),
    encoded("cp1252", "cp1252", "cp1252", "äöü € “x”"),
    encoded("iso-8859-15", "iso-8859-15", "iso-8859-15", "äöü €"),
    Case("encoding/windows-1251", FIELDS[:2], records([("id", "name"), ("1", "привет"), ("x", "б")], {}),
        resource={"encoding": "windows-1251"},
         codec="cp1251"),
    Case("encoding/shift-jis", FIELDS[:2], records([("id", "name"), ("1", "日本語"), ("2", "表示ソ"), ("x", "ア")], {}),
         resource={"encoding": "shift_jis"}, codec="shift_jis"),
    Case("encoding/gb18030", FIELDS[:2], records([("id", "name"), ("1", "中文"), ("2", "㐀😀"), ("x", "国")], {}),
         resource={"encoding": "gb18030"}, codec="gb18030"),
    Case("encoding/ascii", FIELDS[:2], records([("id", "name"), ("1", "a"), ("x", "b")], {}),
        resource={"encoding": "ascii"}, codec="ascii"),
    encoded("gzip", None, "utf-8", compression="gz"),
    encoded("gzip-latin-1", "iso-8859-1", "iso-8859-1", compression="gz"),
    encoded("zstd", None, "utf-8", compression="zst"),
    encoded("zstd-utf-16", "utf-16", "utf-16", compression="zst"),
    bytes_of("invalid-utf-8", HEAD + b"1,\xff,1\n", "utf-8"),
    bytes_of("cut-utf-8", HEAD + b"1,a,1\n2,\xc3", "utf-8"),
    bytes_of("overlong-utf-8", HEAD + b"1,\xc0\xaf,1\n", "utf-8"),
    bytes_of("surrogate-utf-8", HEAD + b"1,\xed\xa0\x80,1\n", "utf-8"),
    bytes_of("latin-1-as-utf-8", HEAD + "1,é,1\n".encode("latin-1"), "utf-8"),
    bytes_of("not-ascii", HEAD + "1,é,1\n".encode(), "ascii"),
    bytes_of("odd-utf-16", "id,name,size\n1,a,1\n".encode("utf-16-le") + b"x", "utf-16-le"),
    bytes_of("nul", HEAD + b"1,a\x00b,1\n2,b,2\n", "utf-8", refused=False),
    bytes_of("zeros", HEAD + b"\x00\x00\n", "utf-8", refused=False),
    bytes_of("controls", HEAD + b"1,a\x01\x02\x7f,1\n\x0b,b,1\n\x1a,c,1\n", "utf-8", refused=False),
    bytes_of("line-separators", HEAD + "1,a\u2028b\x0bc\x0cd\x85,1\n".encode(), "utf-8", refused=False),
]
