#!/usr/bin/env python3
"""Order of the runs, and what becomes of the samples."""
import importlib.machinery
import importlib.util
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(FOLDER))
import report
import scenarios

loader = importlib.machinery.SourceFileLoader("run", str(FOLDER / "run"))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
loader.exec_module(run)


class Order(unittest.TestCase):
    def test_two_sides_are_interleaved(self):
        self.assertEqual("".join(run.order("AB", 1, False)), "ABBA")
        self.assertEqual("".join(run.order("AB", 2, False)), "ABBAABBA")

    def test_quick_is_one_round(self):
        self.assertEqual("".join(run.order("AB", 2, True)), "ABBA")

    def test_no_rounds_is_one_sample_each(self):
        self.assertEqual("".join(run.order("AB", 0, False)), "AB")


class Report(unittest.TestCase):
    def test_ratio_is_taken_between_neighbours(self):
        self.assertEqual(report.ratios([1, 4], [2, 2]), [0.5, 2])

    def test_ratio_to_nothing_is_left_out(self):
        self.assertEqual(report.ratios([1, 4], [0, 2]), [2])
        self.assertEqual(report.spread(report.ratios([1], [0])), "-")

    def test_spread_is_median_and_range(self):
        self.assertEqual(report.spread([3, 1, 2]), "2  [1 .. 3]")
        self.assertEqual(report.spread([12345]), "12,345")

    def test_table_has_a_row_for_each_figure(self):
        lines = report.table(scenarios.SCENARIOS[0], {"ours": [{"ms": 1, "MB": 10}], "peer": [{"ms": 4, "MB": 5}]})
        self.assertIn("ours / peer", lines[1])
        self.assertEqual(lines[2].split(), ["ms", "1", "4", "0.25"])
        self.assertEqual(lines[3].split(), ["MB", "10", "5", "2"])

    def test_machine_names_cores_and_congestion_control(self):
        text = "\n".join(report.machine())
        self.assertIn("cores of", text)
        self.assertIn("congestion control", text)


class Figures(unittest.TestCase):
    def test_cost_is_counted_by_bytes_and_by_records(self):
        figures = scenarios.throughput(None, {"bytes": 2e9, "records": 1e6, "seconds": 4, "client_cpu_seconds": 1}, 3)
        self.assertEqual(figures["MB/s"], 500)
        self.assertEqual(figures["broker CPU s/GB"], 1.5)
        self.assertEqual(figures["broker CPU us/record"], 3)

    def test_names_are_unique(self):
        names = [scenario.name for scenario in scenarios.SCENARIOS]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
