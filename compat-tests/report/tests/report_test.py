#!/usr/bin/env python3
"""What is kept of a run, and what becomes of it on the page."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import make_page
import record

SUITE = """0011_produce_batch                           PASSED       7.9 s
0081_admin:prompt-groups                     FAILED     180.0 s  ran out of time
0101_fetch-from-follower                     SKIPPED      0.1 s  no racks
a line of talk
1 passed, 1 failed, 1 skipped""".splitlines()
VERSIONS = {"librdkafka": "2", "java": "4", "old-java": "3", "kafka": "4.3.1", "confluent-kafka": "5", "franz-go": "6"}
APIS = {"barnabas": [{"key": 0, "name": "Produce", "low": 3, "high": 13}],
        "kafka": [{"key": 0, "name": "Produce", "low": 3, "high": 13}, {"key": 88, "name": "New", "low": 0, "high": 0}]}


class Record(unittest.TestCase):
    def test_entries_have_state_time_and_reason(self):
        entries, totals = record.entries_of(SUITE)
        self.assertEqual(totals, {"passed": 1, "failed": 1, "skipped": 1})
        self.assertEqual([one["state"] for one in entries], ["PASSED", "FAILED", "SKIPPED"])
        self.assertEqual(entries[1], {"name": "0081_admin:prompt-groups", "state": "FAILED", "seconds": 180.0,
                                      "note": "ran out of time"})

    def test_entries_without_a_time_and_rounds_count(self):
        entries, _ = record.entries_of(["clean: the groups go on where they were          PASSED",
                                        "round   1 seed 7: passed 12 transactions"])
        self.assertEqual([(one["name"], one["state"], one["seconds"]) for one in entries],
                         [("clean: the groups go on where they were", "PASSED", None),
                          ("round 1 seed 7", "PASSED", None)])

    def test_a_run_that_came_to_no_end_has_no_totals(self):
        self.assertIsNone(record.entries_of(SUITE[:-1])[1])

    def test_a_selection_or_another_broker_is_not_kept(self):
        for words in ([], ["-j", "4"], ["--group-protocol", "consumer"], ["--out", "x", "-j", "1"]):
            self.assertTrue(record.is_whole(words), words)
        for words in (["0011"], ["--quick-part"], ["--peer"], ["-j", "2", "--against", "h:1"], ["--list"]):
            self.assertFalse(record.is_whole(words), words)

    def test_gtest_reports_become_entries(self):
        report = {"testsuites": [{"name": "Groups", "testsuite": [
            {"name": "A", "result": "COMPLETED", "time": "1.5s"},
            {"name": "B", "result": "COMPLETED", "time": "0s", "failures": [{}]},
            {"name": "C", "result": "SKIPPED", "time": "0s"}]}]}
        self.assertEqual([(one["name"], one["state"]) for one in record.gtest_entries(report)],
                         [("Groups.A", "PASSED"), ("Groups.B", "FAILED"), ("Groups.C", "SKIPPED")])


class Page(unittest.TestCase):
    def results(self):
        with tempfile.TemporaryDirectory() as folder:
            entries, totals = record.entries_of(SUITE)
            record.store("suite", entries, totals, Path(folder))
            record.store("volumes", [{"name": "a | b", "state": "PASSED", "seconds": None, "note": ""}],
                         {"passed": 1, "failed": 0, "skipped": 0}, Path(folder))
            return {**make_page.load(Path(folder)), "apis": APIS}

    def test_requests_stand_beside_kafkas(self):
        lines = make_page.page(self.results(), VERSIONS).splitlines()
        self.assertIn("| Produce | 0 | 3-13 | 3-13 |", lines)
        self.assertIn("| New | 88 | - | 0 |", lines)

    def test_entries_of_one_protocol_leave_the_other_column_empty(self):
        text = make_page.page(self.results(), VERSIONS)
        self.assertIn("| 0081_admin:prompt-groups | failed: ran out of time | 180.0 | - |  |", text)

    def test_parts_that_were_not_run_say_so(self):
        text = make_page.page(self.results(), VERSIONS)
        self.assertRegex(text, r"\| java \|.*not run yet \|")
        self.assertRegex(text, r"\| suite \|.* 1 \| 1 \| 1 \| \d{4}-\d\d-\d\d \|")

    def test_bars_in_names_do_not_end_a_cell(self):
        self.assertIn("| a \\| b | passed |  |", make_page.page(self.results(), VERSIONS))

    def test_versions_are_found_where_the_programs_are_fetched(self):
        for name, version in make_page.versions().items():
            self.assertRegex(version, r"^\d+\.\d+(\.\d+)?$", name)


if __name__ == "__main__":
    unittest.main()
