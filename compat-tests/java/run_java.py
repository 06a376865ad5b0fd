#!/usr/bin/env python3
"""Programs with Kafka's own Java clients, unmodified, against a broker that they may have killed.

    run_java.py [--peer] [--quick-part] [--list] [NAME...]

A row of PROGRAMS is a process: a class whose checks run one after the other, against a broker with a directory of its
own. A NAME is a program, or a check by a part of its name. --peer starts Apache Kafka in place of ours. What the
programs print lands in --out, build/compat/java unless told. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import jvm
from broker import ROOT, broker_kind

SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    # Time-outs are looked for twice a second, not every ten.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    # Members of the newer protocols learn of changes with their next heartbeat.
    "group.consumer.min.heartbeat.interval.ms": 300,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.streams.initial.rebalance.delay.ms": 300,
    "group.streams.min.heartbeat.interval.ms": 300,
    "group.streams.heartbeat.interval.ms": 300,
    "group.share.min.heartbeat.interval.ms": 300,
    "group.share.heartbeat.interval.ms": 300,
    "group.share.min.record.lock.duration.ms": 1000,
    "group.share.record.lock.duration.ms": 2000,
}


@dataclass
class Suite:
    name: str
    main: str
    old: bool = False  # with the client of the old protocol
    quick: bool = False


PROGRAMS = [
    Suite("transactions", "Transactions", quick=True),
    Suite("old-transactions", "Transactions", old=True),
    Suite("administration", "Administration", quick=True),
    Suite("refusals", "Refusals", quick=True),
    Suite("groups", "Groups", quick=True),
    Suite("share-groups", "ShareGroups", quick=True),
    Suite("pipeline", "Pipeline"),
    Suite("streams", "StreamsChecks"),
    Suite("streams-groups", "StreamsGroups"),
]


def java_checks(main):
    """The names of the checks of a class, out of its source."""
    text = next((Path(__file__).parent / "src").rglob(f"{main}.java")).read_text()
    return re.findall(r"public static void (\w+)\(Clients clients\)", text)


def obey(broker, deed):
    """What a check asks for; the answer goes back to it."""
    if deed in ("kill", "restart"):
        if broker.process.poll() is not None:
            return f"the broker has ended by itself, exit code {broker.process.returncode}"
        broker.kill()
    if deed in ("start", "restart"):
        broker.start()
    return "done"


def run_program(row, names, args):
    """Runs the checks of one program; returns {check: passed}."""
    folder = args.out / row.name
    wanted = [check for check in java_checks(row.main)
              if not names or row.name in names or any(name in check for name in names)]
    results = {}
    with broker_kind(args.peer)(folder, SETTINGS) as broker:
        program = jvm.Program(jvm.command("Checks", broker.address, row.main, *wanted, old=row.old,
                                          properties=[f"restart.seconds={broker.restart_seconds}"]),
                              folder / "client.log")
        for line in program.lines():
            word, _, rest = line.partition(" ")
            if line.startswith("@"):
                program.send(obey(broker, line[1:]))
            elif word in ("PASSED", "FAILED"):
                name, seconds, *problem = rest.split(" ", 2)
                results[name] = word == "PASSED"
                print(f"{row.name:18s} {name:44s} {word} {seconds.rstrip(':'):>6s} s  {''.join(problem)}", flush=True)
            else:
                print(f"{row.name}: {line}", flush=True)
        code = program.stop()
    for check in wanted:
        if check not in results:
            print(f"{row.name:18s} {check:44s} FAILED: the program ended with {code}, see {folder}/client.log")
            results[check] = False
    if broker.process.returncode not in (0, 143):
        print(f"{row.name}: the broker ended with exit code {broker.process.returncode}, see {folder}/broker.log")
        results["exit"] = False
    if all(results.values()):
        shutil.rmtree(broker.data, ignore_errors=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="store_true", help="Apache Kafka in place of ours")
    parser.add_argument("--quick-part", action="store_true")
    parser.add_argument("--list", action="store_true", help="the programs and their checks")
    parser.add_argument("--out", type=Path, default=ROOT / "build/compat/java")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    rows = [row for row in PROGRAMS if row.quick or not args.quick_part]
    if args.list:
        for row in rows:
            print(f"{row.name}: {' '.join(java_checks(row.main))}")
        return 0
    args.out = args.out.resolve()
    shutil.rmtree(args.out, ignore_errors=True)
    jvm.prepare()
    passed = failed = 0
    for row in rows:
        if args.names and row.name not in args.names and not any(
                name in check for name in args.names for check in java_checks(row.main)):
            continue
        results = run_program(row, args.names, args)
        passed += sum(results.values())
        failed += len(results) - sum(results.values())
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
