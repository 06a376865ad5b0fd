"""One group, three clients (librdkafka, franz-go, Kafka's own), two protocols: members of one protocol are replaced by
members of the other, one by one, while records are written; the broker is killed in the middle of it.

    python run_migration.py [--peer] [--assignors range,cooperative-sticky] [--out DIR]

Every record has to be read, no partition may be read again from before what was committed when it was assigned, and the
group has to be of the type that its members make it. --peer starts Apache Kafka in place of ours. The members
(member.py, go/, src/Migrant.java) print what they do, a line each, with the time in microseconds in front:

    assigned PARTITION...           all that it has now
    read PARTITION OFFSET VALUE
    committed PARTITION OFFSET      the broker has taken it
    refused WHY                     it has not
    left                            it has left the group and ends

A member leaves when its standard input ends. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from confluent_kafka import ConsumerGroupTopicPartitions, ConsumerGroupType, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import jvm
from broker import ROOT, broker_kind

PARTITIONS = 12
CLIENTS = ("librdkafka", "franz-go", "java")
SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    # Members of the consumer protocol learn of changes with their next heartbeat.
    "group.consumer.min.heartbeat.interval.ms": 500,
    "group.consumer.heartbeat.interval.ms": 500,
}
PATIENCE_SECONDS = 60


class Failure(Exception):
    """A check that does not hold."""


def await_that(what, condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"not within {PATIENCE_SECONDS} s: {what()}")
        time.sleep(0.05)


class Member:
    """A process that is in the group until it is stopped; what it prints becomes events of the group."""

    def __init__(self, group, client, protocol):
        self.name = f"{client}-{protocol}-{len(group.all_members)}"
        self.client = client
        self.protocol = protocol
        self.assigned = set()
        arguments = [group.address, group.name, group.topic, protocol, group.assignor]
        words = {"librdkafka": [sys.executable, HERE / "member.py"], "franz-go": [ROOT / "build/migration/member"],
                 "java": jvm.command("Migrant")}[client]
        self.program = jvm.Program([*map(str, words), *arguments], group.folder / f"{self.name}.log")
        self.reader = threading.Thread(target=self.read, args=[group], daemon=True)
        self.reader.start()

    def read(self, group):
        for line in self.program.lines():
            micros, what, *words = line.split()
            if what == "assigned":
                self.assigned = set(map(int, words))
            group.note(int(micros), self, what, words)

    def stop(self):
        code = self.program.stop()
        self.reader.join()
        if code != 0:
            raise Failure(f"{self.name} ended with {code}, see {self.program.log}")


class Group:
    """The group, its topic and all that its members did."""

    def __init__(self, broker, assignor, folder):
        self.broker = broker
        self.address = broker.address
        self.assignor = assignor
        self.folder = folder
        self.name = f"group-{assignor}"
        self.topic = f"topic-{assignor}"
        self.members = []
        self.all_members = []
        self.events = []
        self.values = set()
        self.lock = threading.Lock()
        self.ask(lambda admin: admin.create_topics([NewTopic(self.topic, PARTITIONS, 1)])[self.topic])

    def ask(self, question):
        """Of a new admin client each time: one that lived through a start of Apache Kafka gets no answers any more."""
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        return question(admin).result()

    def note(self, micros, member, what, words):
        with self.lock:
            self.events.append((micros, member.name, what, words))
            if what == "read":
                self.values.add(words[2])

    def add(self, client, protocol):
        member = Member(self, client, protocol)
        self.members.append(member)
        self.all_members.append(member)

    def remove(self, client, protocol):
        gone = next(one for one in self.members if (one.client, one.protocol) == (client, protocol))
        self.members.remove(gone)
        gone.stop()

    def is_spread(self):
        """Everybody has some partitions, and each partition is had once."""
        shares = [one.assigned for one in self.members]
        return all(shares) and sorted(p for share in shares for p in share) == list(range(PARTITIONS))

    def await_spread(self, when):
        await_that(lambda: f"all partitions are assigned once {when}: "
                   + str({one.name: sorted(one.assigned) for one in self.members}), self.is_spread)

    def await_progress(self, when):
        before = len(self.values)
        await_that(lambda: f"records are read {when}", lambda: len(self.values) > before + 50)

    def described(self):
        try:
            found = self.ask(lambda admin: admin.describe_consumer_groups([self.name])[self.name])
        except KafkaException as failure:
            return str(failure)
        return f"{found.type.name} {found.state.name} {len(found.members)}"

    def await_type(self):
        """A group is a consumer group while it has a member of that protocol."""
        consumer = any(one.protocol == "consumer" for one in self.members)
        kind = ConsumerGroupType.CONSUMER if consumer else ConsumerGroupType.CLASSIC
        wanted = f"{kind.name} STABLE {len(self.members)}"
        await_that(lambda: f"the group is {wanted}, not {self.described()}", lambda: self.described() == wanted)

    def committed(self):
        wanted = [ConsumerGroupTopicPartitions(self.name)]
        found = self.ask(lambda admin: admin.list_consumer_group_offsets(wanted)[self.name])
        return {one.partition: one.offset for one in found.topic_partitions}

    def close(self):
        for member in self.members:
            member.program.process.kill()
            member.program.process.wait()


class Source(threading.Thread):
    """Writes numbers, round and round the partitions, until it is stopped."""

    def __init__(self, group):
        super().__init__(daemon=True)
        self.group = group
        self.producer = Producer({"bootstrap.servers": group.address, "enable.idempotence": True, "linger.ms": 5,
                                  "reconnect.backoff.max.ms": 200, "log_level": 0})
        self.stopping = threading.Event()
        self.ends = [0] * PARTITIONS
        self.start()

    def run(self):
        number = 0
        while not self.stopping.is_set():
            partition = number % PARTITIONS
            self.producer.produce(self.group.topic, value=str(number), partition=partition)
            self.ends[partition] += 1
            number += 1
            self.producer.poll(0)
            time.sleep(0.004)
        self.producer.flush()

    def stop(self):
        """Returns how many are in the topic."""
        self.stopping.set()
        self.join()
        return sum(self.ends)


def wrong_reads(events):
    """What was read again though it was committed when its partition was assigned; and how much was read twice."""
    committed, floors, held, seen = {}, {}, {}, set()
    wrong, repeated = [], 0
    for _, member, what, words in sorted(events, key=lambda event: event[0]):
        if what == "assigned":
            now = set(map(int, words))
            for partition in now - held.get(member, set()):
                floors[member, partition] = committed.get(partition, 0)
            held[member] = now
        elif what == "committed":
            partition, offset = map(int, words)
            committed[partition] = max(committed.get(partition, 0), offset)
        elif what == "read":
            partition, offset = map(int, words[:2])
            if offset < floors.get((member, partition), 0):
                wrong.append(f"{member} read {partition}@{offset}, assigned after a commit of "
                             f"{floors[member, partition]}")
            repeated += (partition, offset) in seen
            seen.add((partition, offset))
    return wrong, repeated


class Journey:
    """Classic members become consumer members and these classic ones again."""

    def __init__(self, group):
        self.group = group
        self.passed = self.failed = 0

    def step(self, what, *deeds):
        try:
            for deed in deeds:
                deed()
            problem = None
        except Failure as failure:
            problem = str(failure)
        print(f"{self.group.assignor}: {what:58s} {'FAILED' if problem else 'PASSED'}", flush=True)
        if problem:
            print(f"  {problem}", flush=True)
        self.passed, self.failed = self.passed + (not problem), self.failed + bool(problem)
        if problem:
            raise Failure(what)

    def settle(self, when):
        return (lambda: self.group.await_spread(when), self.group.await_type,
                lambda: self.group.await_progress(when))

    def replace(self, client, before, after):
        group = self.group
        self.step(f"{client} of the {after} protocol joins", lambda: group.add(client, after), *self.settle("with it"))
        self.step(f"{client} of the {before} protocol leaves", lambda: group.remove(client, before),
                  *self.settle("without it"))

    def restart(self):
        self.group.broker.kill()
        self.group.broker.start()

    def run(self):
        group = self.group
        for client in CLIENTS:
            group.add(client, "classic")
        source = Source(group)
        self.step("three clients of the classic protocol", *self.settle("at first"))
        self.replace("java", "classic", "consumer")
        self.step("kill -9 while two are classic", self.restart, *self.settle("after the kill"))
        self.replace("librdkafka", "classic", "consumer")
        self.replace("franz-go", "classic", "consumer")
        self.replace("franz-go", "consumer", "classic")
        self.step("kill -9 while one is classic", self.restart, *self.settle("after the kill"))
        self.replace("librdkafka", "consumer", "classic")
        self.replace("java", "consumer", "classic")
        self.step("all is read and committed", lambda: self.finish(source))

    def finish(self, source):
        group = self.group
        written = source.stop()
        await_that(lambda: f"{written} records are read, not {len(group.values)}",
                   lambda: len(group.values) >= written)
        ends = dict(enumerate(source.ends))
        await_that(lambda: f"{ends} is committed, not {group.committed()}", lambda: group.committed() == ends)
        for member in list(group.members):
            group.remove(member.client, member.protocol)
        wrong, repeated = wrong_reads(group.events)
        if wrong:
            raise Failure("; ".join(wrong[:5]))
        refused = sum(what == "refused" for _, _, what, _ in group.events)
        print(f"{group.assignor}: {written} records, {repeated} of them read again, {refused} commits refused",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="store_true", help="Apache Kafka in place of ours")
    parser.add_argument("--assignors", default="range,cooperative-sticky", help="of the classic members")
    parser.add_argument("--out", type=Path, default=ROOT / "build/compat/migration")
    args = parser.parse_args()
    args.out = args.out.resolve()
    shutil.rmtree(args.out, ignore_errors=True)
    jvm.prepare()
    passed = failed = 0
    for assignor in args.assignors.split(","):
        folder = args.out / assignor
        with broker_kind(args.peer)(folder, SETTINGS) as broker:
            group = Group(broker, assignor, folder)
            journey = Journey(group)
            try:
                journey.run()
            except Failure:
                print(f"{assignor}: see {folder}", flush=True)
            finally:
                group.close()
        passed, failed = passed + journey.passed, failed + journey.failed
        if not journey.failed:
            shutil.rmtree(broker.data, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
