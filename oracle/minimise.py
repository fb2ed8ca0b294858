"""A case that disagrees, made as small as it can be."""

from collections.abc import Callable
from dataclasses import replace

from case import Case

# A case is tried this often at most.
TRIES = 200


def minimise(case: Case, disagrees: Callable[[Case], bool]) -> Case:
    """The smallest case found by taking away records and columns, as long as it `disagrees`."""
    case, tries = replace(case, expected={}, refused=None), 0
    step = max(1, len(case.records) // 2)
    while step and tries < TRIES:
        before = case
        for smaller in candidates(case, step):
            tries += 1
            if disagrees(smaller):
                case = smaller
                break
            if tries >= TRIES:
                break
        if case is before:
            step //= 2
    return case


def candidates(case: Case, step: int):
    """The cases without some records, then those without a column."""
    header = 0 if case.of("header") is False else max(case.of("headerRows") or [1])
    for at in range(len(case.records) - step, header - 1, -step):
        yield replace(case, records=case.records[:at] + case.records[at + step :])
    if step > 1:
        return
    named = str(case.schema)
    for at, each in enumerate(case.fields):
        if len(case.fields) > 1 and repr(each["name"]) not in named:
            yield case.without_column(at)
    for each in ("commentRows", "commentChar", "escapeChar", "skipInitialSpace", "nullSequence", "doubleQuote"):
        if each in case.dialect:
            yield replace(case, dialect={prop: value for prop, value in case.dialect.items() if prop != each})
