"""Every deliberate difference between Sluice and frictionless-py, and how narrowly it is recognised.

What no rule here explains is a disagreement. A difference that never occurs in the corpus made by hand is an error
too: it has been settled, or its rule is wrong.
"""

from case import Case
from differences import files, numbers, rows, temporal, texts
from differences.model import Cell, Difference, Row
from result import Result

CELLS = (*numbers.DIFFERENCES, *temporal.DIFFERENCES, *texts.DIFFERENCES)
SECTIONS = {"Of a cell": CELLS, "Of a row": rows.DIFFERENCES, "Of a file": files.DIFFERENCES}
DIFFERENCES: list[Difference] = [each for section in SECTIONS.values() for each in section]


def of_cell(cell: Cell) -> str | None:
    return next((each.id for each in CELLS if each.is_said(cell) and each.rule(cell)), None)


def of_row(row: Row) -> str | None:
    return next((each.id for each in rows.DIFFERENCES if each.rule(row)), None)


def of_file(case: Case, ours: Result, theirs: Result) -> str | None:
    return next((each.id for each in files.DIFFERENCES if each.rule and each.rule(case, ours, theirs)), None)


def table() -> str:
    """The tables as `README.md` shows them."""
    lines = []
    for title, section in SECTIONS.items():
        lines += [f"### {title}", "", "| Id | Where | Sluice | frictionless-py | Why |", "|---|---|---|---|---|"]
        for each in section:
            texts = (f"`{each.id}`", each.where, each.ours, each.theirs, each.reason)
            lines.append("| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |")
        lines.append("")
    return "\n".join(lines).strip()
