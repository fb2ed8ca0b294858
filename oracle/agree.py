"""Checks that `sluice check` and frictionless-py agree on rows and codes, text and values.

    python oracle/agree.py --sluice target/debug/sluice

See README.md. Exit code 0: they agree, save for the listed differences; 1: they do not; 2: usage.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import NamedTuple

import differences
import generate
import reference
import sluice
from case import Case
from compare import Disagreement, compare
from corpus import CASES
from minimise import minimise

WORKERS = 2
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- differences -->\n", "<!-- end -->\n"
RANDOM = "random/"
# Disagreements of one case that are made smaller and shown.
SHOWN = 5


class Settings(NamedTuple):
    sluice: Path
    chunk_bytes: tuple[int, ...]


class Checked(NamedTuple):
    name: str
    by_hand: bool
    rows: int
    findings: list[str]
    differences: set[str]


def check(settings: Settings, case: Case) -> Checked:
    """One case, with every size of chunk."""
    found, used, results = once(case, settings)
    kinds: dict[tuple, list[Disagreement]] = {}
    for each in found:
        kinds.setdefault((each.column, *each.kind()), []).append(each)
    findings = []
    for each, *others in list(kinds.values())[:SHOWN]:
        small = case if case.raw is not None or "stated" in each.theirs else smallest(case, each, settings)
        findings.append(shown(case, small, each) + also(others))
    findings += chunking(case, results)
    return Checked(case.name, not case.name.startswith(RANDOM), results[0].row_count, findings, used)


def once(case: Case, settings: Settings):
    """Both sides of a case; the published values are read from the largest chunks."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        sizes = sizes_of(case, settings.chunk_bytes)
        ours = [sluice.check(settings.sluice, case, Path(folder), size, size == sizes[0]) for size in sizes]
        theirs, used = reference.check(case, Path(folder))
    found, more = compare(case, ours[0], theirs)
    return found, used | more, ours


def sizes_of(case: Case, sizes: tuple[int, ...]) -> list[int]:
    """The largest first; a random case takes one of the others in turn."""
    largest, *others = sorted(sizes, reverse=True)
    if not case.name.startswith(RANDOM) or not others:
        return [largest, *others]
    return [largest, others[int(case.name.rpartition("/")[2]) % len(others)]]


def chunking(case: Case, results: list) -> list[str]:
    """Whatever another size of chunk changes."""
    plain = [result._replace(values=None) for result in results]
    return [
        f"{case.name}: the size of a chunk changes the result:\n  {plain[0]}\n  {other}"
        for other in plain[1:]
        if other != plain[0]
    ]


def smallest(case: Case, wanted: Disagreement, settings: Settings) -> Case:
    one = settings._replace(chunk_bytes=settings.chunk_bytes[-1:])
    return minimise(case, lambda smaller: any(each.kind() == wanted.kind() for each in once(smaller, one)[0]))


def also(others: list[Disagreement]) -> str:
    if not others:
        return ""
    return f"\n  the same in {len(others)} rows:  " + ", ".join(repr(each.text) for each in others[:20])


def shown(case: Case, small: Case, each: Disagreement) -> str:
    """A disagreement, and the smallest case that has it. A long file is the same but for the record in question."""
    facts = {"sluice": each.ours, "frictionless": each.theirs}
    if each.column:
        facts["text"] = repr(each.text)
    facts["fields"] = json.dumps(small.fields, ensure_ascii=False)
    for label, value in (("dialect", small.dialect), ("schema", small.schema), ("resource", small.resource)):
        if value:
            facts[label] = json.dumps(value, ensure_ascii=False)
    if small is case and each.row and small.raw is None:
        facts["record"] = repr(small.records[each.row - 1])
    elif small.raw is None:
        facts["file"] = repr(small.text) + (f" in {small.codec}, {small.compression or 'plain'}")
    else:
        facts["file"] = repr(small.raw)
    lines = [f"  {label + ':':<13} {value[:2000]}" for label, value in facts.items()]
    return "\n".join([f"{case.name}: row {each.row or '-'}, column {each.column or '-'}", *lines])


def cases(count: int, seed: str, only: str | None) -> list[Case]:
    """The corpus made by hand, and `count` random cases; `only` is a name, a beginning or a pattern."""
    made = CASES + [generate.case(seed, number) for number in range(count)]
    return [case for case in made if only is None or case.name.startswith(only) or fnmatch(case.name, only)]


def readme_is_current() -> bool:
    text = README.read_text("utf-8")
    return text.split(BEGIN)[1].split(END)[0].strip() == differences.table()


def write_readme() -> None:
    before, rest = README.read_text("utf-8").split(BEGIN)
    README.write_text(before + BEGIN + differences.table() + "\n" + END + rest.split(END)[1], "utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sluice", type=Path, metavar="PATH", help="the program")
    parser.add_argument("--cases", type=int, default=600, metavar="N", help="number of random cases [600]")
    parser.add_argument("--seed", default="1", metavar="S", help="what they are drawn from [1]")
    parser.add_argument("--chunk-bytes", default="1,7,64,4096", metavar="LIST", help="sizes of chunks [1,7,64,4096]")
    parser.add_argument("--only", metavar="NAME", help="only the cases of this name, beginning or pattern")
    parser.add_argument("--write-readme", action="store_true", help="write the table of differences into README.md")
    options = parser.parse_args()
    if options.sluice is None and not options.write_readme:
        parser.error("--sluice is required")
    return options


def main() -> int:
    options = arguments()
    if options.write_readme:
        write_readme()
        return 0
    started = time.monotonic()
    settings = Settings(options.sluice.resolve(), tuple(int(size) for size in options.chunk_bytes.split(",")))
    made = cases(options.cases, options.seed, options.only)
    used: Counter[str] = Counter()
    by_hand: set[str] = set()
    rows = failed = 0
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        for checked in pool.imap_unordered(partial(check, settings), made, chunksize=4):
            rows += checked.rows
            failed += bool(checked.findings)
            used.update(checked.differences)
            by_hand |= checked.differences if checked.by_hand else set()
            for finding in checked.findings:
                print(finding + "\n", flush=True)
    complaints = (
        []
        if options.only
        else [
            f"the difference `{each.id}` never occurs in the corpus made by hand"
            for each in differences.DIFFERENCES
            if each.id not in by_hand
        ]
    )
    if not readme_is_current():
        complaints.append("the table in README.md is not that of differences.py: run --write-readme")
    print("\n".join(complaints), end="\n" if complaints else "")
    print(f"{len(made)} cases, {rows} rows, {failed} cases disagree; {time.monotonic() - started:.0f} s")
    print("listed differences:", ", ".join(f"{name} {count}" for name, count in sorted(used.items())) or "none")
    return 1 if failed or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
