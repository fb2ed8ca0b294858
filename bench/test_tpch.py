"""Tests of what is pure in tpch.py: python3 -m unittest discover bench"""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import tpch


class Answers(unittest.TestCase):
    def check(self, ours, theirs, *expected):
        self.assertEqual(list(tpch.differences(ours, theirs)), list(expected))

    def test_equal(self):
        self.check({"a": [1, "x"], "b": None}, {"a": [1, "x"], "b": None})
        self.check({"sum": "1.10"}, {"sum": 1.1000000000001})
        self.check({"mean": "0.0499852958385"}, {"mean": "0.04998529583850001"})

    def test_different(self):
        self.check({"a": 1}, {"a": 1, "b": 2}, "/b: None and 2")
        self.check({"a": [1, 2]}, {"a": [1]}, "/a: [1, 2] and [1]")
        self.check({"a": [1, 2]}, {"a": [1, 3]}, "/a/1: 2 and 3")
        self.check("1.10", "1.11", ": '1.10' and '1.11'")
        self.check("123456789012.10", "123456789012.11", ": '123456789012.10' and '123456789012.11'")
        self.check(1.0, "x", ": 1.0 and 'x'")
        self.check(0.5, 0.50001, ": 0.5 and 0.50001")


class Hashes(unittest.TestCase):
    def test_of_both_programs(self):
        self.assertEqual(tpch.sha256({"sha256": "ab"}), "ab")
        self.assertEqual(tpch.sha256("ab  lineitem.csv\n"), "ab")
        tpch.check("scan", "wc", {"sha256": "ab"}, None)
        with self.assertRaises(tpch.Disagreement):
            tpch.check("scan", "sha256sum", {"sha256": "ab"}, {"sha256": "ac"})


class Tables(unittest.TestCase):
    def test_medians_and_ratios_of_the_same_rounds(self):
        run = lambda wall, cpu: {"wall": wall, "cpu": cpu, "rss": 2e6, "answer": None}
        runs = {"parse": {"sluice": [run(1, 1), run(1, 2), run(1, 4)], "duckdb": [run(1, 3), run(1, 8), run(1, 8)]},
                "whole": {"sluice": [run(2, 1)], "polars": [run(1, 5)]}}
        told = {(line["row"], line["program"]): line for line in tpch.tell(10e6, runs)}
        self.assertEqual(told["parse", "sluice"]["ratio"], 1)
        self.assertEqual(told["parse", "duckdb"]["ratio"], 3)
        self.assertEqual(told["parse", "duckdb"]["cpu"], 8)
        self.assertEqual(told["parse", "sluice"]["mb_per_cpu_second"], 5)
        self.assertEqual(told["whole", "polars"]["ratio"], 0.5)

    def test_a_row_of_the_table(self):
        line = {"row": "scan", "program": "wc", "rounds": 5, "wall": 1, "cpu": 0.5, "rss": 2e6,
                "mb_per_cpu_second": 20, "ratio": 0.25, "ratio_of": "cpu"}
        self.assertEqual(tpch.markdown([line]).splitlines()[2], "| scan | wc | 5 | 1.00 | 0.50 | 20 | 2 | 0.25 (cpu) |")


class Growth(unittest.TestCase):
    def test_whole_lines_below_one_header(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "a"), Path(folder, "b")
            source.write_text("h\n1,x\n2,y\n")
            for byte_len in (1, 12, 100):
                tpch.grow(source, target, byte_len)
                header, *lines = target.read_text().splitlines()
                self.assertEqual(header, "h")
                self.assertGreaterEqual(target.stat().st_size, byte_len)
                self.assertTrue(all(line == ["1,x", "2,y"][at % 2] for at, line in enumerate(lines)))


class Arguments(unittest.TestCase):
    def test_what_is_left_out(self):
        options = tpch.arguments([])
        self.assertEqual((options.only, options.rounds, options.memory), (tpch.ROWS, 5, None))
        self.assertEqual(tpch.arguments(["--memory"]).memory, [1e8, 1e10])
        self.assertEqual(tpch.arguments(["--memory", "5"]).memory, [5])


if __name__ == "__main__":
    unittest.main()
