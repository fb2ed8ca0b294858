#!/usr/bin/env python3
"""How fast Sluice reads TPC-H's lineitem, and how fast others do."""
import argparse
import csv
import glob
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / "target" / "bench"

HELP = """\
Rows
  scan      check the text, find its records, hash it, as Validate does, on two threads and on one
            (beside it sha256sum and wc -l, as anchors)
  parse     typed and validated columns in memory, one thread
  parquet   the same, written as Parquet with zstd, one thread
  join      columns of orders and part beside each row, all in memory, the index of each table included; one thread
  group     four aggregates of rows in memory: by two flags, by supplier, by order, by two texts; one thread
  whole     check, lookup of two columns of part, Parquet and an aggregate, two threads

Examples
  cargo build --release -p cli -p bench
  bench/tpch.py                                    all of it, SF 1, five rounds
  bench/tpch.py --only parse --rounds 9
  bench/tpch.py --only whole --json > whole.json
  bench/tpch.py --scale-factor 0.01 --rounds 1     do the answers agree?
  bench/tpch.py --memory                           peak memory at 100 MB and at 10 GB

Exit code 0: done, and all answers agree. 1: they do not. 2: something could not be run.
"""

ROWS = ["scan", "parse", "parquet", "join", "group", "whole"]
# Who takes part in which row: ours first.
PEERS = {
    "scan": ["sluice", "sluice-alone", "sha256sum", "wc"],
    "parse": ["sluice", "duckdb", "polars", "pandas"],
    "parquet": ["sluice", "duckdb", "polars"],
    "join": ["sluice", "duckdb", "polars"],
    "group": ["sluice", "duckdb", "polars"],
    "whole": ["sluice", "duckdb-table", "duckdb-scans", "polars"],
}
# Whose contracts lie beside the data, since they name reference tables.
BESIDE = ["join", "group", "whole"]
# Too slow for more than one round.
ONCE = ["pandas"]


class Failed(Exception):
    """Something could not be run."""


class Disagreement(Exception):
    """Two answers that should be the same."""


# What is run

class Bench:
    """Paths and programs of one call."""

    def __init__(self, options):
        self.sluice, self.bench = options.sluice.resolve(), options.bench.resolve()
        for program in (self.sluice, self.bench):
            if not program.is_file():
                raise Failed(f"there is no {program}: cargo build --release -p cli -p bench")
        self.python = environment()
        self.data = data(self.python, options.scale_factor)
        self.out = WORK / "out"

    def command(self, row, peer):
        """The command of a peer, and the number of its threads."""
        lineitem, out = self.data / "lineitem.csv", self.out / f"{row}-{peer}"
        threads = 2 if row == "whole" or (row, peer) == ("scan", "sluice") else 1
        if peer == "sha256sum":
            return ["sha256sum", lineitem], threads
        if peer == "wc":
            return ["wc", "-l", lineitem], threads
        if not peer.startswith("sluice"):
            return [self.python, HERE / "peers.py", peer, row, self.data, out], threads
        if row == "whole":
            return [self.sluice, "check", lineitem, "--contract", self.data / "whole.json",
                    "--output", out, "--json"], threads
        output = ["--output", out] if row == "parquet" else []
        part = peer.replace("sluice", row)
        contract = self.data / f"{row}.json" if row in BESIDE else HERE / "tpch" / "lineitem.json"
        return [self.bench, part, lineitem, "--contract", contract, *output], threads

    def run(self, row, peer):
        """Runs a peer once: a new output folder, an own process."""
        out = self.out / f"{row}-{peer}"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        command, threads = self.command(row, peer)
        found = measure(command, threads)
        # Of work that does not fill its process: the work alone.
        inner = found["answer"].get("seconds") if isinstance(found["answer"], dict) else None
        return {**found, **(inner or {})}

    def answer(self, row, peer, found):
        """What a peer's work came to, as the other peers' can be compared with it; nothing of `wc`."""
        out = self.out / f"{row}-{peer}"
        if peer == "wc":
            return None
        if row == "scan":
            return {"sha256": sha256(found["answer"])}
        if row in ("parse", "join", "group"):
            return without_seconds(found["answer"])
        if row == "parquet":
            return self.figures(f"{out}/*.parquet")
        if row == "whole":
            parts = "published/lineitem/data/**/*.parquet" if peer == "sluice" else "*.parquet"
            return {**self.figures(f"{out}/{parts}"), "groups": groups(out)}
        raise Failed(f"there is no row {row}")

    def figures(self, pattern):
        command = [self.python, HERE / "peers.py", "figures", pattern]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def measure(command, threads):
    """Runs a command: wall and processor seconds, peak memory in bytes, and what it prints."""
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=output, env=environment,
                                   preexec_fn=lambda: pin(threads))
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{text}")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = text
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss * unit,
            "answer": answer}


def pin(threads):
    """Gives two threads two processors, where there are more; one thread may move."""
    if threads > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def without_seconds(answer):
    return {"rows": answer["rows"], "columns": answer["columns"]}


def sha256(answer):
    """Of a file: what `bench scan` or `sha256sum` says."""
    return answer["sha256"] if isinstance(answer, dict) else answer.split()[0]


def groups(out):
    """The aggregate that lies below `out`: a dictionary for each group, in order."""
    [path] = glob.glob(f"{out}/by_status.csv") or glob.glob(f"{out}/aggregates/lineitem/by_status/*.csv")
    with open(path, newline="") as file:
        return sorted(csv.DictReader(file), key=lambda group: (group["l_returnflag"], group["l_linestatus"]))


# What it needs

def environment():
    """The Python that has the peers, made anew when requirements.txt is another."""
    folder, pins = WORK / "venv", (HERE / "requirements.txt").read_bytes()
    stamp, digest = folder / "requirements.sha256", hashlib.sha256(pins).hexdigest()
    python = folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != digest:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--require-hashes", "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(digest)
    return python


def data(python, scale_factor):
    """The folder with the files, and the contracts beside them."""
    folder = WORK / f"sf{scale_factor:g}"
    if not (folder / "orders.csv").is_file():
        unfinished = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python.with_name("tpchgen-cli"), "csv", "-s", str(scale_factor), "-T", "lineitem,part,orders",
                        "-o", unfinished], check=True, stdout=subprocess.DEVNULL)
        unfinished.rename(folder)
    for row in BESIDE:
        shutil.copy(HERE / "tpch" / f"{row}.json", folder)
    return folder


# Whether answers agree

def differences(ours, theirs, path=""):
    """Where two answers differ. A double agrees with what is equal to nine digits."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from differences(ours.get(key), theirs.get(key), f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, f"{path}/{at}")
    elif not same(ours, theirs):
        yield f"{path}: {ours!r} and {theirs!r}"


def same(ours, theirs):
    """Equal; as numbers to nine digits where one of them is a double."""
    if ours == theirs:
        return True
    if not any(is_double(value) for value in (ours, theirs)):
        return False
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=1e-9)
    except (TypeError, ValueError):
        return False


def is_double(value):
    """A double, or the text of one that has more digits than money has."""
    if isinstance(value, str):
        _, _, digits = value.partition(".")
        return len(digits) > 2 and digits.isdigit()
    return isinstance(value, float)


# What is told

def tell(bytes_len, runs):
    """The measured rows: for each peer its medians, and the medians of its ratios to ours."""
    told = []
    for row, peers in runs.items():
        # Two threads are there to save time, one thread is measured by what it costs.
        unit = "wall" if row == "whole" else "cpu"
        ours = peers["sluice"]
        for peer, rounds in peers.items():
            ratios = [theirs[unit] / mine[unit] for theirs, mine in zip(rounds, ours)]
            median = {key: statistics.median(run[key] for run in rounds) for key in ("wall", "cpu", "rss")}
            told.append({"row": row, "program": peer, "rounds": len(rounds), **median,
                         "mb_per_cpu_second": bytes_len / 1e6 / median["cpu"], "ratio_of": unit,
                         "ratio": statistics.median(ratios)})
    return told


def markdown(told):
    lines = ["| Row | Program | Rounds | Wall s | CPU s | MB per CPU s | Peak MB | Times ours |",
             "|---|---|---:|---:|---:|---:|---:|---:|"]
    for line in told:
        lines.append("| {row} | {program} | {rounds} | {wall:.2f} | {cpu:.2f} | {mb_per_cpu_second:.0f} | "
                     "{peak:.0f} | {ratio:.2f} ({ratio_of}) |".format(peak=line["rss"] / 1e6, **line))
    return "\n".join(lines)


def compare(options):
    """All rows in interleaved rounds."""
    bench = Bench(options)
    bytes_len = (bench.data / "lineitem.csv").stat().st_size
    runs = {row: {peer: [] for peer in PEERS[row]} for row in options.only}
    answers = {}
    for number in range(options.rounds):
        for row in options.only:
            for peer in PEERS[row]:
                if number > 0 and peer in ONCE:
                    continue
                print(f"round {number + 1}: {row}, {peer}", file=sys.stderr)
                found = bench.run(row, peer)
                runs[row][peer].append(found)
                if number == 0:
                    answers[row, peer] = bench.answer(row, peer, found)
                    check(row, peer, answers[row, "sluice"], answers[row, peer])
    shutil.rmtree(bench.out, ignore_errors=True)
    return tell(bytes_len, runs)


def check(row, peer, ours, theirs):
    found = [] if theirs is None else list(differences(ours, theirs))
    if found:
        raise Disagreement(f"{row}: sluice and {peer} differ\n  " + "\n  ".join(found))


# Memory

def grow(source, target, byte_len):
    """Repeats the data of `source` below one header until `target` has that many bytes."""
    with open(source, "rb") as data:
        header, body = data.readline(), data.tell()
        with open(target, "wb") as grown:
            grown.write(header)
            while grown.tell() < byte_len:
                data.seek(body)
                # The last repetition may end early: with a whole line.
                for piece in iter(lambda: data.readlines(1 << 20), []):
                    grown.writelines(piece)
                    if grown.tell() >= byte_len:
                        break


def memory(options):
    """Peak memory of the whole for a small and for a large file."""
    bench, told = Bench(options), []
    grown = bench.data / "grown.csv"
    try:
        for byte_len in options.memory:
            grow(bench.data / "lineitem.csv", grown, byte_len)
            shutil.rmtree(bench.out, ignore_errors=True)
            command = [bench.sluice, "check", grown, "--contract", bench.data / "whole.json",
                       "--output", bench.out, "--json"]
            found = measure(command, 2)
            rows = found.pop("answer")["counts"]["acceptedCount"]
            told.append({"bytes": grown.stat().st_size, "rows": rows, **found})
    finally:
        grown.unlink(missing_ok=True)
        shutil.rmtree(bench.out, ignore_errors=True)
    for line in told:
        line["ratio"] = line["rss"] / told[0]["rss"]
    return told


def memory_markdown(told):
    lines = ["| File MB | Rows | Wall s | CPU s | Peak MB | Times the first |", "|---:|---:|---:|---:|---:|---:|"]
    for line in told:
        lines.append("| {mb:.0f} | {rows} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {ratio:.2f} |".format(
            mb=line["bytes"] / 1e6, peak=line["rss"] / 1e6, **line))
    return "\n".join(lines)


def arguments(given):
    parser = argparse.ArgumentParser(description=__doc__, epilog=HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    release = ROOT / "target" / "release"
    parser.add_argument("--sluice", type=Path, default=release / "sluice", help="the command line [target/release/sluice]")
    parser.add_argument("--bench", type=Path, default=release / "bench", help="this crate's program [target/release/bench]")
    parser.add_argument("--scale-factor", type=float, default=1, metavar="N", help="gigabytes of TPC-H data, about [1]")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each is run, in turns [5]")
    parser.add_argument("--only", action="append", choices=ROWS, help="only this row; may be given several times")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a Markdown table")
    parser.add_argument("--memory", nargs="*", type=float, metavar="BYTES",
                        help="measure peak memory for files of these sizes instead [1e8 1e10]")
    options = parser.parse_args(given)
    options.only = options.only or ROWS
    if options.memory == []:
        options.memory = [1e8, 1e10]
    return options


def main():
    options = arguments(sys.argv[1:])
    try:
        told = memory(options) if options.memory else compare(options)
    except Disagreement as error:
        print(error, file=sys.stderr)
        return 1
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        print(f"tpch.py: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(told, indent=2))
    else:
        print(memory_markdown(told) if options.memory else markdown(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
