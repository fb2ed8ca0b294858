"""Prints the columns and the rows of a published table, as Polars reads it, as JSON; rows by the first column.

    python rows.py TABLE
"""

import json
import sys

import polars

if __name__ == "__main__":
    table = polars.read_delta(sys.argv[1])
    print(json.dumps({"columns": table.columns, "rows": table.sort(table.columns[0]).rows()}))
