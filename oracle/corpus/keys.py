"""Keys: unique, primary, foreign."""

from case import Case, Reference
from corpus.build import lines

AB = ({"name": "a", "type": "integer"}, {"name": "b", "type": "string"}, {"name": "c", "type": "number"})
ROWS = "a,b,c\n1,x,1.0\n2,y,2\n1,z,3\n2,y,1\n,w,4\n,v,5\n3,,\n4,u,NaN\n"
CITIES = Reference("cities", [{"name": "code", "type": "string"}, {"name": "zone", "type": "integer"}], ["code"],
                   "code,zone\nB,1\nM,2\nH,3\n")
ZONES = Reference("zones", [{"name": "code", "type": "string"}, {"name": "zone", "type": "integer"}], ["code", "zone"],
                  "code,zone\nB,1\nB,2\nM,1\n")
VISITS = ({"name": "city", "type": "string"}, {"name": "zone", "type": "integer"}, {"name": "day", "type": "date"})


def of(name: str, fields=AB, text: str = ROWS, references=(), **schema) -> Case:
    return Case(f"key/{name}", tuple(fields), lines(text, {}), schema=schema, references=references)


def unique(at: int, fields=AB) -> tuple[dict, ...]:
    return tuple(each | ({"constraints": {"unique": True}} if n == at else {}) for n, each in enumerate(fields))


def to(resource: str, fields, target) -> list[dict]:
    return [{"fields": fields, "reference": {"resource": resource, "fields": target}}]


def one(name: str, kind: str, texts: list[str], **more) -> Case:
    """A column that must be unique; the last texts repeat earlier values in other words."""
    fields = ({"name": "id", "type": "string"}, {"name": "v", "type": kind, "constraints": {"unique": True}} | more)
    text = "id,v\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts, start=2))
    return Case(f"key/unique/{name}", fields, lines(text, {}))


CASES = [
    of("unique/integer-column", unique(0)),
    of("unique/text-column", unique(1)),
    of("unique/number-column", unique(2)),
    one("string", "string", ["a", "b", "A", "a", "", "", "b ", "é", "e\u0301"]),
    one("integer", "integer", ["1", "2", "01", "+1", "", ""]),
    one("number", "number", ["1", "2", "1.0", "1e0", "0", "-0", "NaN", "INF", "INF"]),
    one("boolean", "boolean", ["true", "false", "1"]),
    one("date", "date", ["01/02/2013", "1/2/2013", "02/01/2013"], format="%d/%m/%Y"),
    one("time", "time", ["08:00:00", "08:00:00.0", "08:00:01"]),
    one("datetime", "datetime", ["2013-01-01T00:00:00Z", "2013-01-01T01:00:00+01:00", "2013-01-01T01:00:00Z"]),
    one("year", "year", ["2013", "2014", "2013"]),
    one("yearmonth", "yearmonth", ["2013-01", "2013-02", "2013-01"]),
    one("duration", "duration", ["P1D", "P2D", "P1D", "PT24H"]),
    one("any", "any", ["1", "1.0", "1"]),
    one("type-error", "integer", ["1", "x", "x", "1"]),
    of("unique/of-a-rejected-row", unique(0), "a,b,c\n1,x,bad\n1,y,2\n1,z,3\n"),
    of("unique/ragged", unique(0), "a,b,c\n1,x\n1,y,2\n1,z,3,4\n1,w,5\n"),
    of("unique/blank-rows", unique(0), "a,b,c\n1,x,1\n\n,,\n\n2,y,2\n"),
    of("primary/one", primaryKey=["a"]),
    of("primary/text", primaryKey="b"),
    of("primary/two", primaryKey=["a", "b"]),
    of("primary/nulls", text="a,b,c\n1,x,1\n,x,2\n1,,3\n,,4\n,x,5\n1,,6\n1,x,7\n", primaryKey=["a", "b"]),
    of("primary/null", text="a,b,c\n1,x,1\n,y,2\n", primaryKey=["a"]),
    of("primary/blank-rows", text="a,b,c\n1,x,1\n\n,,\n1,y,2\n", primaryKey=["a"]),
    of("primary/logical", text="a,b,c\n1,x,1\n01,x,2\n+1,x,3\n2,x,4\n", primaryKey=["a"]),
    of("primary/type-error", text="a,b,c\n1,x,1\nz,x,2\nz,x,3\n1,x,4\n", primaryKey=["a"]),
    of("primary/of-a-rejected-row", text="a,b,c\n1,x,bad\n1,y,2\n1,z,3\n", primaryKey=["a"]),
    of("primary/three-times", text="a,b,c\n1,x,1\n1,x,2\n1,x,3\n", primaryKey=["a"]),
    of("unique-keys/one", uniqueKeys=[["a"]]),
    of("unique-keys/two", uniqueKeys=[["a", "b"]]),
    of("unique-keys/several", uniqueKeys=[["a"], ["b"], ["a", "c"]]),
    of("unique-keys/nulls", text="a,b,c\n1,,1\n1,,2\n,x,3\n,x,4\n,,5\n1,x,6\n1,x,7\n", uniqueKeys=[["a", "b"]]),
    of("unique-keys/and-unique", unique(0), uniqueKeys=[["a"]]),
    of("foreign/one", VISITS,
        "city,zone,day\nB,1,2013-01-01\nM,2,2013-01-02\nX,1,2013-01-03\n,1,2013-01-04\nb,1,2013-01-05\n",
       (CITIES,), foreignKeys=to("cities", ["city"], ["code"])),
    of("foreign/text", VISITS, "city,zone,day\nB,1,2013-01-01\nX,1,2013-01-03\n", (CITIES,),
        foreignKeys=to("cities", "city", "code")),
    of("foreign/two", VISITS,
        "city,zone,day\nB,1,2013-01-01\nB,2,2013-01-02\nM,2,2013-01-03\nB,,2013-01-04\n,1,2013-01-05\n,,2013-01-06\n",
       (ZONES,), foreignKeys=to("zones", ["city", "zone"], ["code", "zone"])),
    of("foreign/logical", VISITS, "city,zone,day\nB,01,2013-01-01\nB,+2,2013-01-02\nM,02,2013-01-03\n", (ZONES,),
       foreignKeys=to("zones", ["city", "zone"], ["code", "zone"])),
    of("foreign/and-type-error", VISITS, "city,zone,day\nX,1,bad\nB,1,bad\nX,x,2013-01-01\n", (CITIES,),
       foreignKeys=to("cities", ["city"], ["code"])),
    of("foreign/bad-cells", VISITS, "city,zone,day\nB,x,2013-01-01\nB\nB,2,2013-01-01\n", (ZONES,),
        foreignKeys=to("zones", ["city", "zone"], ["code", "zone"])),
    of("foreign/self", text="a,b,c\n1,x,1\n2,x,1\n3,x,2\n4,x,9\n5,x,\n",
        foreignKeys=[{"fields": ["c"], "reference": {"fields": ["a"]}}],
       fields=({"name": "a", "type": "integer"}, {"name": "b", "type": "string"}, {"name": "c", "type": "integer"})),
    of("foreign/self-empty", text="a,b,c\n1,x,1\n2,x,9\n", foreignKeys=[{"fields": ["c"],
        "reference": {"resource": "", "fields": ["a"]}}],
       fields=({"name": "a", "type": "integer"}, {"name": "b", "type": "string"}, {"name": "c", "type": "integer"})),
]
