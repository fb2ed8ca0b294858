"""What `sluice check` says of a case."""

import csv
import json
import subprocess
from collections import Counter
from pathlib import Path

import pyarrow.parquet

from case import Case
from result import Faults, Result

TIMEOUT_SECONDS = 60


def check(sluice: Path, case: Case, folder: Path, chunk_bytes: int, typed: bool) -> Result:
    """Runs the check in `folder`; with `typed` the published values are read too."""
    contract, file = case.write(folder, case.descriptor(), case.data)
    accepted, rejects, output = folder / "accepted.csv", folder / "rejects.csv", folder / f"output-{chunk_bytes}"
    command = [sluice, "check", file, "--contract", contract, "--json", "--accepted", accepted, "--rejects", rejects]
    command += ["--chunk-bytes", str(chunk_bytes)] + (["--output", output] if typed else [])
    try:
        ran = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return Result("crash", "timeout")
    if ran.returncode == 2:
        message = ran.stderr.decode("utf-8", "replace").strip()
        # A step that fails is a bug; a contract that cannot be used is an answer.
        return Result("crash" if "a step failed" in message else "contract", message)
    if ran.returncode not in (0, 1):
        return Result("crash", f"exit code {ran.returncode}: {ran.stderr.decode('utf-8', 'replace').strip()}")
    report = json.loads(ran.stdout)
    if report["counts"] is None:
        codes = tuple(sorted({fault["code"] for fault in report.get("faults") or []}))
        return Result("refused", report["cause"] or "", codes)
    return Result(
        "rows",
        **read_rejects(rejects),
        row_count=report["counts"]["readCount"],
        texts=read_accepted(accepted),
        values=read_table(output) if typed else None,
    )


def read_rejects(path: Path) -> dict[str, dict]:
    faults: dict[int, Faults] = {}
    lines: dict[int, int] = {}
    found: dict[tuple[int, str], str] = {}
    with path.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            number, column = int(row["row_number"]), row["column"]
            faults.setdefault(number, Counter())[column, row["code"]] += 1
            lines[number] = int(row["line_number"])
            if row["code"] in ("type-error", "constraint-error"):
                found[number, column] = row["found"]
    return {"faults": faults, "lines": lines, "found": found}


def read_accepted(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_table(folder: Path) -> list[dict] | None:
    """The rows of the published table in the order of the file: its parts are numbered."""
    parts = sorted(folder.glob("published/*/data/**/*.parquet"), key=lambda path: path.name)
    return [row for part in parts for row in pyarrow.parquet.ParquetFile(part).read().to_pylist()]
