"""Writes `expected`: what each dropped file must come to. README.md shows the shapes."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb

import make_again
import make_rejects
import make_tables
from make_rejects import Refused, Reject

Records = list[list[str]]


def outcome(error: str | None, read: int | None = None, rejects: list[Reject] | None = None) -> dict[str, Any]:
    """The golden of one file. A file that is refused before its rows are read has no counts."""
    rejected = None if read is None else len({reject.row_number for reject in rejects or []})
    return {
        "outcome": "quarantined" if error else "published",
        "error": error,
        "read": read,
        "accepted": None if read is None else read - rejected,
        "rejected": rejected,
        "rejects": [reject._asdict() for reject in rejects or []],
    }


def judged(contract: dict, records: Records, rejects: list[Reject]) -> dict[str, Any]:
    """The outcome of a file whose rows could be read: refused if more are wrong than the contract tolerates."""
    read = len(records) - 1
    rejected = len({reject.row_number for reject in rejects})
    tolerance = contract["resources"][0]["sluice"]["tolerance"]["rejectedFraction"]
    return outcome("FileRefused" if rejected > tolerance * read else None, read, rejects)


def lines(value: dict[str, Any]) -> str:
    """JSON with one line per property, and one per item of a property that is a list."""

    def shown(item: Any) -> str:
        if not isinstance(item, list) or not item:
            return json.dumps(item, ensure_ascii=False)
        return "[\n" + ",\n".join("    " + json.dumps(i, ensure_ascii=False) for i in item) + "\n  ]"

    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {shown(item)}" for key, item in value.items()) + "\n}\n"


def as_csv(table: make_tables.Table) -> str:
    """RFC 4180 with LF between records: null empty, floats as the shortest text that reads back the same."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table[0])
    writer.writerows([repr(c) if isinstance(c, float) else c for c in row] for row in table[1])
    return file.getvalue()


def put(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8"))


def database(contract: dict, tables: dict[str, Records]) -> duckdb.DuckDBPyConnection:
    """The resources, typed, and the enriched table."""
    db = duckdb.connect()
    for resource in contract["resources"]:
        make_tables.load(db, resource["name"], resource["schema"], tables[resource["name"]])
    make_tables.enrich(db, contract)
    return db


def write_tables(expected: Path, contract: dict, tables: dict[str, Records]) -> None:
    """The goldens of a published file's rows, after pandas has agreed to them."""
    db = database(contract, tables)
    frame = make_again.enriched(contract, tables)
    types = make_tables.column_types(db)
    columns = [make_tables.summary(db, column, kind) for column, kind in types.items()]
    for column in columns:
        make_again.check_summary(column, frame[column["name"]])
    put(expected / "table.json", lines({"rows": len(frame), "columns": columns}))

    for spec in contract["resources"][0]["sluice"]["aggregates"]:
        table = make_tables.aggregate(db, spec)
        make_again.check(table, make_again.aggregate(frame, spec), len(spec["groupBy"]))
        put(expected / f"{spec['name']}.csv", as_csv(table))


def write_dataset(root: Path, dataset: str) -> None:
    """The goldens of every file of a dataset that has a contract."""
    folder = root / "contracts" / dataset
    contract = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for file in sorted((root / "input" / dataset).iterdir()):
        golden = root / "expected" / dataset / f"{file.name}.json"
        found = make_rejects.find(folder, file)
        if isinstance(found, Refused):
            put(golden, lines(outcome("FileRefused")))
            print(f"{dataset}/{file.name}: refused: {found.reason}")
            continue
        records = make_rejects.records(file.read_bytes())
        result = judged(contract, records, found)
        put(golden, lines(result))
        print(f"{dataset}/{file.name}: {result['outcome']}, {result['rejected']} of {result['read']} rejected")
        if result["error"] is None:
            if not found:
                make_again.check_records(file, records)
            wrong = {reject.row_number for reject in found}
            accepted = [cells for row_number, cells in enumerate(records, 1) if row_number not in wrong]
            write_tables(golden.with_suffix(""), contract, make_rejects.resources(folder, contract, accepted))


def write(root: Path) -> None:
    """Writes the goldens of every file below `root/input`."""
    for folder in sorted((root / "input").iterdir()):
        if (root / "contracts" / folder.name / "datapackage.json").exists():
            write_dataset(root, folder.name)
            continue
        for file in sorted(folder.iterdir()):
            put(root / "expected" / folder.name / f"{file.name}.json", lines(outcome("ContractRefused")))
            print(f"{folder.name}/{file.name}: refused: the dataset has no contract")
