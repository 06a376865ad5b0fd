"""A member of a group with librdkafka (confluent-kafka's wheel): see run_migration.py for what it prints.

    member.py ADDRESS GROUP TOPIC classic|consumer ASSIGNOR
"""
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition


def say(*words):
    print(time.time_ns() // 1000, *words, flush=True)


def settings(address, group, protocol, assignor):
    chosen = {"bootstrap.servers": address, "group.id": group, "group.protocol": protocol,
              "auto.offset.reset": "earliest", "enable.auto.commit": False, "reconnect.backoff.max.ms": 200,
              "fetch.wait.max.ms": 50}
    if protocol == "classic":
        chosen.update({"partition.assignment.strategy": assignor, "heartbeat.interval.ms": 500})
    return chosen


def commit(consumer, topic, next_offsets):
    try:
        done = consumer.commit(offsets=[TopicPartition(topic, *one) for one in next_offsets.items()],
                               asynchronous=False)
    except KafkaException as refused:
        return say("refused", refused.args[0].name())
    for one in done:
        if one.error is None:
            say("committed", one.partition, one.offset)
        else:
            say("refused", one.error.name())


def main():
    address, group, topic, protocol, assignor = sys.argv[1:]
    stopping = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stopping.set()), daemon=True).start()
    consumer = Consumer(settings(address, group, protocol, assignor))
    consumer.subscribe([topic])
    assigned = None
    while not stopping.is_set():
        records = consumer.consume(num_messages=100, timeout=0.1)
        now = sorted(one.partition for one in consumer.assignment())
        if now != assigned:
            assigned = now
            say("assigned", *assigned)
        next_offsets = {}
        for record in records:
            if record.error() is None:
                say("read", record.partition(), record.offset(), record.value().decode())
                next_offsets[record.partition()] = record.offset() + 1
            else:
                say("told", record.error().name())
        if next_offsets:
            commit(consumer, topic, next_offsets)
    consumer.close()
    say("left")


if __name__ == "__main__":
    main()
