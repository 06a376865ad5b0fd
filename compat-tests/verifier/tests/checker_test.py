#!/usr/bin/env python3
"""The judge itself: each anomaly is found in a history that has it, and none in one that has not."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from checker import Judge, parse_reader, parse_worker

COMMITTED = ["record 0 0 w:0", "record 1 0 w:1"]
WORKER = ["send 1 0 w:0", "send 1 1 w:1", "ack 0 0 w:0", "ack 1 0 w:1", "commit 1",
          "send 2 0 w:2", "ack 0 2 w:2", "abort 2"]
BANK = [f"send 1 {account % 3} b:1:{account}:100" for account in range(6)] + ["commit 1"]
BANK_RECORDS = [f"record {account % 3} {account // 3} b:1:{account}:100" for account in range(6)]


def anomalies(worker, committed, whole, live=()):
    readers = [parse_reader("final-read_committed", committed), parse_reader("final-read_uncommitted", whole)]
    name = worker[0].split()[3].split(":")[0]
    return Judge("topic", [parse_worker(name, worker)], *readers,
                 [parse_reader("live-read_committed", lines) for lines in live]).judge()


class CheckerTest(unittest.TestCase):
    def found(self, text, *arguments, **options):
        said = anomalies(*arguments, **options)
        self.assertTrue(any(text in one for one in said), said)

    def test_nothing_is_found_where_nothing_is(self):
        live = ["record 0 0 w:0", "position 0 1", "stable 0 1", "committed 0 1", "found 0 1"]
        self.assertEqual(anomalies(WORKER, COMMITTED, [*COMMITTED, "record 0 2 w:2"], [live]), [])

    def test_lost_record_is_found(self):
        self.found("lost: w:1 was acknowledged", WORKER, COMMITTED[:1], [COMMITTED[0], "record 0 2 w:2"])

    def test_committed_and_hidden_is_found(self):
        self.found("committed 1, not visible", WORKER, COMMITTED[:1], [*COMMITTED, "record 0 2 w:2"])

    def test_lost_record_without_a_transaction_is_found(self):
        self.found("lost", ["send - 0 i:0", "ack 0 0 i:0"], [], [])

    def test_aborted_record_that_is_seen_is_found(self):
        whole = [*COMMITTED, "record 0 2 w:2"]
        self.found("aborted and visible", WORKER, whole, whole)

    def test_torn_transaction_is_found(self):
        self.found("torn", ["send 1 0 w:0", "send 1 1 w:1", "unknown 1"], COMMITTED[:1], COMMITTED)

    def test_unknown_end_may_be_either(self):
        worker = ["send 1 0 w:0", "send 1 1 w:1", "unknown 1"]
        self.assertEqual(anomalies(worker, COMMITTED, COMMITTED), [])
        self.assertEqual(anomalies(worker, [], COMMITTED), [])

    def test_duplicate_is_found(self):
        twice = [*COMMITTED, "record 0 1 w:0"]
        self.found("duplicate", WORKER, twice, twice)

    def test_wrong_order_is_found(self):
        worker = ["send - 0 w:0", "send - 0 w:1"]
        records = ["record 0 0 w:1", "record 0 1 w:0"]
        self.found("order", worker, records, records)

    def test_moved_record_is_found(self):
        whole = ["record 0 1 w:0", "record 1 0 w:1"]
        self.found("was acknowledged at (0, 0)", WORKER, whole, whole)

    def test_gap_in_a_live_read_is_found(self):
        records = ["record 0 0 w:0", "record 0 1 w:1", "record 0 2 w:2"]
        worker = ["send - 0 w:0", "send - 0 w:1", "send - 0 w:2"]
        self.found("saw in 0", worker, records, records, live=[[records[0], records[2]]])

    def test_read_beyond_the_stable_offset_is_found(self):
        self.found("beyond the last stable offset", WORKER, COMMITTED, [*COMMITTED, "record 0 2 w:2"],
                   live=[["position 0 5", "stable 0 4"]])

    def test_offsets_that_go_back_are_found(self):
        whole = [*COMMITTED, "record 0 2 w:2"]
        self.found("back to 3", WORKER, COMMITTED, whole, live=[["end 0 4", "end 0 3"]])
        self.found("found the group's offset 1", WORKER, COMMITTED, whole, live=[["committed 0 2", "found 0 1"]])

    def test_money_that_was_lost_is_found(self):
        self.assertEqual(anomalies(BANK, BANK_RECORDS, BANK_RECORDS), [])
        half = [*BANK_RECORDS, "record 0 5 b:2:0:90"]
        self.found("bank: after 2", [*BANK, "send 2 0 b:2:0:90", "send 2 1 b:2:1:110", "unknown 2"], half, half)

    def test_wrong_balance_read_back_is_found(self):
        self.found("bank: b read", [*BANK, "readback 1 90 110 100 100 100 100"], BANK_RECORDS, BANK_RECORDS)


if __name__ == "__main__":
    unittest.main()
