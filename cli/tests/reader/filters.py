"""Filters a published table by each column at each of its values, as each reader does it, and counts the rows.

    python filters.py TABLE COLUMN...

A reader that skips parts must find what is found when all rows are read and then compared. Nulls fulfil no comparison.
"""

import operator
import sys
from pathlib import Path

import deltalake
import duckdb
import duckdb_extension_delta
import polars
import pyarrow.dataset

DUCKDB = duckdb.connect(config={"autoinstall_known_extensions": False})
DUCKDB.load_extension(str(next(Path(duckdb_extension_delta.__file__).parent.rglob("delta.duckdb_extension"))))
DUCKDB.execute("SET TimeZone = 'UTC'")
OPERATORS = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}


def by_polars(table, column, sign, value):
    condition = OPERATORS[sign](polars.col(column), polars.lit(value, table.polars.collect_schema()[column]))
    return table.polars.filter(condition).select(polars.len()).collect().item()


def by_pyarrow(table, column, sign, value):
    field = table.dataset.schema.field(column)
    condition = OPERATORS[sign](pyarrow.dataset.field(column), pyarrow.scalar(value, field.type))
    return table.dataset.count_rows(filter=condition)


def by_deltalake(table, column, sign, value):
    condition = [(column, "==" if sign == "=" else sign, value)]
    return table.deltalake.to_pyarrow_table(columns=["id"], filters=condition).num_rows


def by_duckdb(table, column, sign, value):
    query = f'SELECT count(*) FROM delta_scan(?) WHERE "{column}" {sign} ?'
    return DUCKDB.execute(query, [table.path, value]).fetchone()[0]


class Table:
    """A table, opened by each reader."""

    def __init__(self, path):
        self.path = path
        self.deltalake = deltalake.DeltaTable(path)
        self.dataset = self.deltalake.to_pyarrow_dataset()
        self.polars = polars.scan_delta(path)


READERS = {"polars": by_polars, "pyarrow": by_pyarrow, "deltalake": by_deltalake, "duckdb": by_duckdb}

if __name__ == "__main__":
    path, *columns = sys.argv[1:]
    table, count, wrong = Table(path), 0, []
    rows = table.polars.select("id", *columns).collect()
    for column in columns:
        values = rows[column].drop_nulls().to_list()
        for value in rows[column].drop_nulls().unique():
            for sign, holds in OPERATORS.items():
                expected = sum(holds(other, value) for other in values)
                found = {name: read(table, column, sign, value) for name, read in READERS.items()}
                count += len(found)
                wrong += [f"{name}: {column} {sign} {value!r}: {n}, not {expected}" for name, n in found.items() if n != expected]
    print(f"{count} filters over {len(rows)} rows in {len(table.deltalake.file_uris())} parts, {len(wrong)} wrong")
    if wrong:
        sys.exit("\n".join(wrong[:20]))
