#!/usr/bin/env python3
"""Kafka's own command line tools against a broker, each asserted on what it prints.

    run_tools.py [--quick-part] [-j N] [--against HOST:PORT] [--dump DIR] [NAME...]

Without --against a broker of ours is started, and when the checks are through it is stopped and kafka-dump-log
reads every file it left. --dump DIR does only that, for the log directory of a stopped broker. NAMEs are checks,
by a part of their name. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import shutil
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import dump_log
from broker import ROOT, Broker
from checks import CHECKS
from kafka_tools import Tools


def shorten(lines):
    return lines if len(lines) <= 40 else [*lines[:5], "...", *lines[-30:]]


def attempt(name, function, *arguments):
    """Runs one check, prints its line, returns whether it passed."""
    started = time.monotonic()
    try:
        function(*arguments)
        problem = ""
    except AssertionError as error:
        problem = str(error)
    except Exception:
        problem = traceback.format_exc()
    word = "FAILED" if problem else "PASSED"
    text = f"{name:36s} {word} {time.monotonic() - started:6.1f} s"
    if problem:
        text += "\n  " + "\n  ".join(shorten(problem.splitlines()))
    print(text, flush=True)
    return not problem


def run_checks(tools, args):
    chosen = [function for function, quick in CHECKS if (quick or not args.quick_part)
              and (not args.names or any(part in function.__name__ for part in args.names))]
    tools.prepare()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        return list(pool.map(lambda function: attempt(function.__name__, function, tools), chosen))


def run_dumps(tools, data):
    return [attempt(name, function) for name, function in dump_log.check_directory(tools, data)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick-part", action="store_true")
    parser.add_argument("-j", "--jobs", type=int, default=3)
    parser.add_argument("--against", metavar="HOST:PORT")
    parser.add_argument("--dump", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, default=ROOT / "build/compat/tools")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    out = args.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    kafka = ROOT / "build/kafka"
    if args.dump:
        results = run_dumps(Tools(kafka, "", out), args.dump)
    elif args.against:
        results = run_checks(Tools(kafka, args.against, out), args)
    else:
        with Broker(out / "broker", {"log.index.interval.bytes": 256}) as broker:
            results = run_checks(Tools(kafka, broker.address, out), args)
        results.append(attempt("clean_shutdown", check_exit, broker))
        if not args.names:
            results += run_dumps(Tools(kafka, "", out), broker.data)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, 0 skipped")
    return 0 if results and all(results) else 1


def check_exit(broker):
    if broker.process.returncode != 0:
        raise AssertionError(f"exit code {broker.process.returncode}, see {broker.folder}/broker.log")


if __name__ == "__main__":
    sys.exit(main())
