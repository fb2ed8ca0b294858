"""What one side says of a case."""

from collections import Counter
from typing import Any, NamedTuple

# A fault of a row: the column, empty where no single one is meant, and the code.
Faults = Counter[tuple[str, str]]


class Result(NamedTuple):
    """`kind` is `rows`, `refused` (the file as a whole), `contract` (the descriptor) or `crash`.

    Row numbers count records: the first of the file is 1, and comments and blank lines count too.
    """

    kind: str
    note: str = ""
    # Codes of a refused file.
    codes: tuple[str, ...] = ()
    # The rejected rows.
    faults: dict[int, Faults] = {}
    # What Sluice says of them besides: the line on which a row starts, and the text of each cell at fault.
    lines: dict[int, int] = {}
    found: dict[tuple[int, str], str] = {}
    # Number of rows that were read.
    row_count: int = 0
    # The original texts of the rows by name of the field: of the accepted ones in order (Sluice), of
    # all by row number (the reference).
    texts: Any = ()
    # Their typed values likewise; None where there are none.
    values: Any = None
