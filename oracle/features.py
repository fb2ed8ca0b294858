"""What a case asks of a program, by name, so that a program that is not complete yet can be checked too."""

from case import Case

# What the checked program does not have yet: features, or the beginnings of names of cases. It shrinks to nothing.
NOT_YET: frozenset[str] = frozenset()

UTF_8 = ("utf-8", "utf8")


def unsupported(case: Case) -> bool:
    return any(feature in NOT_YET for feature in of(case)) or case.name.startswith(tuple(n for n in NOT_YET if "/" in n))


def of(case: Case) -> set[str]:
    found = {feature for each in case.fields for feature in of_field(each)} | of_dialect(case.dialect)
    found |= {f"schema:{prop}" for prop in case.schema}
    found |= {f"resource:{prop}" for prop, value in case.resource.items() if str(value).lower() not in UTF_8}
    if any(isinstance(entry, dict) for entry in case.schema.get("missingValues", [])):
        found.add("missing-labels")
    if any(not key["reference"].get("resource") for key in case.schema.get("foreignKeys", [])):
        found.add("self-reference")
    return found | ({"compression"} if case.compression else set())


def of_field(each: dict) -> set[str]:
    found = {f"type:{each['type']}"} if "type" in each else set()
    found |= {f"field:{prop}" for prop in each if prop not in ("name", "type", "format", "constraints")}
    found |= {f"constraint:{name}" for name in each.get("constraints", {})}
    return found | ({"format"} if each.get("format", "default") != "default" else set())


def of_dialect(dialect: dict) -> set[str]:
    found = {f"dialect:{prop}" for prop in dialect}
    if len(dialect.get("delimiter", ",")) > 1:
        found.add("dialect:delimiter-characters")
    if not dialect.get("delimiter", ",").isascii():
        found.add("dialect:delimiter-wide")
    quote = dialect.get("quoteChar", '"')
    found |= {"dialect:quoteChar-none"} if not quote else {"dialect:quoteChar-wide"} if not quote.isascii() else set()
    return found
