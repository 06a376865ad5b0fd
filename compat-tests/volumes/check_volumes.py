#!/usr/bin/env python3
"""A log directory goes from Apache Kafka to Barnabas and back, and every reader sees the same at each stop.

    check_volumes.py [--moves clean,killed]

The directory has open, committed and aborted transactions, compacted topics with tombstones, groups with offsets,
some of them in transactions, and groups of all kinds whose members stay while the brokers change. At each stop a Java
program writes down what all readers are told (see src/Observer.java), has the groups go on, ends transactions that
another broker began, and begins others; kafka-dump-log reads every file of the stopped broker. Once the brokers are
stopped in order, once they are killed. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import difflib
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parent / "tools")]
import dump_log
import jvm
from broker import ROOT, Broker, Kafka
from kafka_tools import Tools

SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": 3,
    "transaction.state.log.num.partitions": 3,
    "share.coordinator.state.topic.num.partitions": 3,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
}
ADVANCE = ("advance", "advance-share", "advance-streams")


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, problem):
        """One check: `problem` is None or the text that says why it failed."""
        print(f"{name:60s} {'FAILED' if problem else 'PASSED'}", flush=True)
        if problem:
            print("  " + "\n  ".join(problem.splitlines()[:40]), flush=True)
        self.passed, self.failed = self.passed + (not problem), self.failed + bool(problem)


class Journey:
    """One directory on its way. The Java program outlives the brokers, its open transactions with it."""

    def __init__(self, folder, killed, ours, results):
        self.folder = folder
        self.killed = killed
        self.ours = ours
        self.results = results
        self.broker = Kafka(folder, SETTINGS)
        self.program = jvm.Program(jvm.command("Volume", self.broker.address), folder / "volume.log")
        self.stop_number = 0
        self.last_seen = None

    def tell(self, line):
        self.program.send(line)
        answer = self.program.process.stdout.readline().rstrip("\n")
        if answer != "done":
            raise RuntimeError(f"{line}: {answer or 'the program has ended'}, see {self.folder}/volume.log")

    def name(self, what):
        return f"{'killed' if self.killed else 'clean'}: {what}, stop {self.stop_number} ({self.broker.name})"

    def observe(self):
        path = self.folder / f"seen-{self.stop_number}-{self.broker.name}.txt"
        self.tell(f"observe {path}")
        return path.read_text().splitlines()

    def arrive(self, kind):
        """The next broker takes over; what it shows is what the one before has shown."""
        self.stop_number += 1
        self.broker = kind(self.folder, SETTINGS, like=self.broker).start()
        if self.last_seen is not None:
            found = self.observe()
            self.results.check(self.name("every reader sees the same"), difference(self.last_seen, found))

    def attempt(self, what, *lines):
        """Orders that have to go through."""
        try:
            for line in lines:
                self.tell(line)
            self.results.check(self.name(what), None)
        except RuntimeError as failure:
            self.results.check(self.name(what), str(failure))

    def go_on(self):
        for order in ADVANCE:
            self.attempt(f"{order}: groups go on where they were", order)

    def visible(self, values, hidden):
        """What read_committed shows of `mixed` at this stop, after whatever was ended here."""
        self.last_seen = self.observe()
        shown = [line for line in self.last_seen if line.startswith("read_committed mixed-")]
        wrong = [f"not seen: {value}" for value in values if sum(f"={value}-" in line for line in shown) != 4]
        wrong += [f"seen: {value}" for value in hidden if any(f"={value}-" in line for line in shown)]
        self.results.check(self.name("the ends of transactions are seen"), "\n".join(wrong) or None)

    def leave(self):
        if self.killed:
            self.broker.kill()
            return
        code = self.broker.stop()
        self.results.check(self.name("stops"), None if code in (0, 143) else f"exit code {code}")
        self.dump()

    def dump(self):
        tools = Tools(Kafka.home, "", self.folder / "tools")
        for check, function in dump_log.check_directory(tools, self.broker.data):
            problem = None
            try:
                function()
            except AssertionError as error:
                problem = str(error)
            self.results.check(self.name(check), problem)

    def run(self):
        self.arrive(Kafka)
        self.attempt("filled", "fill", "open k1 kafka-one", "open k2 kafka-two", "open k3 kafka-three", "append one")
        self.attempt("groups of all protocols begin", "join", *ADVANCE)
        self.visible([], ["kafka-one", "kafka-two", "kafka-three"])
        self.leave()
        self.arrive(self.ours)
        self.go_on()
        self.attempt("transactions of the broker before end", "commit k1", "abort k2")
        self.attempt("new transactions begin", "open b1 barnabas-one", "open b2 barnabas-two", "append two")
        self.visible(["kafka-one"], ["kafka-two", "barnabas-one", "barnabas-two"])
        self.leave()
        self.arrive(Kafka)
        self.go_on()
        self.attempt("transactions of the brokers before end", "commit k3", "commit b1", "abort b2", "append three")
        self.visible(["kafka-one", "kafka-three", "barnabas-one"], ["kafka-two", "barnabas-two"])
        self.leave()
        self.arrive(self.ours)
        self.go_on()
        self.attempt("every record was accepted once", "finish-share")
        self.leave()

    def close(self):
        self.program.stop()
        if self.broker.process and self.broker.process.poll() is None:
            self.broker.stop()


def difference(before, after):
    lines = list(difflib.unified_diff(before, after, "before", "now", lineterm="", n=0))
    return "\n".join(lines) if lines else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", default="clean,killed")
    parser.add_argument("--kafka-only", action="store_true", help="Apache Kafka at every stop")
    parser.add_argument("--out", type=Path, default=ROOT / "build/compat/volumes")
    args = parser.parse_args()
    args.out = args.out.resolve()
    shutil.rmtree(args.out, ignore_errors=True)
    jvm.prepare()
    results = Results()
    for moves in args.moves.split(","):
        journey = Journey(args.out / moves, moves == "killed", Kafka if args.kafka_only else Broker, results)
        failed_before = results.failed
        try:
            journey.run()
        except (RuntimeError, SystemExit) as failure:
            results.check(journey.name("goes on"), str(failure))
        finally:
            journey.close()
        if results.failed == failed_before:
            shutil.rmtree(journey.folder)
    print(f"{results.passed} passed, {results.failed} failed, 0 skipped")
    return 1 if results.failed or not results.passed else 0


if __name__ == "__main__":
    sys.exit(main())
