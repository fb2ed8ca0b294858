"""Prints the sorted ids of the versions of a table, as each reader finds them, as JSON: lists by reader, one per version.

    python versions.py TABLE FIRST_VERSION
"""

import json
import sys
from pathlib import Path

import deltalake
import duckdb
import duckdb_extension_delta
import polars

DUCKDB = duckdb.connect(config={"autoinstall_known_extensions": False})
DUCKDB.load_extension(str(next(Path(duckdb_extension_delta.__file__).parent.rglob("delta.duckdb_extension"))))


def by_polars(table: str, version: int) -> list:
    return polars.scan_delta(table, version=version).select("id").collect()["id"].to_list()


def by_deltalake(table: str, version: int) -> list:
    opened = deltalake.DeltaTable(table, version=version)
    rows = deltalake.QueryBuilder().register("t", opened).execute("SELECT id FROM t").read_all()
    return rows["id"].to_pylist()


def by_duckdb(table: str, version: int) -> list:
    rows = DUCKDB.execute(f"SELECT id FROM delta_scan('{table}', version => {version})").fetchall()
    return [row[0] for row in rows]


if __name__ == "__main__":
    table, first = sys.argv[1:]
    versions = range(int(first), deltalake.DeltaTable(table).version() + 1)
    readers = {"polars": by_polars, "deltalake": by_deltalake, "duckdb": by_duckdb}
    found = {name: [sorted(read(table, version)) for version in versions] for name, read in readers.items()}
    print(json.dumps(found))
