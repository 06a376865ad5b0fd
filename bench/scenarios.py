"""What is measured. A sample is one run against one broker: {figure: value}."""
import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import Callable

from brokers import Failure

KIB = 1024
MB = 1_000_000


def broker_of(options):
    return options.get("bootstrap") or f"port {options.get('port')}"


class Load:
    """Runs the load program. `scale` shrinks every run for --quick."""

    def __init__(self, program, scale):
        self.program = program
        self.scale = scale
        self.topics = 0

    def command(self, run, options, rest=()):
        words = [str(self.program), run]
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                words += [f"--{name}", str(one)]
        return words + (["--", *map(str, rest)] if rest else [])

    def run(self, run, options, rest=()):
        done = subprocess.run(self.command(run, options, rest), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600)
        if done.returncode:
            raise Failure(f"{broker_of(options)}: {(done.stderr.strip() or 'it failed').splitlines()[-1]}")
        return json.loads(done.stdout.splitlines()[-1])

    def fresh_topic(self):
        self.topics += 1
        return f"bench-{self.topics}"

    def delete(self, broker, topic):
        self.run("topics", {"bootstrap": broker.address, "delete": topic})


def throughput(broker, figures, cpu):
    gigabytes = figures["bytes"] / 1e9
    return {
        "MB/s": figures["bytes"] / MB / figures["seconds"],
        "records/s": figures["records"] / figures["seconds"],
        "broker CPU s/GB": cpu / gigabytes,
        "broker CPU us/record": cpu * 1e6 / figures["records"],
        "client CPU s/GB": figures["client_cpu_seconds"] / gigabytes,
    }


def produce(size, batch, records, acks="all"):
    def sample(load, broker):
        topic = load.fresh_topic()
        before = broker.cpu_seconds()
        figures = load.run("produce", {"bootstrap": broker.address, "topic": topic, "size": size, "batch": batch,
                                       "acks": acks, "records": int(records * load.scale)})
        cpu = broker.cpu_seconds() - before
        load.delete(broker, topic)
        time.sleep(0.3)
        return throughput(broker, figures, cpu)
    return sample


def consume(size, records):
    def sample(load, broker):
        count = int(records * load.scale)
        # Written once a broker: every sample reads the same topic.
        topic = f"consume-{size}-{count}"
        written = broker.__dict__.setdefault("written", set())
        if topic not in written:
            load.run("produce", {"bootstrap": broker.address, "topic": topic, "size": size, "batch": MB,
                                 "records": count})
            written.add(topic)
        before = broker.cpu_seconds()
        figures = load.run("consume", {"bootstrap": broker.address, "topic": topic, "records": count})
        return throughput(broker, figures, broker.cpu_seconds() - before)
    return sample


def latency(rate, linger_ms, seconds):
    def sample(load, broker):
        topic = load.fresh_topic()
        before = broker.cpu_seconds()
        figures = load.run("latency", {"bootstrap": broker.address, "topic": topic, "size": KIB, "rate": rate,
                                       "seconds": max(1, int(seconds * load.scale)), "linger": linger_ms})
        cpu = broker.cpu_seconds() - before
        load.delete(broker, topic)
        return {"p50 us": figures["p50_us"], "p90 us": figures["p90_us"], "p99 us": figures["p99_us"],
                "p99.9 us": figures["p999_us"], "max us": figures["max_us"],
                "broker CPU us/record": cpu * 1e6 / figures["records"]}
    return sample


def connections(count):
    def sample(load, broker):
        memory, before = broker.rss_mib(), broker.cpu_seconds()
        child = subprocess.Popen(load.command("connections", {"port": broker.port, "count": count}),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = child.stdout.readline()
        held, cpu = broker.rss_mib(), broker.cpu_seconds() - before
        _, errors = child.communicate()
        if not line:
            raise Failure(errors.strip())
        figures = json.loads(line)
        return {"connect ms": figures["connect_seconds"] * 1e3,
                "requests/s": figures["requests"] / figures["seconds"],
                "answer p50 us": figures["p50_us"], "answer p99 us": figures["p99_us"],
                "broker CPU us/request": cpu * 1e6 / figures["requests"],
                "KiB/connection": (held - memory) * 1024 / count}
    return sample


def transactions(run, producers, seconds):
    def sample(load, broker):
        topic = load.fresh_topic()
        before = broker.cpu_seconds()
        figures = load.run(run, {"bootstrap": broker.address, "port": broker.port, "topic": topic,
                                 "producers": producers, "seconds": max(1, int(seconds * load.scale))})
        cpu = broker.cpu_seconds() - before
        load.delete(broker, topic)
        return {"transactions/s": figures["transactions"] / figures["seconds"],
                "broker CPU us/transaction": cpu * 1e6 / figures["transactions"],
                "commit p50 us": figures["p50_us"], "commit p99 us": figures["p99_us"],
                "client CPU us/transaction": figures["client_cpu_seconds"] * 1e6 / figures["transactions"]}
    return sample


def groups(protocol, count, members, partitions, idle=0, connections=100):
    """Members settle, then sit still for `idle` seconds, evenly spread over the heartbeat interval."""
    def sample(load, broker):
        topic = load.fresh_topic()
        options = {"bootstrap": broker.address, "port": broker.port, "protocol": protocol, "prefix": f"group-{topic}",
                   "topic": topic, "partitions": partitions, "groups": max(1, int(count * load.scale)),
                   "members": members, "connections": connections,
                   "idle": max(2, int(idle * load.scale)) if idle else 0}
        cpu, figures = [], []
        child = subprocess.Popen(load.command("groups", options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        for line in child.stdout:
            cpu.append(broker.cpu_seconds())
            figures.append(json.loads(line))
        if child.wait():
            raise Failure(f"{broker_of(options)}: {child.stderr.read().strip()}")
        load.delete(broker, topic)
        samples = {"settle s": figures[1]["seconds"], "settle broker CPU s": cpu[1] - cpu[0],
                   "settle requests": figures[1]["requests"]}
        if idle:
            quiet = figures[3]
            samples |= {"idle broker CPU %": (cpu[3] - cpu[2]) / quiet["seconds"] * 100,
                        "idle requests/s": quiet["requests"] / quiet["seconds"],
                        "idle CPU us/request": (cpu[3] - cpu[2]) * 1e6 / quiet["requests"],
                        "answer p50 us": quiet["p50_us"], "answer p99 us": quiet["p99_us"],
                        "RSS MiB": broker.rss_mib()}
        return samples
    return sample


def startup(load, broker):
    """A broker that does not run yet: the load program starts it, and stops it."""
    figures = load.run("startup", {"port": broker.port, "log": broker.log}, broker.command())
    return {"port open ms": figures["port_open_ms"], "first produce ms": figures["first_produce_ms"],
            "stop ms": figures["stop_ms"]}


def idle(load, broker):
    with broker:
        time.sleep(3)
        before = broker.cpu_seconds()
        time.sleep(2)
        return {"RSS MiB": broker.rss_mib(), "CPU %": (broker.cpu_seconds() - before) / 2 * 100}


def partitions(count, topics):
    def sample(load, broker):
        with broker:
            load.run("topics", {"bootstrap": broker.address, "create": "first"})
            memory, before = broker.rss_mib(), broker.cpu_seconds()
            figures = load.run("topics", {"bootstrap": broker.address, "topics": topics,
                                          "partitions": int(count * load.scale) // topics})
            return {"create s": figures["seconds"], "broker CPU s": broker.cpu_seconds() - before,
                    "RSS MiB": broker.rss_mib(), "RSS MiB before": memory}
    return sample


def cleaner_offset(broker, topic):
    """The first dirty offset of its partition 0 in the cleaner's checkpoint; None before the first cleaning."""
    path = broker.folder / "data/cleaner-offset-checkpoint"
    lines = path.read_text().splitlines() if path.exists() else []
    return next((int(line.split()[2]) for line in lines if line.startswith(f"{topic} 0 ")), None)


def topic_bytes(broker, topic):
    return sum(one.stat().st_size for one in (broker.folder / f"data/{topic}-0").glob("*.log"))


def compaction(gigabytes, keys):
    """One thread of the cleaner, from the moment at which the topic's settings allow it to start."""
    def sample(load, broker):
        with broker.config.open("a") as config:
            config.write("log.cleaner.threads=1\nlog.cleaner.backoff.ms=50\n")
        topic = load.fresh_topic()
        with broker:
            load.run("topics", {"bootstrap": broker.address, "create": topic, "config": [
                "cleanup.policy=compact", "min.cleanable.dirty.ratio=1", "segment.bytes=104857600"]})
            load.run("produce", {"bootstrap": broker.address, "topic": topic, "create": "no", "size": KIB, "batch": MB,
                                 "keys": max(1, int(keys * load.scale)),
                                 "records": int(gigabytes * 1e9 * load.scale / KIB)})
            before, cpu = topic_bytes(broker, topic), broker.cpu_seconds()
            load.run("topics", {"bootstrap": broker.address, "change": topic,
                                "config": ["min.cleanable.dirty.ratio=0"]})
            begun = time.monotonic()
            meanwhile = subprocess.Popen(load.command("latency", {
                "bootstrap": broker.address, "topic": load.fresh_topic(), "size": KIB, "rate": 1000, "linger": 0,
                "seconds": max(1, int(4 * load.scale))}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            while cleaner_offset(broker, topic) is None:
                if time.monotonic() - begun > 600:
                    meanwhile.kill()
                    raise Failure(f"{broker.name} did not clean {topic}")
                time.sleep(0.02)
            seconds = time.monotonic() - begun
            spent = broker.cpu_seconds() - cpu
            output, _ = meanwhile.communicate(timeout=60)
            if meanwhile.returncode:
                raise Failure(f"{broker.name}: the produce beside the cleaner failed")
            during = json.loads(output.splitlines()[-1])
            return {"clean s": seconds, "MB/s": before / MB / seconds, "broker CPU s": spent,
                    "left %": topic_bytes(broker, topic) / before * 100, "RSS MiB": broker.rss_mib(),
                    "meanwhile p50 us": during["p50_us"], "meanwhile p99 us": during["p99_us"]}
    return sample


def recovery(records):
    """kill -9 after so many records of 1 KiB: until the port is open again and a record is acknowledged. Once with
    the log in the page cache, as a killed process leaves it, once from the disk."""
    def sample(load, broker):
        broker.start()
        try:
            count = int(records * load.scale)
            load.run("produce", {"bootstrap": broker.address, "topic": "killed", "size": KIB, "batch": MB,
                                 "records": count})
            broker.process.kill()
            broker.process.wait()
            samples = {}
            for cache in ("warm", "cold"):
                if cache == "cold":
                    broker.make_unclean()
                    broker.drop_cache()
                figures = load.run("startup", {"port": broker.port, "log": broker.log}, broker.command())
                samples[f"port open ms, {cache}"] = figures["port_open_ms"]
                samples[f"first produce ms, {cache}"] = figures["first_produce_ms"]
            return samples
        finally:
            broker.stop()
    return sample


@dataclass
class Scenario:
    name: str
    what: str
    sample: Callable
    fresh: bool = False  # wants a broker of its own that does not run yet
    rounds: int = 2  # of A-B-B-A
    warm: bool = field(default=False)  # also run unmeasured beforehand
    family: str = ""  # another name by which it is chosen


SCENARIOS = [
    Scenario("startup", "exec to open port and to the first acknowledged produce", startup, fresh=True, rounds=1),
    Scenario("idle", "five seconds after the start", idle, fresh=True, rounds=1),
    Scenario("produce-1mb", "1 KiB records in 1 MB batches, acks=all", produce(KIB, MB, 1_000_000), warm=True),
    Scenario("produce-1mb-acks1", "the same, acks=1", produce(KIB, MB, 1_000_000, "1")),
    Scenario("produce-16k", "1 KiB records in 16 KiB batches, acks=all", produce(KIB, 16_384, 250_000), warm=True),
    Scenario("produce-16k-acks1", "the same, acks=1", produce(KIB, 16_384, 250_000, "1")),
    Scenario("produce-100b", "100 byte records in 1 MB batches, acks=all", produce(100, MB, 3_000_000), warm=True),
    Scenario("consume", "1 KiB records of 1 MB batches", consume(KIB, 1_000_000), warm=True),
    Scenario("latency-5mb", "5,000 records of 1 KiB a second, producer to consumer, no linger", latency(5000, 0, 4),
             warm=True),
    Scenario("latency-50mb", "50,000 records of 1 KiB a second, producer to consumer, linger 1 ms",
             latency(50_000, 1, 4)),
    Scenario("transactions", "20 librdkafka producers, one record a transaction", transactions("transactions", 20, 8),
             warm=True),
    Scenario("raw-transactions", "20 producers made by hand (Produce 12, EndTxn 5), one record a transaction",
             transactions("raw-transactions", 20, 8), warm=True),
    Scenario("consumer-groups", "1,000 groups of 10 members (KIP-848, 100 connections)",
             groups("consumer", 1000, 10, 20), warm=True, rounds=1, family="groups"),
    Scenario("idle-members", "the same, then heartbeats alone", groups("consumer", 1000, 10, 20, idle=10), rounds=1,
             family="groups"),
    Scenario("large-group", "one group of 1,000 members (KIP-848, 100 connections) and 1,000 partitions",
             groups("consumer", 1, 1000, 1000), warm=True, rounds=1, family="groups"),
    Scenario("connections", "1,000 connections, five requests each", connections(1000), warm=True, rounds=1),
    Scenario("compaction", "5 GB of 1 KiB records with a million keys, one cleaner thread", compaction(5, 1_000_000),
             fresh=True, rounds=0),
    Scenario("recovery", "start after kill -9 with 5 GB in one partition", recovery(4_900_000), fresh=True, rounds=1),
    Scenario("partitions", "10,000 partitions in 20 topics", partitions(10_000, 20), fresh=True, rounds=0),
]
