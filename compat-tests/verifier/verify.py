#!/usr/bin/env python3
"""Rounds of transactions under faults, each judged by what readers see afterwards.

    verify.py [--rounds N] [--seed S] [--peer] [--seconds 5] [--faults NAME,...] [--keep-going]
              [--variant plain|rolling|group-flush] [--set KEY=VALUE]...

A round has new topics. Java and librdkafka producers append (in transactions, and idempotent ones without) and move
money between accounts, readers follow; meanwhile the broker is killed, stopped for a while, or a proxy before it delays
replies, swallows them or drops connections, in an order that the round's seed decides. Then every worker ends what it
began, the topics are read as a whole, and checker.py judges. A round that fails leaves its folder with the histories,
the data directory and the logs below --out. The last line is `N passed, N failed, N skipped`, counted in rounds.
"""
import argparse
import os
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import jvm
from broker import ROOT, broker_kind, free_ports
from checker import Judge, parse_reader, parse_worker
from proxy import Proxy

# A directory serves so many rounds: it sees many restarts, and a failure leaves not too much.
ROUNDS_A_DIRECTORY = 5
PARTITIONS = 3
SETTINGS = {
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 200,
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
}
# What a directory's broker has besides; the seed of its first round chooses.
VARIANTS = {
    "plain": {},
    # Segments of a moment, and a cleaner that never rests over the coordinators' topics.
    "rolling": {"log.roll.ms": 700, "log.cleaner.backoff.ms": 100, "log.cleaner.min.cleanable.ratio": 0.01,
                "log.index.interval.bytes": 256},
    "group-flush": {"barnabas.flush": "group"},  # Apache Kafka does not know it and goes on
}


class Stage:
    """A broker behind a proxy, with the two programs that load it."""

    def __init__(self, folder, seed, args):
        self.folder = folder
        self.variant = args.variant or random.Random(seed).choice(sorted(VARIANTS))
        shutil.rmtree(folder, ignore_errors=True)
        proxied, outside = free_ports(2)
        kind = broker_kind(args.peer)
        given = dict(pair.split("=", 1) for pair in args.settings)
        self.broker = kind(folder / "broker", {**SETTINGS, **VARIANTS[self.variant], **given})
        ports = {"port": self.broker.port, "controller": self.broker.controller_port}
        listeners = {"listeners": f"PLAINTEXT://127.0.0.1:{{port}},PROXIED://127.0.0.1:{proxied},"
                                  f"CONTROLLER://127.0.0.1:{{controller}}",
                     "advertised.listeners": f"PLAINTEXT://127.0.0.1:{{port}},PROXIED://127.0.0.1:{outside}",
                     "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT"}
        self.broker.change({key: value.format(**ports) for key, value in listeners.items()})
        self.broker.start()
        self.proxy = Proxy(outside, proxied)
        address = f"127.0.0.1:{outside}"
        self.programs = [jvm.Program(jvm.command("Verifier", address), folder / "java.log"),
                         jvm.Program([str(args.workload), address], folder / "librdkafka.log")]
        self.java = self.programs[0]

    def tell(self, program, line):
        """One order and its answer; raises when it failed."""
        program.send(line)
        self.answer(program, line)

    def answer(self, program, line):
        answer = program.process.stdout.readline().rstrip("\n")
        if answer != "done":
            raise RuntimeError(f"{line}: {answer or 'the program has ended'}, see {program.log}")

    def tell_all(self, line):
        """The same order to both, at the same time."""
        for program in self.programs:
            program.send(line)
        for program in self.programs:
            self.answer(program, line)

    def must_run(self):
        if self.broker.process.poll() is not None:
            raise RuntimeError(f"the broker has ended by itself, exit code {self.broker.process.returncode}")

    def close(self):
        """Returns what was wrong with the broker's end, or None."""
        for program in self.programs:
            program.stop()
        code = self.broker.stop()
        self.proxy.close()
        return None if code in (0, 143) else f"the broker ended with exit code {code}"


class Faults:
    """Does one thing after the other to the broker and to its connections for as long as a round takes."""

    KINDS = ("kill", "stop_and_continue", "delay", "swallow", "drop")

    def __init__(self, stage, dice, kinds):
        self.stage = stage
        self.dice = dice
        # What kills finds most.
        self.choices = [*kinds, *(kind for kind in kinds if kind == "kill")]
        self.done = []

    def kill(self):
        self.stage.must_run()
        self.stage.broker.kill()
        time.sleep(self.dice.uniform(0, 0.6))
        self.stage.broker.start()

    def stop_and_continue(self):
        self.stage.broker.pause()
        time.sleep(self.dice.uniform(0.1, 3))
        self.stage.broker.resume()

    def delay(self):
        self.stage.proxy.reply_delay_seconds = self.dice.uniform(0.01, 0.4)
        time.sleep(self.dice.uniform(0.3, 1.5))
        self.stage.proxy.heal()

    def swallow(self):
        self.stage.proxy.swallows_replies = True
        time.sleep(self.dice.uniform(0.02, 1))
        self.stage.proxy.heal()

    def drop(self):
        for _ in range(self.dice.randint(1, 5)):
            self.stage.proxy.drop()
            time.sleep(self.dice.uniform(0.02, 0.2))

    def run(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, self.dice.uniform(0.1, 1.2)))
            fault = self.dice.choice(self.choices)
            self.done.append(fault)
            getattr(self, fault)()


def read_history(path, parse, name=None):
    return parse(name or path.name.removesuffix(".history"), path.read_text().splitlines())


def judge(folder, number):
    """The anomalies of a round, and how much was judged."""
    anomalies, records, ends = [], 0, Counter()
    for topic in (f"append-{number}", f"bank-{number}"):
        kind = {"append": "ti", "bank": "b"}[topic.split("-")[0]]
        workers = [read_history(path, parse_worker) for path in sorted(folder.glob("[jr]*.history"))
                   if path.name[1] in kind]
        live = [read_history(path, parse_reader) for path in sorted(folder.glob(f"*live-*-{topic}.history"))]
        whole = [read_history(folder / f"final-{level}-{topic}.history", parse_reader)
                 for level in ("read_committed", "read_uncommitted")]
        anomalies += Judge(topic, workers, *whole, live).judge()
        records += len(whole[1].records)
        for worker in workers:
            ends.update(worker.ends.values())
        # Faults may keep one worker from it, not all of a client library's.
        for client, name in (("j", "Java"), ("r", "librdkafka")):
            if not any("commit" in one.ends.values() for one in workers if one.name[0] == client):
                anomalies.append(f"{topic}: the workers of {name} came to no commit at all")
    counts = f"{records} records, {ends['commit']} commits, {ends['abort']} aborts, {ends['unknown']} unknown"
    return anomalies, counts


def run_round(stage, number, seed, args):
    """Returns (anomalies, text about the round)."""
    folder = stage.folder / f"round-{number}"
    folder.mkdir()
    dice = random.Random(seed)
    faults = Faults(stage, dice, args.faults)
    try:
        for topic in (f"append-{number}", f"bank-{number}"):
            stage.tell(stage.java, f"create {topic} {PARTITIONS}")
        stage.tell_all(f"start {folder} {number} {seed}")
        faults.run(args.seconds)
        stage.tell_all("stop")
        for topic in (f"append-{number}", f"bank-{number}"):
            stage.tell(stage.java, f"read {folder} {topic}")
        stage.must_run()
        anomalies, counts = judge(folder, number)
    except RuntimeError as failure:
        anomalies, counts = [str(failure)], "not judged"
    return anomalies, f"{stage.variant}, {counts}; {' '.join(faults.done)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, help="of the first round; the next ones count up")
    parser.add_argument("--peer", action="store_true", help="Apache Kafka in place of ours")
    parser.add_argument("--seconds", type=float, default=5, help="of faults in a round")
    parser.add_argument("--faults", type=lambda text: text.split(","), default=Faults.KINDS,
                        help="some of " + ",".join(Faults.KINDS))
    parser.add_argument("--variant", choices=VARIANTS, help="of the broker's settings; else the seed chooses")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE",
                        help="of the broker")
    parser.add_argument("--keep-going", action="store_true", help="do not end with the first failing round")
    parser.add_argument("--workload", type=Path, default=ROOT / "build/release/compat_workload")
    parser.add_argument("--out", type=Path, default=ROOT / "build/compat/verifier")
    args = parser.parse_args()
    args.out = args.out.resolve()
    shutil.rmtree(args.out, ignore_errors=True)
    jvm.prepare()
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(3), "big")
    stage, passed, failed = None, 0, 0
    for number in range(1, args.rounds + 1):
        if not stage:
            stage = Stage(args.out / f"from-{number}", seed + number - 1, args)
            used = 0
        begun = time.monotonic()
        anomalies, text = run_round(stage, number, seed + number - 1, args)
        used += 1
        last = anomalies or used == ROUNDS_A_DIRECTORY or number == args.rounds
        if last and (wrong := stage.close()):
            anomalies.append(wrong)
        print(f"round {number:3d} seed {seed + number - 1}: {'FAILED' if anomalies else 'passed'} "
              f"{time.monotonic() - begun:5.1f} s {text}", flush=True)
        for anomaly in anomalies[:20]:
            print(f"  {anomaly[:600]}", flush=True)
        passed, failed = passed + (not anomalies), failed + bool(anomalies)
        if anomalies:
            print(f"  kept: {stage.folder}", flush=True)
        elif last:
            shutil.rmtree(stage.folder)
        if last:
            stage = None
        if anomalies and not args.keep_going:
            break
    print(f"{passed} passed, {failed} failed, {args.rounds - passed - failed} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
