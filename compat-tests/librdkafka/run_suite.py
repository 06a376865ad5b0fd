#!/usr/bin/env python3
"""librdkafka's own test suite against a broker: full mode, one process for every number.

    run_suite.py [--group-protocol consumer] [--quick-part] [-j N] [--against HOST:PORT] [--limit SECONDS] [NUMBER...]

Without numbers: all that required.txt lists, or required-consumer.txt for groups of the consumer protocol;
--quick-part: those marked quick there. A number with a scenario behind it ("0103:ak23") runs in that scenario. Without
--against a broker of ours is started for each scenario, with num.partitions=4, an authorizer, as many replicas as
there are brokers, and Kafka's other defaults (SCENARIOS names the exceptions). A process per number, because the
suite's runner kills itself as a whole when one test is over its time. Nothing is patched or filtered, and CI is taken
out of the environment, since the suite gives its tests three times as long when it sees it. Only 0170 runs with it: its
tests have 60 s together, and take longer on Apache Kafka too.

Reports and outputs are left in --out, build/compat/suite or suite-consumer unless told. The last line is
`N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from broker import ROOT, Broker

HERE = Path(__file__).resolve().parent
TESTS = ROOT / "build/librdkafka/librdkafka/tests"
KAFKA = ROOT / "build/kafka"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What the suite's runner calls a test that it has not come to or that was running when it was killed.
UNFINISHED = {"RUNNING": "ran out of time", "DNS": "did not start"}
LISTS = {"classic": HERE / "required.txt", "consumer": HERE / "required-consumer.txt"}
# Tests that ask for three replicas run on the one node there is; 0081 asks for ACLs. The last one is that of the
# brokers the suite is meant for.
SETTINGS = {"num.partitions": 4, "barnabas.replication.factor.cap": "true",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS", "allow.everyone.if.no.acl.found": "true",
            "group.share.min.record.lock.duration.ms": 1000}
# Those in the suite's tests/scenarios, and what they ask of the broker beyond that. In prompt-groups the suite's own is
# the default one: 0081 makes 19 groups in 180 s, which it does not manage on any broker that waits 3 s for each. So in
# the next two: with Kafka's 5 s between heartbeats 0045 and several tests of share groups take longer than they have,
# and 0113 has 30 s for what takes a session of 45.
SCENARIOS = {"default": {}, "ak23": {}, "noautocreate": {"auto.create.topics.enable": "false"},
             "prompt-groups": {"group.initial.rebalance.delay.ms": 0},
             "prompt-heartbeats": {"group.consumer.min.heartbeat.interval.ms": 1000,
                                   "group.consumer.heartbeat.interval.ms": 1000,
                                   "group.share.min.heartbeat.interval.ms": 1000,
                                   "group.share.heartbeat.interval.ms": 1000},
             "prompt-sessions": {"group.consumer.min.heartbeat.interval.ms": 3000,
                                 "group.consumer.heartbeat.interval.ms": 3000,
                                 "group.consumer.min.session.timeout.ms": 6000,
                                 "group.consumer.session.timeout.ms": 6000},
             "lenient": {}}  # CI stays in the environment
OURS = {"prompt-groups", "prompt-heartbeats", "prompt-sessions", "lenient"}


def scenario_of(number):
    """The scenario that "0103:ak23" names, the default one of "0103"."""
    return number.partition(":")[2] or "default"


def required(group_protocol):
    """{number: (seconds on Apache Kafka, whether it is of the quick part)}"""
    rows = {}
    for line in LISTS[group_protocol].read_text().splitlines():
        if line and not line.startswith("#"):
            number, seconds, part = line.split()[:3]
            rows[number] = (int(seconds), part == "quick")
    return rows


def environment(address, config, group_protocol, kafka_version):
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    config.write_text(f"bootstrap.servers={address}\n")
    libraries = f"{TESTS.parent}/src:{TESTS.parent}/src-cpp"
    env.update(BROKERS=address, RDKAFKA_TEST_CONF=str(config), KAFKA_PATH=str(KAFKA), TEST_KAFKA_VERSION=kafka_version,
               TEST_CONSUMER_GROUP_PROTOCOL=group_protocol, TEST_LEVEL="2", LD_LIBRARY_PATH=libraries)
    return env


def explain(name, state, log):
    """Why a test was skipped or failed, which only the runner's output says."""
    if state == "SKIPPED":
        match = re.search(rf"{re.escape(name)} +\| +SKIPPED \|[^|]*\|(.*)", log)
        reason = match[1].strip() if match else ""
        return "" if reason.startswith("Filtered due to") else reason
    match = re.search(rf'### Test "{re.escape(name)}[^\n]*###\n([^\n]*)', log)
    return match[1] if match else UNFINISHED.get(state, "")


def run_number(wanted, out, env, limit, extra):
    """Runs one number; returns [(entry, state, seconds, reason)]."""
    number, _, scenario = wanted.partition(":")
    report, log_file = out / f"{wanted}.json", out / f"{wanted}.log"
    if scenario and scenario not in OURS:
        extra = [*extra, "-s", scenario]
    started = time.monotonic()
    with log_file.open("w") as log:
        code = subprocess.run(["timeout", "-k", "5", str(limit), "./test-runner", "-L", "-p1", *extra], cwd=TESTS,
                              env={**env, "TESTS": number, "TEST_REPORT": str(report)}, stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log).returncode
    seconds = time.monotonic() - started
    log = COLOURS.sub("", log_file.read_text(errors="replace"))
    try:
        tests = json.loads(report.read_text())["tests"]
    except (FileNotFoundError, ValueError):
        return [(number, "FAILED", seconds, f"exit code {code} without a report")]
    rows = []
    for name, test in sorted(tests.items()):
        if not name.startswith(number + "_"):
            continue
        state = test["state"]
        reason = "" if state == "PASSED" else explain(name, state, log)
        if state == "SKIPPED" and not reason:
            continue  # another scenario's, or one that needs no broker
        state = "FAILED" if state in UNFINISHED else state
        rows.append((f"{name}:{scenario}" if scenario else name, state, test["duration"], reason))
    if not rows:
        return [(number, "SKIPPED", seconds, "nothing of this number runs against a broker here")]
    if code != 0 and all(state != "FAILED" for _, state, _, _ in rows):
        rows.append((number, "FAILED", seconds, f"exit code {code}"))
    return rows


def run_all(numbers, seconds_of, env_of, args):
    extra = args.runner_option or []
    rows = []
    order = sorted(numbers, key=lambda number: -seconds_of.get(number, 60))
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        futures = [pool.submit(run_number, number, args.out, env_of[scenario_of(number)], args.limit, extra)
                   for number in order]
        for future in concurrent.futures.as_completed(futures):
            for name, state, seconds, reason in future.result():
                print(f"{name:44s} {state:8s} {seconds:7.1f} s  {reason[:150]}", flush=True)
                rows.append((name, state))
    return rows


def run_scenarios(scenarios, numbers, seconds_of, args):
    """Runs all numbers, each against the broker of its scenario; returns {state: how many}."""
    brokers, env_of = [], {}
    for scenario, settings in scenarios.items():
        if not args.against:
            brokers.append(Broker(args.out / f"broker-{scenario}", {**SETTINGS, **settings}).start())
        address = args.against or brokers[-1].address
        env_of[scenario] = environment(address, args.out / f"{scenario}.conf", args.group_protocol, args.kafka_version)
        if scenario == "lenient":
            env_of[scenario]["CI"] = "true"
    # Built here once: several processes that do it at a time tread on each other.
    subprocess.run(["make", "-s", "java"], cwd=TESTS, env=env_of[min(env_of)], stdin=subprocess.DEVNULL, check=True)
    count = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    for _, state in run_all(numbers, seconds_of, env_of, args):
        count[state] += 1
    for broker in brokers:
        if broker.stop() != 0:
            print(f"a broker ended with exit code {broker.process.returncode}: {broker.folder}/broker.log")
            count["FAILED"] += 1
    return count


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick-part", action="store_true")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--against", metavar="HOST:PORT")
    parser.add_argument("--limit", type=int, default=900, metavar="SECONDS")
    parser.add_argument("--group-protocol", default="classic", choices=["classic", "consumer"])
    parser.add_argument("--kafka-version", default="4.3.0")
    parser.add_argument("--runner-option", action="append", help="passed to test-runner, such as -Q")
    parser.add_argument("--out", type=Path)
    parser.add_argument("numbers", nargs="*", metavar="NUMBER")
    return parser.parse_args()


def main():
    args = parse_arguments()
    listed = required(args.group_protocol)
    numbers = args.numbers or [n for n, (_, quick) in listed.items() if quick or not args.quick_part]
    name = "suite" if args.group_protocol == "classic" else f"suite-{args.group_protocol}"
    args.out = (args.out or ROOT / "build/compat" / name).resolve()
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    unknown = {scenario_of(number) for number in numbers} - set(SCENARIOS)
    if unknown:
        sys.exit(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    seconds_of = {number: seconds for number, (seconds, _) in listed.items()}
    wanted = {scenario: settings for scenario, settings in SCENARIOS.items() if scenario in map(scenario_of, numbers)}
    count = run_scenarios(wanted, numbers, seconds_of, args)
    print(f"{count['PASSED']} passed, {count['FAILED']} failed, {count['SKIPPED']} skipped")
    return 1 if count["FAILED"] or not count["PASSED"] else 0


if __name__ == "__main__":
    sys.exit(main())
