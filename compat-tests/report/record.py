#!/usr/bin/env python3
"""Keeps what a part of ./dev compat found, for docs/compatibility.md.

    ... | record.py PART [ARGUMENT...]

Passes its input on, and writes build/compat/results/PART.json when the ARGUMENTs the part was run with leave nothing
out and the broker was ours: a run of a selection, or against another broker, changes nothing that is kept.
`--gtest FILE` among them names a report of GoogleTest that has the entries in place of the input.
"""
import datetime
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "build/compat/results"
# "name  PASSED  1.2 s  why", "round   1 seed 7: passed in 12 s"
ENTRY = re.compile(r"^(?P<name>\S.*?):?\s+(?P<state>PASSED|FAILED|SKIPPED|passed)\b"
                   r"(?:\s+(?:in )?(?P<seconds>[\d.]+) s)?(?P<note>.*)$")
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
# What leaves a run whole; all other words choose a part of it or another broker.
HARMLESS = {"-j": 1, "--jobs": 1, "--out": 1, "--group-protocol": 1, "--gtest": 1, "--gtest_brief=1": 0}


def is_whole(arguments):
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word not in HARMLESS:
            return False
        del words[:HARMLESS[word]]
    return True


def entries_of(lines):
    """The entries that a part printed, and its totals; None without a last line that has them."""
    entries, totals = [], None
    for line in lines:
        total = TOTAL.match(line)
        if total:
            totals = dict(zip(("passed", "failed", "skipped"), map(int, total.groups())))
            continue
        found = ENTRY.match(line)
        if found:
            entries.append({"name": " ".join(found["name"].split()), "state": found["state"].upper(),
                            "seconds": float(found["seconds"]) if found["seconds"] else None,
                            "note": found["note"].strip(" ,")})
    return entries, totals


def gtest_entries(report):
    """Those of GoogleTest's JSON."""
    entries = []
    for suite in report["testsuites"]:
        for test in suite["testsuite"]:
            state = "SKIPPED" if test["result"] == "SKIPPED" else "FAILED" if test.get("failures") else "PASSED"
            entries.append({"name": f"{suite['name']}.{test['name']}", "state": state,
                            "seconds": float(test["time"].rstrip("s")), "note": ""})
    return entries


def store(part, entries, totals, folder=RESULTS):
    folder.mkdir(parents=True, exist_ok=True)
    record = {"part": part, "date": datetime.date.today().isoformat(), "totals": totals, "entries": entries}
    (folder / f"{part}.json").write_text(json.dumps(record, indent=1) + "\n")


def main():
    part, *arguments = sys.argv[1:]
    if "--group-protocol" in arguments:
        protocol = arguments[arguments.index("--group-protocol") + 1]
        part += "" if protocol == "classic" else f"-{protocol}"
    lines = []
    for line in sys.stdin:
        print(line, end="", flush=True)
        lines.append(line.rstrip("\n"))
    entries, totals = entries_of(lines)
    if "--gtest" in arguments:
        report = Path(arguments[arguments.index("--gtest") + 1])
        entries = gtest_entries(json.loads(report.read_text())) if report.exists() else []
    if totals and is_whole(arguments):
        store(part, entries, totals)


if __name__ == "__main__":
    main()
