"""Constraints, on every type that may have them, and categories."""

from corpus.build import cells


def bounds(kind: str, field: dict, low: list, at: list, high: list, low_bound, high_bound) -> list:
    """The four bounds of a type: `low` lies below both, `at` are texts of the bounds, `high` lies above both."""

    def case(name: str, constraints: dict, ok: list, broken: list):
        return cells(f"bounds/{kind}/{name}", field | {"constraints": constraints}, ok=[*ok, ""], broken=broken)

    lower, upper = at
    return [
        case("minimum", {"minimum": low_bound}, [*lower, *upper, *high], low),
        case("maximum", {"maximum": high_bound}, [*low, *lower, *upper], high),
        case("exclusive-minimum", {"exclusiveMinimum": low_bound}, [*upper, *high], [*low, *lower]),
        case("exclusive-maximum", {"exclusiveMaximum": high_bound}, [*low, *lower], [*upper, *high]),
        case("range", {"minimum": low_bound, "maximum": high_bound}, [*lower, *upper], [*low, *high]),
    ]


BOUNDS = [
    *bounds("integer", {"type": "integer"}, ["-1", "9"], [["10", "+10"], ["20", "020"]], ["21", "100"], 10, 20),
    *bounds("integer-text", {"type": "integer"}, ["9"], [["10"], ["20"]], ["21"], "10", "20"),
    *bounds("number", {"type": "number"}, ["1.4999", "-INF"], [["1.5", "1.50", "15e-1"], ["2.5"]], ["2.5000001", "INF"], 1.5, 2.5),
    *bounds("number-text", {"type": "number"}, ["0.99"], [["1", "1.0"], ["2.5"]], ["3"], "1.0", "2.5"),
    *bounds("number-comma", {"type": "number", "decimalChar": ","}, ["0,99"], [["1,5"], ["2,5"]], ["3"], "1,5", "2,5"),
    *bounds("date", {"type": "date"}, ["2012-12-31"], [["2013-01-01"], ["2013-12-31"]], ["2014-01-01"], "2013-01-01", "2013-12-31"),
    *bounds("date-pattern", {"type": "date", "format": "%d/%m/%Y"}, ["31/12/2012"], [["01/01/2013", "1/1/2013"], ["31/12/2013"]],
            ["01/01/2014"], "01/01/2013", "31/12/2013"),
    *bounds("time", {"type": "time"}, ["07:59:59"], [["08:00:00"], ["17:00:00"]], ["17:00:00.000001"], "08:00:00", "17:00:00"),
    *bounds("datetime", {"type": "datetime"}, ["2012-12-31T23:59:59"], [["2013-01-01T00:00:00"], ["2013-12-31T00:00:00"]],
            ["2013-12-31T00:00:00.000001"], "2013-01-01T00:00:00", "2013-12-31T00:00:00"),
    *bounds("datetime-zone", {"type": "datetime"}, ["2013-01-01T00:59:59+01:00"],
            [["2013-01-01T00:00:00Z", "2013-01-01T01:00:00+01:00"], ["2013-12-31T00:00:00Z"]],
            ["2013-12-31T00:00:01Z"], "2013-01-01T00:00:00Z", "2013-12-31T00:00:00Z"),
    *bounds("year", {"type": "year"}, ["1999"], [["2000"], ["2010"]], ["2011"], 2000, 2010),
    *bounds("year-text", {"type": "year"}, ["1999"], [["2000"], ["2010"]], ["2011"], "2000", "2010"),
    *bounds("yearmonth", {"type": "yearmonth"}, ["1999-12"], [["2000-01"], ["2010-06"]], ["2010-07", "2011-01"], "2000-01", "2010-06"),
    *bounds("duration", {"type": "duration"}, ["PT1H", "PT23H59M"], [["P1D", "PT24H"], ["P1M"]], ["P1Y", "P32D"], "P1D", "P1M"),
]

NAN = [
    cells("bounds/nan/minimum", {"type": "number", "constraints": {"minimum": 0}}, ok=["0", "INF"], broken=["NaN", "-1", "-INF"]),
    cells("bounds/nan/maximum", {"type": "number", "constraints": {"maximum": 0}}, ok=["0", "-INF"], broken=["NaN", "1", "INF"]),
    cells("bounds/nan/signalling", {"type": "number", "constraints": {"minimum": 0}}, ok=["1"], no=["sNaN"]),
    cells("bounds/rounded", {"type": "number", "constraints": {"maximum": 0}}, ok=["0", "-1e-400", "1e-400"], broken=["1e-300"]),
    cells("bounds/zones", {"type": "datetime", "constraints": {"minimum": "2013-01-01T00:00:00"}},
          ok=["2013-01-01T00:00:00", "2013-01-01T00:00:00Z", "2013-01-01T01:00:00+01:00"], broken=["2013-01-01T00:59:59+01:00"]),
]

LENGTHS = [
    cells("length/string/minimum", {"type": "string", "constraints": {"minLength": 3}}, ok=["abc", "abcd", "äöü", "", "a b"],
          broken=["a", "ab", "😀😀", "äö"]),
    cells("length/string/maximum", {"type": "string", "constraints": {"maxLength": 3}}, ok=["abc", "a", "😀😀😀", "", "äöü"],
          broken=["abcd", "😀😀😀😀", "e\u0301e\u0301"]),
    cells("length/string/both", {"type": "string", "constraints": {"minLength": 2, "maxLength": 2}}, ok=["ab"], broken=["a", "abc"]),
    cells("length/email", {"type": "string", "format": "email", "constraints": {"maxLength": 6}}, ok=["a@b.co"], broken=["ab@b.co"],
          no=["ab"]),
    cells("length/array", {"type": "array", "constraints": {"minLength": 1, "maxLength": 2}}, ok=["[1]", "[1, [2, 3]]", ""],
          broken=["[]", "[1, 2, 3]"], no=["{}"]),
    cells("length/object", {"type": "object", "constraints": {"minLength": 1, "maxLength": 1}}, ok=['{"a": 1}', '{"a": {"b": 1, "c": 2}}'],
          broken=["{}", '{"a": 1, "b": 2}'], no=["[]"]),
    cells("length/list", {"type": "list", "constraints": {"minLength": 2, "maxLength": 3}}, ok=["a,b", "a,b,c", "", ","],
          broken=["a", "a,b,c,d"]),
    cells("length/list-integer", {"type": "list", "itemType": "integer", "constraints": {"minLength": 2}}, ok=["1,2"], broken=["1"],
          no=["1,a"]),
]

PATTERNS = [
    cells("pattern/word", {"type": "string", "constraints": {"pattern": "[a-z]+"}}, ok=["a", "abc", ""], broken=["A", "a1", "1a", " a", "ab\n"]),
    cells("pattern/anchored", {"type": "string", "constraints": {"pattern": "^a.*$"}}, ok=["a", "apple"], broken=["orange", "ba"]),
    cells("pattern/alternation", {"type": "string", "constraints": {"pattern": "a|b"}}, ok=["a", "b"], broken=["c", "ab", "ax", "xb"]),
    cells("pattern/digits", {"type": "string", "constraints": {"pattern": "\\d{4}-\\d{2}"}}, ok=["2024-01"], broken=["2024-1", "x2024-01"]),
    cells("pattern/dot", {"type": "string", "constraints": {"pattern": "a.c"}}, ok=["abc", "a.c", "aéc", "a😀c"], broken=["ac", "a\nc", "abbc"]),
    cells("pattern/unicode-digit", {"type": "string", "constraints": {"pattern": "\\d+"}}, ok=["1", "١"], broken=["a", "½"]),
    cells("pattern/space", {"type": "string", "constraints": {"pattern": "a\\sb"}}, ok=["a b", "a\tb"], broken=["ab", "a_b"],
          ask=["a\u00a0b"]),
    cells("pattern/word-character", {"type": "string", "constraints": {"pattern": "\\w+"}}, ok=["a", "é", "1"], broken=["a b", " "],
          ask=["_", "a-b", "$", "+"]),
    cells("pattern/name", {"type": "string", "constraints": {"pattern": "\\i\\c*"}}, ok=["a", "_a1", "a-b", "a:b"],
          broken=["1a", "-a", "a b"], told={"constraints": {"pattern": "(?:[A-Za-z_:][A-Za-z0-9_:.\\-]*)"}}),
    cells("pattern/subtraction", {"type": "string", "constraints": {"pattern": "[a-z-[aeiou]]+"}}, ok=["b", "xyz"],
          broken=["a", "bab", "-"], told={"constraints": {"pattern": "[b-df-hj-np-tv-z]+"}}),
    cells("pattern/category", {"type": "string", "constraints": {"pattern": "\\p{Lu}\\p{Ll}*"}}, ok=["A", "Éa", "Ab"], broken=["a", "AB", "1"],
          told={"constraints": {"pattern": "[A-ZÉ][a-zé]*"}}),
    cells("pattern/block", {"type": "string", "constraints": {"pattern": "[\\p{L}\\p{Nd}]{2}"}}, ok=["aé", "1b"], broken=["a", "a-"],
          told={"constraints": {"pattern": "[a-zé0-9]{2}"}}),
    cells("pattern/quantifiers", {"type": "string", "constraints": {"pattern": "a{2,3}b?c*"}}, ok=["aa", "aaab", "aacc"], broken=["a", "aaaa", "aab b"]),
    cells("pattern/groups", {"type": "string", "constraints": {"pattern": "(ab)+(c|d)"}}, ok=["abc", "ababd"], broken=["ab", "abcd", "c"]),
    cells("pattern/class", {"type": "string", "constraints": {"pattern": "[^,;]+"}}, ok=["a b", "é"], broken=["a,b", ";"]),
    cells("pattern/escapes", {"type": "string", "constraints": {"pattern": "\\[\\.\\*\\\\\\]"}}, ok=["[.*\\]"], broken=["[.*]", "."]),
    cells("pattern/email", {"type": "string", "format": "email", "constraints": {"pattern": ".*@b\\.co"}}, ok=["a@b.co"], broken=["a@c.co"], no=["@b.co"]),
]

ENUMS = [
    cells("enum/string", {"type": "string", "constraints": {"enum": ["apple", "Pear", ""]}}, ok=["apple", "Pear", ""], broken=["pear", "apple ", "x"]),
    cells("enum/integer", {"type": "integer", "constraints": {"enum": [1, "2", 30]}}, ok=["1", "2", "30", "+1", "01", ""], broken=["3", "-1"], no=["x"]),
    cells("enum/number", {"type": "number", "constraints": {"enum": [1.5, "2", 3]}}, ok=["1.5", "1.50", "2.0", "3", "15e-1"], broken=["1", "2.5"]),
    cells("enum/boolean", {"type": "boolean", "constraints": {"enum": ["true"]}}, ok=["true", "1", "TRUE"], broken=["false", "0"]),
    cells("enum/boolean-json", {"type": "boolean", "constraints": {"enum": [False]}}, ok=["false", "0"], broken=["true"]),
    cells("enum/date", {"type": "date", "constraints": {"enum": ["2013-01-01", "2014-01-01"]}}, ok=["2013-01-01"], broken=["2015-01-01"]),
    cells("enum/date-pattern", {"type": "date", "format": "%d/%m/%Y", "constraints": {"enum": ["01/02/2013"]}}, ok=["1/2/2013", "01/02/2013"],
          broken=["02/01/2013"]),
    cells("enum/time", {"type": "time", "constraints": {"enum": ["08:00:00"]}}, ok=["08:00:00", "08:00:00.0"], broken=["08:00:01"]),
    cells("enum/datetime", {"type": "datetime", "constraints": {"enum": ["2013-01-01T00:00:00Z"]}},
          ok=["2013-01-01T00:00:00Z", "2013-01-01T01:00:00+01:00", "2013-01-01T00:00:00"], broken=["2013-01-01T01:00:00Z"]),
    cells("enum/year", {"type": "year", "constraints": {"enum": [2013, "2014"]}}, ok=["2013", "2014"], broken=["2015"]),
    cells("enum/yearmonth", {"type": "yearmonth", "constraints": {"enum": ["2013-01"]}}, ok=["2013-01"], broken=["2013-02"]),
    cells("enum/duration", {"type": "duration", "constraints": {"enum": ["P1D", "PT1H"]}}, ok=["P1D", "PT1H"], broken=["P2D"],
          ask=["PT24H", "PT60M"]),
    cells("enum/object", {"type": "object", "constraints": {"enum": [{"a": 1}, '{"b": 2}']}}, ok=['{"a": 1}', '{"b":2}'], broken=["{}", '{"a": 2}'],
          ask=['{"a": 1.0}']),
    cells("enum/array", {"type": "array", "constraints": {"enum": [[1, 2], "[3]"]}}, ok=["[1, 2]", "[1,2]", "[3]"], broken=["[2, 1]", "[]"]),
    cells("enum/geopoint", {"type": "geopoint", "constraints": {"enum": ["1,2"]}}, ok=["1,2", "1, 2", "1.0,2.0"], broken=["2,1"]),
    cells("enum/any", {"type": "any", "constraints": {"enum": ["a", "1"]}}, ok=["a", "1", ""], broken=["b", "1.0"]),
    cells("enum/email", {"type": "string", "format": "email", "constraints": {"enum": ["a@b.co"]}}, ok=["a@b.co"], broken=["c@b.co"], no=["x"]),
    cells("categories/string", {"type": "string", "categories": ["apple", "orange"]}, ok=["apple", "orange", ""], broken=["Apple", "x"]),
    cells("categories/labels", {"type": "integer", "categories": [{"value": 0, "label": "apple"}, {"value": 1}]}, ok=["0", "1", "01", ""],
          broken=["2"], no=["apple"]),
    cells("categories/ordered", {"type": "integer", "categories": [1, 2, 3], "categoriesOrdered": True}, ok=["1", "3"], broken=["4"]),
    cells("categories/enum", {"type": "string", "categories": ["a", "b", "c"], "constraints": {"enum": ["a", "b"]}}, ok=["a", "b"],
          codes={"c": ("constraint-error",), "d": ("constraint-error", "constraint-error")}),
]

OTHERS = [
    *(
        cells(f"required/{kind}", {"type": kind, "constraints": {"required": True}}, ok=[text], broken=[""])
        for kind, text in [
            ("string", "a"), ("integer", "1"), ("number", "1"), ("boolean", "true"), ("date", "2013-01-01"), ("time", "00:00:00"),
            ("datetime", "2013-01-01T00:00:00"), ("year", "2013"), ("yearmonth", "2013-01"), ("duration", "P1D"), ("object", "{}"),
            ("array", "[]"), ("list", "a"), ("geopoint", "1,2"), ("geojson", '{"type": "Point", "coordinates": [1, 2]}'), ("any", "a"),
        ]
    ),
    cells("required/false", {"type": "integer", "constraints": {"required": False}}, ok=["", "1"], no=["x"]),
    cells("schema/object", {"type": "object", "constraints": {"jsonSchema": {"type": "object", "properties": {"value": {"type": "integer"}}}}},
          ok=['{"value": 100}', "{}", "", '{"other": "x"}', '{"value": 1.0}'], broken=['{"value": "bad"}', '{"value": 1.5}'], no=["[]", "x"]),
    cells("schema/required", {"type": "object", "constraints": {"jsonSchema": {"required": ["a"], "additionalProperties": False,
                                                                           "properties": {"a": {"enum": ["x", 1]}}}}},
          ok=['{"a": "x"}', '{"a": 1}'], broken=["{}", '{"a": "x", "b": 1}', '{"a": 2}']),
    cells("schema/array", {"type": "array", "constraints": {"jsonSchema": {"items": {"type": "number", "minimum": 0}, "minItems": 1}}},
          ok=["[1]", "[0.5, 2]"], broken=["[]", "[-1]", '["a"]', "[null]"], no=["{}"]),
    cells("several/string", {"type": "string", "constraints": {"minLength": 3, "pattern": "[a-z]*", "enum": ["abc", "abcd"]}},
          ok=["abc", "abcd"],
          codes={"ab": ("constraint-error",) * 2, "AB": ("constraint-error",) * 3, "abx": ("constraint-error",)}),
    cells("several/integer", {"type": "integer", "constraints": {"required": True, "minimum": 2, "enum": [1, 3]}}, ok=["3"],
          no=["x"], broken=["", "2"], codes={"1": ("constraint-error",), "0": ("constraint-error",) * 2}),
]

CASES = [*BOUNDS, *NAN, *LENGTHS, *PATTERNS, *ENUMS, *OTHERS]
