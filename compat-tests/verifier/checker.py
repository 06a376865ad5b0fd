"""Judges one round: what the workers say they did, against what the readers saw.

A history is a text file of a worker or a reader, a line for each event:

    send TXN PARTITION VALUE       handed to the client; TXN is - outside of transactions
    ack PARTITION OFFSET VALUE     acknowledged; OFFSET is -1 where the client was not told
    commit|abort|unknown TXN       how it ended; abort also stands for: commit was never asked for
    readback TXN BALANCES...       what a bank's worker read from its accounts, TXN being the last before it
    record PARTITION OFFSET VALUE  seen by a reader, in the order it came
    stable|end PARTITION OFFSET    last stable offset and log end, as they were told one after the other
    position PARTITION OFFSET      how far a read_committed reader had come before the stable offset that follows
    committed|found PARTITION OFFSET   a group's offset, as committed, and as found later
    error TEXT                     what must not happen to this client

A VALUE is WORKER:NUMBER, of a bank OWNER:NUMBER:ACCOUNT:BALANCE; numbers of a worker rise.
"""
from collections import defaultdict
from dataclasses import dataclass, field

TOTAL = 600
ACCOUNTS = 6


@dataclass
class Worker:
    name: str
    sends: list = field(default_factory=list)  # (txn, partition, value)
    acks: list = field(default_factory=list)  # (partition, offset, value)
    ends: dict = field(default_factory=dict)  # txn -> commit | abort | unknown
    readbacks: list = field(default_factory=list)  # (txn, [balance])
    errors: list = field(default_factory=list)


@dataclass
class Reader:
    name: str
    records: list = field(default_factory=list)  # (partition, offset, value)
    marks: list = field(default_factory=list)  # (kind, partition, offset)
    errors: list = field(default_factory=list)


def parse_worker(name, lines):
    worker = Worker(name)
    for line in lines:
        kind, *rest = line.split()
        if kind == "send":
            worker.sends.append((rest[0], int(rest[1]), rest[2]))
        elif kind == "ack":
            worker.acks.append((int(rest[0]), int(rest[1]), rest[2]))
        elif kind in ("commit", "abort", "unknown"):
            worker.ends[rest[0]] = kind
        elif kind == "readback":
            worker.readbacks.append((rest[0], [int(one) for one in rest[1:]]))
        elif kind == "error":
            worker.errors.append(line)
    return worker


def parse_reader(name, lines):
    reader = Reader(name)
    for line in lines:
        kind, *rest = line.split()
        if kind == "record":
            reader.records.append((int(rest[0]), int(rest[1]), rest[2]))
        elif kind == "error":
            reader.errors.append(line)
        else:
            reader.marks.append((kind, int(rest[0]), int(rest[1])))
    return reader


class Judge:
    """Collects the anomalies of one topic. `final` are the readers of all of it at the round's end."""

    def __init__(self, topic, workers, final_committed, final_all, live):
        self.topic = topic
        self.workers = workers
        self.committed = final_committed
        self.all = final_all
        self.live = live
        self.anomalies = []

    def say(self, text):
        self.anomalies.append(f"{self.topic}: {text}")

    def judge(self):
        for one in [*self.workers, self.committed, self.all, *self.live]:
            for error in one.errors:
                self.say(f"{one.name}: {error}")
        self.whole_reads()
        for worker in self.workers:
            self.acknowledged(worker)
            self.ended(worker)
            self.ordered(worker)
            self.balanced(worker)
        for reader in self.live:
            self.live_reads(reader)
        return self.anomalies

    def whole_reads(self):
        """Offsets rise, no value comes twice, read_committed is a part of the whole."""
        for reader in (self.committed, self.all):
            last, seen = {}, {}
            for partition, offset, value in reader.records:
                if offset <= last.get(partition, -1):
                    self.say(f"{reader.name}: offset {offset} of {partition} after {last[partition]}")
                last[partition] = offset
                if value in seen:
                    self.say(f"duplicate: {reader.name} sees {value} at {seen[value]} and {(partition, offset)}")
                seen[value] = (partition, offset)
        self.place_in_all = {value: (partition, offset) for partition, offset, value in self.all.records}
        self.value_at = {(partition, offset): value for partition, offset, value in self.all.records}
        self.visible = {value: (partition, offset) for partition, offset, value in self.committed.records}
        for value, place in self.visible.items():
            if self.place_in_all.get(value) != place:
                self.say(f"read_committed sees {value} at {place}, read_uncommitted at {self.place_in_all.get(value)}")

    def acknowledged(self, worker):
        for partition, offset, value in worker.acks:
            place = self.place_in_all.get(value)
            if place is None:
                self.say(f"lost: {value} was acknowledged at {(partition, offset)}")
            elif place[0] != partition or offset not in (-1, place[1]):
                self.say(f"{value} was acknowledged at {(partition, offset)} and is at {place}")

    def ended(self, worker):
        """Committed ones are visible, aborted ones are not, the others wholly or not at all."""
        values = defaultdict(list)
        for txn, partition, value in worker.sends:
            values[txn].append(value)
            if self.place_in_all.get(value, (partition,))[0] != partition:
                self.say(f"{value} was sent to {partition} and is at {self.place_in_all[value]}")
        acked = {value for _, _, value in worker.acks}
        for txn, sent in values.items():
            visible = [value for value in sent if value in self.visible]
            if txn == "-":
                for value in sent:
                    if value in acked and value not in self.visible:
                        self.say(f"lost: read_committed does not see {value}, which was acknowledged")
                continue
            end = worker.ends.get(txn, "unknown")
            if end == "commit" and len(visible) < len(sent):
                missing = [value for value in sent if value not in self.visible]
                self.say(f"lost: {worker.name} committed {txn}, not visible: {missing}")
            elif end == "abort" and visible:
                self.say(f"aborted and visible: {txn} of {worker.name}: {visible}")
            elif end == "unknown" and visible and len(visible) < len(sent):
                self.say(f"torn: {txn} of {worker.name}: {visible} of {sent}")

    def ordered(self, worker):
        for reader in (self.committed, self.all):
            last = {}
            for partition, offset, value in reader.records:
                name, number = value.split(":")[:2]
                if name.split(".")[0] != worker.name:
                    continue
                if int(number) < last.get(partition, -1):
                    self.say(f"order: {value} at {(partition, offset)} follows number {last[partition]}")
                last[partition] = int(number)

    def balanced(self, worker):
        """The sum of a bank's accounts after every transaction that can be seen, and in what its worker read. The
        owner may change (WORKER.1, WORKER.2 ...), each has accounts of its own."""
        owners = defaultdict(lambda: defaultdict(list))
        for value in self.visible:
            parts = value.split(":")
            if parts[0].split(".")[0] == worker.name and len(parts) == 4:
                owners[parts[0]][int(parts[1])].append((int(parts[2]), int(parts[3])))
        history = []
        for owner, steps in owners.items():
            balances = {}
            for number in sorted(steps):
                balances.update(steps[number])
                history.append((number, dict(balances)))
                if sum(balances.values()) != TOTAL or len(balances) != ACCOUNTS:
                    self.say(f"bank: after {number} of {owner} the accounts are {balances}")
        for txn, found in worker.readbacks:
            before = [state for number, state in history if number <= int(txn)]
            wanted = [before[-1][account] for account in range(ACCOUNTS)] if before else []
            if found != wanted:
                self.say(f"bank: {worker.name} read {found} after {txn}, it is {wanted}")

    def live_reads(self, reader):
        """A reader during the round saw, without a gap, what is there at its end."""
        seen = defaultdict(list)
        for partition, offset, value in reader.records:
            seen[partition].append((offset, value))
        whole = self.committed if "uncommitted" not in reader.name else self.all
        for partition, found in seen.items():
            last = found[-1][0]
            wanted = [(offset, value) for p, offset, value in whole.records if p == partition and offset <= last]
            if found != wanted:
                at = next((i for i, pair in enumerate(zip(found, wanted)) if pair[0] != pair[1]),
                          min(len(found), len(wanted)))
                self.say(f"{reader.name} saw in {partition} {found[at:at + 4]} where {wanted[at:at + 4]} is")
        self.marks(reader)

    def marks(self, reader):
        highest = {}
        for kind, partition, offset in reader.marks:
            before = highest.get((kind, partition), -1)
            if kind in ("stable", "end", "committed") and offset < before:
                self.say(f"{reader.name}: {kind} of {partition} went from {before} back to {offset}")
            if kind == "stable" and offset < highest.get(("position", partition), -1):
                self.say(f"{reader.name}: read {partition} beyond the last stable offset {offset}")
            if kind == "found" and offset < highest.get(("committed", partition), -1):
                self.say(f"{reader.name}: found the group's offset {offset} of {partition}, committed was "
                         f"{highest[('committed', partition)]}")
            highest[(kind, partition)] = max(before, offset)
