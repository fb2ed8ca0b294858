"""Holds a published table, read with Polars and the `deltalake` package, against the CSV file it was made from.

    python same_rows.py TABLE CONTRACT CSV [REJECTS]

The table must have exactly the rows of the file but those with a reject, with the values that the text of their cells
stands for, whatever their order. Knows the types that the sample contract has.
"""

import csv
import json
import sys
from collections import Counter
from datetime import datetime

import polars

READ = {
    "string": str,
    "integer": int,
    "number": float,
    "datetime": datetime.fromisoformat,
}


def file_rows(contract: str, path: str, rejects: str | None) -> Counter:
    """The rows of the CSV file as Python values."""
    with open(contract, encoding="utf-8") as text:
        schema = json.load(text)["resources"][0]["schema"]
    fields = [READ[field["type"]] for field in schema["fields"]]
    missing = set(schema["missingValues"])
    rejected = set()
    if rejects:
        with open(rejects, encoding="utf-8", newline="") as text:
            rejected = {int(reject["row_number"]) for reject in csv.DictReader(text)}
    with open(path, encoding="utf-8", newline="") as text:
        records = csv.reader(text)
        next(records)
        # The header is row 1.
        kept = (record for row, record in enumerate(records, 2) if row not in rejected)
        return Counter(
            tuple(None if cell in missing else read(cell) for read, cell in zip(fields, record, strict=True))
            for record in kept
        )


def table_rows(table: str, contract: str) -> Counter:
    """The rows of the table, the columns of the file alone."""
    with open(contract, encoding="utf-8") as text:
        names = [field["name"] for field in json.load(text)["resources"][0]["schema"]["fields"]]
    return Counter(polars.read_delta(table).select(names).iter_rows())


if __name__ == "__main__":
    table, contract, path, *rest = sys.argv[1:]
    expected = file_rows(contract, path, rest[0] if rest else None)
    found = table_rows(table, contract)
    lost, made_up = expected - found, found - expected
    print(f"{expected.total()} rows in the file, {found.total()} in the table")
    if lost or made_up:
        sys.exit(f"{lost.total()} lost, such as {list(lost)[:1]}; {made_up.total()} made up, such as {list(made_up)[:1]}")
