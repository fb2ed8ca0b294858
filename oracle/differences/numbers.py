"""Numbers and integers."""

import re

from differences import forms
from differences.model import BROKEN, OK, READ, TYPE, Cell, Difference


def number_text(cell: Cell, kind: str, text: str) -> str:
    """The text of a number once its own characters are taken for the usual ones, as the reference takes them."""
    text = text.strip()
    if kind == "list":
        return text
    if not cell.field.get("bareNumber", True):
        text = re.sub(r"^[^-\d]*|\D*$", "", text)
    return text.replace(cell.field.get("groupChar", ""), "").replace(cell.field.get("decimalChar", "."), ".")


def numbers(cell: Cell) -> list[tuple[str, str]]:
    """Type and text of each number of a cell: its own, or one for each item or coordinate."""
    if cell.is_of("geopoint", "default"):
        return [("number", part.strip()) for part in cell.text.split(",")]
    return [(kind, number_text(cell, cell.type, text)) for kind, text in cell.items if kind in ("integer", "number")]


def beyond_64_bits(cell: Cell) -> bool:
    return any(
        kind == "integer" and re.fullmatch(r"[+-]?[0-9]+", text) and not -(2**63) <= int(text) < 2**63
        for kind, text in numbers(cell)
    )


def beyond_doubles(cell: Cell) -> bool:
    return any(
        kind == "number" and forms.NUMBER.fullmatch(text) and abs(float(text)) == float("inf")
        for kind, text in numbers(cell)
    )


def python_number(cell: Cell) -> bool:
    return any(is_python_number(text) for _, text in numbers(cell))


def is_python_number(text: str) -> bool:
    """Underscores, digits of other scripts, and names that the standard does not have."""
    digits = any(c.isdigit() and not c.isascii() for c in text)
    names = re.fullmatch(r"[+-]?(infinity|s?nan[0-9]*|inf)", text, re.IGNORECASE) and text.upper() not in (
        "NAN",
        "INF",
        "-INF",
    )
    return "_" in text or digits or bool(names)


def python_space(cell: Cell) -> bool:
    """What `str.strip` takes for space, and Unicode does not."""
    return cell.type in ("integer", "number") and cell.text.strip("\x1c\x1d\x1e\x1f") != cell.text


def group_of_an_integer(cell: Cell) -> bool:
    return cell.is_of("integer") and cell.field.get("groupChar", "") in cell.text and "groupChar" in cell.field


def loose_groups(cell: Cell) -> bool:
    """A separator of groups that does not stand before three digits, or not in the whole part."""
    mark = cell.field.get("groupChar", "")
    if cell.type not in ("integer", "number") or not mark or mark not in cell.text:
        return False
    mark = re.escape(mark)
    before = r"[+-]?" if cell.field.get("bareNumber", True) else r"\D*"
    groups = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}(?![0-9])(?!.*{mark})"
    return not re.fullmatch(before + groups + ".*", cell.text.strip(), re.DOTALL)


def decimal_digits(cell: Cell) -> bool:
    """More digits than the column has, or none at all."""
    declared = cell.field.get("decimal")
    if not declared:
        return False
    found = forms.decimal(number_text(cell, cell.type, cell.text))
    if found is None:
        return True
    scaled = found.scaleb(declared["scale"])
    return scaled != scaled.to_integral_value() or abs(scaled) >= 10 ** declared["precision"]


def nan_of_a_list(cell: Cell) -> bool:
    listed = [str(value).strip().upper() for value in cell.constraints.get("enum", [])]
    return cell.is_of("number") and cell.text.strip().upper() == "NAN" and "NAN" in listed


def bare(cell: Cell) -> bool:
    return cell.type in ("integer", "number") and not cell.field.get("bareNumber", True)


def bare_minus(cell: Cell) -> bool:
    """A minus behind the digits or apart from them, or a number of another kind beside it."""
    around = re.sub(r"^[^0-9]*?([+-]?[0-9])", r"\1", cell.text.strip())
    return bare(cell) and bool(
        re.search(r"[-(\u2010-\u2015\u2212]", around.lstrip("+-")) or re.search(r"[-(\u2010-\u2015\u2212].", cell.text)
    )


def bare_decimal(cell: Cell) -> bool:
    """A decimal separator before the first digit, which the reference drops with the text around the number."""
    mark = re.escape(cell.field.get("decimalChar", "."))
    return bare(cell) and bool(re.match(rf"[^0-9]*{mark}[0-9]", cell.text))


def bare_digits(cell: Cell) -> bool:
    return bare(cell) and any(c.isdigit() and not c.isascii() for c in cell.text)


def bare_name(cell: Cell) -> bool:
    return bare(cell) and cell.text.strip().upper() in ("NAN", "INF", "-INF")


def rounded(cell: Cell) -> bool:
    """A number whose constraints hold for its double, or do not, other than for its digits."""
    if not cell.is_of("number") or "decimal" in cell.field or not (set(forms.HOLDS) | {"enum"}) & set(cell.constraints):
        return False

    def double(text: object) -> float:
        return float(number_text(cell, "number", str(text)))

    try:
        value = double(cell.text)
        bounds = all(
            holds(value, double(cell.constraints[name]))
            for name, holds in forms.HOLDS.items()
            if name in cell.constraints
        )
        listed = "enum" not in cell.constraints or value in map(double, cell.constraints["enum"])
    except ValueError:
        return False
    return (bounds and listed) == (cell.ours == OK)


DIFFERENCES = (
    Difference(
        "nan-in-enum",
        "number with `NaN` in its enum",
        OK,
        BROKEN,
        "What is listed is allowed; in Python NaN is not NaN.",
        nan_of_a_list,
    ),
    Difference(
        "integer-64-bits",
        "integer",
        TYPE,
        READ,
        "A column of integers has 64 bits; a larger one would be published as something else.",
        beyond_64_bits,
    ),
    Difference(
        "number-double",
        "number, geopoint",
        TYPE,
        READ,
        "A number beyond the range of doubles would become infinite.",
        beyond_doubles,
    ),
    Difference(
        "number-rounded",
        "number with bounds or enum: `1e-400` and maximum 0",
        READ,
        READ,
        "A number is the double nearest to its text, there as everywhere; `decimal` keeps all digits.",
        rounded,
    ),
    Difference(
        "python-number",
        "integer, number, geopoint: `1_000`, digits of other scripts, `Infinity`, `+INF`, `sNaN`",
        TYPE,
        READ,
        "The standard has no such forms; Python's `int` and `Decimal` do.",
        python_number,
    ),
    Difference(
        "python-space",
        "integer, number: the separators U+001C to U+001F around it",
        TYPE,
        READ,
        "Unicode does not call them white space; Python's `strip` does.",
        python_space,
    ),
    Difference(
        "bare-minus",
        "bareNumber false: `5-`, `a-b5`, `(5)`",
        TYPE,
        READ,
        "A minus that is dropped makes another number.",
        bare_minus,
    ),
    Difference(
        "bare-decimal",
        "bareNumber false: `.5 EUR`",
        f"{READ} or another value or {TYPE}",
        f"{READ} or another value",
        "The reference drops the decimal separator and reads 5.",
        bare_decimal,
    ),
    Difference(
        "bare-digits",
        "bareNumber false: digits of other scripts around the number, as in `5 m²`",
        READ,
        TYPE,
        "They are text as other text is; the reference does not drop them.",
        bare_digits,
    ),
    Difference(
        "bare-names",
        "number with bareNumber false: `NaN`, `INF`",
        READ,
        TYPE,
        "The standard permits them; the reference drops their letters.",
        bare_name,
    ),
    Difference(
        "integer-group",
        "integer with groupChar",
        READ,
        TYPE,
        "The standard lets integers have a groupChar.",
        group_of_an_integer,
    ),
    Difference(
        "group-place",
        "integer, number with groupChar: `1,5`, `1,,000`, `1.5,0`",
        TYPE,
        READ,
        "A separator that stands elsewhere than between groups may well be a decimal comma: `1,5` is no fifteen.",
        loose_groups,
    ),
    Difference(
        "decimal-digits",
        "number with our own property `decimal`",
        TYPE,
        READ,
        "Nothing is rounded; the reference does not know the property.",
        decimal_digits,
    ),
)
