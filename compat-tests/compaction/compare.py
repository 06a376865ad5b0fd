#!/usr/bin/env python3
"""The same log cleaned by Apache Kafka and by us, told apart by kafka-dump-log.

    compare.py [--seed N] [--rounds N] [--out FOLDER]

Apache Kafka fills a compacted topic while nothing is cleaned. Its data is copied; Kafka cleans one copy and Barnabas
the other, four times, with the time of every tombstone and marker over when it is met again. After each both must hold
the same segments, in them the same batches, records and aborted transactions, and kafka-dump-log must find no fault in
an index. In the end each broker opens what the other has cleaned. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import jvm
from broker import ROOT, Broker, Kafka

TOPIC = "compacted"
# What depends on the time of the cleaning, on the codec's library, or on the place in the file.
VARYING = [(r" position: \d+", ""), (r" size: \d+", ""), (r" crc: \d+", ""), (r"Dumping .*", ""),
           (r"deleteHorizonMs: OptionalLong\[\d+\]", "deleteHorizonMs: set")]
QUIET = {"log.cleaner.min.cleanable.ratio": 1, "log.cleaner.backoff.ms": 100, "log.retention.ms": -1,
         "log.segment.delete.delay.ms": 0, "transaction.state.log.segment.bytes": 1048576}
CLEANING = {"log.cleaner.min.cleanable.ratio": 0}


def partition(broker):
    return broker.data / f"{TOPIC}-0"


def segments(broker):
    return sorted(partition(broker).glob("*.log"))


def aborted(broker):
    return [one for one in sorted(partition(broker).glob("*.txnindex")) if one.stat().st_size]


def dump(files):
    """The lines of kafka-dump-log over files of a partition."""
    words = [Kafka.home / "bin/kafka-dump-log.sh", "--deep-iteration", "--print-data-log", "--files",
             ",".join(map(str, files))]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode or "invalid" in done.stdout.lower().replace("isvalid: true", ""):
        sys.exit(f"kafka-dump-log complains:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    lines = []
    for line in done.stdout.splitlines():
        for pattern, text in VARYING:
            line = re.sub(pattern, text, line)
        lines.append(line)
    return lines


def check_indexes(broker):
    files = [str(path) for suffix in ("index", "timeindex")
             for path in sorted(partition(broker).glob(f"*.{suffix}")) if path.stat().st_size]
    words = [Kafka.home / "bin/kafka-dump-log.sh", "--index-sanity-check", "--files", ",".join(files)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    faults = [line for line in (done.stdout + done.stderr).splitlines()
              if re.search("mismatch|exception|error|out of order", line, re.I)]
    if done.returncode or faults:
        sys.exit(f"indexes of {broker.name}: {faults[:5]}\n{done.stderr[-1000:]}")


def checkpoint(broker):
    path = broker.data / "cleaner-offset-checkpoint"
    text = path.read_text() if path.exists() else ""
    found = re.search(rf"^{TOPIC} 0 (\d+)$", text, re.M)
    return int(found.group(1)) if found else -1


def clean(broker, first):
    """Runs the broker until its cleaner came to the active segment, which begins at `first`. Seconds."""
    begun = time.monotonic()
    with broker:
        while checkpoint(broker) < first:
            if time.monotonic() - begun > 60:
                sys.exit(f"{broker.name} did not clean within a minute: {broker.folder}/broker.log")
            time.sleep(0.05)
        time.sleep(0.3)
    return time.monotonic() - begun


def active_base(broker):
    return int(segments(broker)[-1].stem)


def differences(kafka, ours):
    """What differs, and how many lines were compared."""
    names = [[one.name for one in segments(broker)] for broker in (kafka, ours)]
    found = [] if names[0] == names[1] else [f"segments {names[0]} and {names[1]}"]
    left, right = (dump(segments(broker) + aborted(broker)) for broker in (kafka, ours))
    found += [f"Kafka: {a[:200]}\nours:  {b[:200]}" for a, b in zip(left, right) if a != b]
    if len(left) != len(right):
        found.append(f"{len(left)} lines and {len(right)}")
    return found, len(left)


def forget_checkpoint(broker):
    """Everything is dirty again, so that the next cleaning meets what the last one left."""
    (broker.data / "cleaner-offset-checkpoint").write_text("0\n0\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--out", type=Path, default=ROOT / "build/compat/compaction")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    shutil.rmtree(options.out, ignore_errors=True)
    jvm.prepare()
    kafka = Kafka(options.out / "kafka", {**QUIET, "log.cleaner.delete.retention.ms": 0})
    with kafka:
        subprocess.run(jvm.command("CompactionLoad", kafka.address, TOPIC, options.seed, options.rounds), check=True)
    shutil.copytree(kafka.data, options.out / "ours/data")
    ours = Broker(options.out / "ours", {**QUIET, "log.cleaner.delete.retention.ms": 0})
    before = sum(one.stat().st_size for one in segments(kafka))
    faults = []
    for turn in (1, 2, 3, 4):
        first = active_base(kafka)
        for broker in (kafka, ours):
            broker.change(CLEANING)
            seconds = clean(broker, first)
            check_indexes(broker)
            after = sum(one.stat().st_size for one in segments(broker))
            print(f"turn {turn}: {broker.name:8} {before} bytes became {after} in {len(segments(broker))} segments, "
                  f"{seconds:.1f} s with start and stop", flush=True)
        found, lines = differences(kafka, ours)
        print(f"turn {turn}: {lines} lines of kafka-dump-log, {len(found)} differ", flush=True)
        faults.append(found)
        forget_checkpoint(kafka)
        forget_checkpoint(ours)
    # Each opens what the other has cleaned and finds nothing to repair.
    kept = {broker.name: [(one.name, one.read_bytes()) for one in segments(broker)] for broker in (kafka, ours)}
    for broker, other in ((Kafka, ours), (Broker, kafka)):
        guest = broker(other.folder, {**QUIET, "log.cleaner.enable": "false"})
        log = guest.folder / "broker.log"
        log.unlink()
        with guest:
            pass
        found = [line for line in log.read_text().splitlines() if "Recovering" in line or "orrupt" in line]
        if [(one.name, one.read_bytes()) for one in segments(guest)] != kept[other.name]:
            found.append(f"{guest.name} changed what {other.name} had cleaned")
        print(f"{guest.name} opens what {other.name} has cleaned, {len(found)} faults", flush=True)
        faults.append(found)
    for fault in [one for found in faults for one in found][:10]:
        print(fault)
    failed = sum(1 for found in faults if found)
    print(f"{len(faults) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
