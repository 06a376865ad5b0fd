"""What each of Kafka's tools has to say. A check makes topics and groups of its own, so that all run side by side."""
import datetime
import json
import re
import time
import uuid

from kafka_tools import equal, expect, expect_not

CHECKS = []


def check(quick=False):
    def add(function):
        CHECKS.append((function, quick))
        return function
    return add


def new_group():
    return "group-" + uuid.uuid4().hex[:8]


@check(quick=True)
def topics_life(tools):
    name = tools.topic(3, retention_ms=100000)
    described = tools.call("topics", "--describe", "--topic", name)
    expect(described, "PartitionCount: 3", "ReplicationFactor: 1", "~Configs: .*retention.ms=100000",
           "~TopicId: \\S{22}")
    equal(len(re.findall(r"Leader: 1\s+Replicas: 1\s+Isr: 1", described)), 3)
    expect(tools.call("topics", "--create", "--topic", name, fails=True), f"Topic '{name}' already exists.")
    tools.call("topics", "--create", "--if-not-exists", "--topic", name)
    tools.call("topics", "--alter", "--topic", name, "--partitions", 5)
    expect(tools.call("topics", "--describe", "--topic", name), "PartitionCount: 5")
    expect(tools.call("topics", "--alter", "--topic", name, "--partitions", 2, fails=True),
           "~InvalidPartitionsException.*currently has 5 partition")
    identity = re.search(r"TopicId: (\S+)", described)[1]
    expect(tools.call("topics", "--describe", "--topic-id", identity), f"Topic: {name}")
    tools.call("topics", "--delete", "--topic", name)
    expect_not(tools.call("topics", "--list"), f"^{name}$")
    expect(tools.call("topics", "--describe", "--topic", name, fails=True), "does not exist")


@check()
def topics_refusals(tools):
    expect(tools.call("topics", "--create", "--topic", "a b", fails=True), "InvalidTopicException")
    name = "tools-" + uuid.uuid4().hex[:10]
    expect(tools.call("topics", "--create", "--topic", name, "--replication-factor", 3, fails=True),
           "InvalidReplicationFactorException")
    expect(tools.call("topics", "--create", "--topic", name, "--config", "retention.ms=soon", fails=True),
           "~InvalidConfigurationException|ConfigException")
    expect_not(tools.call("topics", "--list"), f"^{name}$")


@check()
def topics_with_overrides(tools):
    name = tools.topic(1, cleanup_policy="compact")
    expect(tools.call("topics", "--describe", "--topics-with-overrides"), f"~Topic: {name}\\s.*cleanup.policy=compact")
    expect_not(tools.call("topics", "--describe", "--unavailable-partitions"), name)
    expect_not(tools.call("topics", "--describe", "--under-replicated-partitions"), name)


@check(quick=True)
def configs_of_topics(tools):
    name = tools.topic()
    topic = ("--entity-type", "topics", "--entity-name", name)
    tools.call("configs", "--alter", *topic, "--add-config", "max.message.bytes=5000,cleanup.policy=[compact,delete]")
    described = tools.call("configs", "--describe", *topic)
    expect(described, "cleanup.policy=compact,delete sensitive=false",
           "synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}",
           "DYNAMIC_TOPIC_CONFIG:max.message.bytes=5000, DEFAULT_CONFIG:message.max.bytes=1048588")
    refused = tools.call("configs", "--alter", *topic, "--add-config", "max.message.bytes=-5", fails=True)
    expect(refused, "InvalidConfigurationException", "-5")
    refused = tools.call("configs", "--alter", *topic, "--add-config", "no.such.thing=1", fails=True)
    expect(refused, "~InvalidConfigurationException.*no.such.thing")
    tools.call("configs", "--alter", *topic, "--delete-config", "max.message.bytes")
    expect_not(tools.call("configs", "--describe", *topic), "max.message.bytes")
    expect(tools.call("configs", "--describe", "--all", *topic), "max.message.bytes=1048588",
           "segment.bytes=1073741824")


@check()
def configs_of_brokers(tools):
    default = ("--entity-type", "brokers", "--entity-default")
    broker = ("--entity-type", "brokers", "--entity-name", "1")
    tools.call("configs", "--alter", *default, "--add-config", "log.retention.ms=700000000")
    expect(tools.call("configs", "--describe", *default),
           "log.retention.ms=700000000 sensitive=false "
           "synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=700000000")
    tools.call("configs", "--alter", *broker, "--add-config", "log.retention.ms=800000000")
    expect(tools.call("configs", "--describe", *broker),
           "{DYNAMIC_BROKER_CONFIG:log.retention.ms=800000000, "
           "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=700000000")
    name = tools.topic()
    expect(tools.call("configs", "--describe", "--all", "--entity-type", "topics", "--entity-name", name),
           "~^ *retention.ms=800000000 .*DYNAMIC_BROKER_CONFIG:log.retention.ms=800000000")
    tools.call("configs", "--alter", *broker, "--delete-config", "log.retention.ms")
    tools.call("configs", "--alter", *default, "--delete-config", "log.retention.ms")
    expect_not(tools.call("configs", "--describe", *default), "log.retention.ms")
    everything = tools.call("configs", "--describe", "--all", *broker)
    expect(everything, "num.partitions=", "log.segment.bytes=1073741824", "STATIC_BROKER_CONFIG:node.id=1",
           "auto.create.topics.enable=true")
    refused = tools.call("configs", "--alter", *broker, "--add-config", "log.dirs=/elsewhere", fails=True)
    expect(refused, "~InvalidRequestException|InvalidConfigurationException")


@check(quick=True)
def console_round_trip(tools):
    name = tools.topic(3)
    tools.produce(name, ["h:1\tk1:v1", "h:2\tk2:v2", "h:3\tk3:v3"], "--reader-property", "parse.key=true",
                  "--reader-property",
                  "key.separator=:", "--reader-property", "parse.headers=true", "--reader-property",
                  "headers.delimiter=\t")
    lines = tools.consume(name, 3, "--from-beginning", "--formatter-property", "print.key=true", "--formatter-property",
                          "print.headers=true", "--formatter-property", "print.offset=true")
    equal(lines, ["Offset:0\th:1\tk1\tv1", "Offset:0\th:2\tk2\tv2", "Offset:0\th:3\tk3\tv3"])


@check()
def console_codecs(tools):
    name = tools.topic()
    payload = ["x" * 500 + str(number) for number in range(20)]
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        tools.produce(name, payload, "--compression-codec", codec)
    equal(len(tools.consume(name, 80, "--from-beginning")), 80)
    equal(tools.consume(name, 1, "--partition", 0, "--offset", 41), [payload[1]])


@check()
def console_transactions_of_isolation(tools):
    name = tools.topic()
    tools.produce(name, ["a", "b"], "--command-property", "acks=1")
    tools.produce(name, ["c"], "--command-property", "enable.idempotence=false", "--command-property", "acks=0")
    equal(tools.consume(name, 3, "--from-beginning", "--isolation-level", "read_committed"), ["a", "b", "c"])


def group_of_ten(tools, partitions=1):
    """A topic with ten records on partition 0 and a group that has read all of them and left."""
    name, group = tools.topic(partitions), new_group()
    tools.produce(name, [f"r{number}" for number in range(10)])
    tools.consume(name, 10, "--from-beginning", "--group", group)
    return name, group


@check(quick=True)
def groups_list_and_describe(tools):
    name, group = group_of_ten(tools)
    expect(tools.call("consumer-groups", "--list"), group)
    expect(tools.call("consumer-groups", "--list", "--state", "Empty"), f"~{group}\\s+Empty")
    expect(tools.call("consumer-groups", "--describe", "--group", group),
           f"~{group}\\s+{name}\\s+0\\s+10\\s+10\\s+0\\s+-")
    expect(tools.call("consumer-groups", "--describe", "--group", group, "--state"),
           f"~{group}\\s.*\\(1\\).*Empty\\s+0")
    expect(tools.call("consumer-groups", "--describe", "--group", group, "--members"), "has no active members")
    missing = tools.call("consumer-groups", "--describe", "--group", "no-such-group")
    expect(missing, "GroupIdNotFoundException: Group no-such-group not found.")
    expect(tools.call("groups", "--list"), f"~{group}\\s+Classic\\s+consumer")


def reset(tools, group, topic, *how):
    """Carries out a reset; returns the new offset that the tool reports for partition 0."""
    text = tools.call("consumer-groups", "--group", group, "--topic", topic, "--reset-offsets", "--execute", *how)
    expect(text, f"~{group}\\s+{topic}\\s+0\\s+\\d+")
    return int(re.search(rf"{group}\s+{topic}\s+0\s+(\d+)", text)[1])


@check()
def groups_reset_by_offset(tools):
    name, group = group_of_ten(tools)
    equal(reset(tools, group, name, "--to-earliest"), 0)
    equal(reset(tools, group, name, "--to-latest"), 10)
    equal(reset(tools, group, name, "--to-offset", 4), 4)
    equal(reset(tools, group, name, "--shift-by", 3), 7)
    equal(reset(tools, group, name, "--shift-by", -20), 0)
    equal(reset(tools, group, name, "--to-offset", 99), 10)
    equal(reset(tools, group, name, "--to-current"), 10)
    equal(reset(tools, group, name, "--to-offset", 6), 6)
    expect(tools.call("consumer-groups", "--describe", "--group", group), f"~{group}\\s+{name}\\s+0\\s+6\\s+10\\s+4")
    equal(tools.consume(name, 1, "--group", group), ["r6"])


@check()
def groups_reset_by_time(tools):
    name, group = group_of_ten(tools)
    time.sleep(1.1)
    between = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    time.sleep(0.1)
    tools.produce(name, ["later1", "later2"])
    equal(reset(tools, group, name, "--to-datetime", between), 10)
    equal(reset(tools, group, name, "--by-duration", "PT1H"), 0)
    equal(reset(tools, group, name, "--by-duration", "PT0S"), 12)


@check()
def groups_reset_from_file(tools):
    name, group = group_of_ten(tools)
    exported = tools.call("consumer-groups", "--group", group, "--topic", f"{name}:0", "--reset-offsets",
                          "--to-offset", 2,
                          "--export", "--dry-run")
    expect(exported, f"{name},0,2")
    file = tools.file("reset.csv", f"{name},0,2\n")
    text = tools.call("consumer-groups", "--group", group, "--reset-offsets", "--from-file", file, "--execute")
    expect(text, f"~{group}\\s+{name}\\s+0\\s+2")
    dry = tools.call("consumer-groups", "--group", group, "--all-topics", "--reset-offsets", "--to-earliest",
                     "--dry-run")
    expect(dry, f"~{group}\\s+{name}\\s+0\\s+0")
    expect(tools.call("consumer-groups", "--describe", "--group", group), f"~{name}\\s+0\\s+2\\s+10\\s+8")


@check()
def groups_delete(tools):
    name, group = group_of_ten(tools)
    expect(tools.call("consumer-groups", "--group", group, "--topic", name, "--delete-offsets"),
           f"~{name}\\s+0\\s+Successful")
    expect_not(tools.call("consumer-groups", "--describe", "--group", group), name)
    expect(tools.call("consumer-groups", "--group", group, "--delete"), "was successful")
    expect_not(tools.call("consumer-groups", "--list"), f"^{group}$")


def share_offsets(tools, group):
    """(partition, start offset, lag) as the tool shows them."""
    text = tools.call("share-groups", "--describe", "--group", group, "--offsets")
    return sorted(re.findall(rf"^{group}\s+\S+\s+(\d)\s+(\S+)\s+(\S+)", text, re.M))


@check()
def share_groups(tools):
    name, group = tools.topic(2), new_group()
    tools.call("configs", "--alter", "--group", group, "--add-config", "share.auto.offset.reset=earliest")
    tools.produce(name, [f"r{number}" for number in range(10)])
    read = tools.call("console-share-consumer", "--topic", name, "--group", group, "--max-messages", 10,
                      "--timeout-ms", 30000)
    equal(sorted(line for line in read.splitlines() if re.fullmatch(r"r\d", line)),
          [f"r{number}" for number in range(10)])
    expect(tools.call("share-groups", "--list"), f"~^{group}$")
    expect(tools.call("groups", "--list"), f"~{group}\\s+Share\\s+share")
    expect(tools.call("share-groups", "--describe", "--group", group, "--state"), f"~{group}\\s.*\\(1\\)\\s+Empty\\s+0")
    expect(tools.call("share-groups", "--describe", "--group", group, "--members"), "has no active members")
    equal({lag for _, _, lag in share_offsets(tools, group)} - {"-"}, {"0"})  # "-": never read, as it was empty
    dry = tools.call("share-groups", "--reset-offsets", "--group", group, "--topic", name, "--to-earliest", "--dry-run")
    expect(dry, f"~{group}\\s+{name}\\s+0\\s+0", f"~{group}\\s+{name}\\s+1\\s+0")
    tools.call("share-groups", "--reset-offsets", "--group", group, "--topic", name, "--to-earliest", "--execute")
    again = share_offsets(tools, group)
    equal([start for _, start, _ in again], ["0", "0"])
    equal(sum(int(lag) for _, _, lag in again), 10)
    expect(tools.call("share-groups", "--delete-offsets", "--group", group, "--topic", name), f"~{name}\\s+Successful")
    expect(tools.call("share-groups", "--describe", "--group", group, "--offsets"), "has no offset information")
    expect(tools.call("share-groups", "--delete", "--group", group), "was successful")
    expect_not(tools.call("share-groups", "--list"), f"^{group}$")


@check(quick=True)
def get_offsets(tools):
    name = tools.topic(2)
    before = int(time.time() * 1000) - 1000
    tools.produce(name, ["a", "b", "c"], "--reader-property", "parse.key=false")
    def offsets(when):
        text = tools.call("get-offsets", "--topic", name, "--time", when)
        return [int(count) for _, count in sorted(re.findall(rf"^{name}:(\d):(-?\d*)$", text, re.M)) if count]
    equal(sum(offsets("latest")), 3)
    equal(offsets("earliest"), [0, 0])
    equal(sum(offsets("-1")), 3)
    equal(max(offsets("max-timestamp")) >= 0, True)
    equal(max(offsets(str(before))), 0)
    expect(tools.call("get-offsets", "--topic-partitions", f"{name}:1"), f"~^{name}:1:\\d$")


@check(quick=True)
def delete_records(tools):
    name = tools.topic()
    tools.produce(name, [f"r{number}" for number in range(10)])
    plan = {"partitions": [{"topic": name, "partition": 0, "offset": 4}], "version": 1}
    text = tools.call("delete-records", "--offset-json-file", tools.file("delete.json", json.dumps(plan)))
    expect(text, f"~partition: {name}-0\\s+low_watermark: 4")
    equal(tools.consume(name, 6, "--from-beginning"), [f"r{number}" for number in range(4, 10)])
    plan["partitions"][0]["offset"] = 99
    text = tools.call("delete-records", "--offset-json-file", tools.file("delete.json", json.dumps(plan)))
    expect(text, "~error: .*OffsetOutOfRangeException")
    plan["partitions"][0]["offset"] = -1
    tools.call("delete-records", "--offset-json-file", tools.file("delete.json", json.dumps(plan)))
    expect(tools.call("get-offsets", "--topic", name, "--time", "earliest"), f"{name}:0:10")


@check(quick=True)
def log_dirs(tools):
    name = tools.topic(2)
    tools.produce(name, ["x" * 100])
    text = tools.call("log-dirs", "--describe", "--topic-list", name)
    answer = json.loads(re.search(r"^\{.*\}$", text, re.M)[0])
    directory = answer["brokers"][0]["logDirs"][0]
    equal((answer["brokers"][0]["broker"], directory["error"]), (1, None))
    partitions = {one["partition"]: one for one in directory["partitions"]}
    equal(sorted(partitions), [f"{name}-0", f"{name}-1"])
    equal(sum(one["size"] for one in partitions.values()) > 160, True)
    equal({(one["offsetLag"], one["isFuture"]) for one in partitions.values()}, {(0, False)})


@check(quick=True)
def performance_tests(tools):
    name = tools.topic(2)
    text = tools.call("producer-perf-test", "--topic", name, "--num-records", 20000, "--record-size", 500,
                      "--throughput",
                      -1, "--command-property", "acks=all", "compression.type=lz4")
    expect(text, "20000 records sent")
    text = tools.call("consumer-perf-test", "--topic", name, "--num-records", 20000, "--timeout", 30000)
    expect(text, "~, 9\\.\\d+, [0-9.]+, 20000, ")


@check()
def end_to_end_latency(tools):
    name = tools.topic()
    text = tools.call("e2e-latency", "--topic", name, "--num-records", 100, "--producer-acks", "all", "--record-size",
                      100)
    expect(text, "~Avg latency: [0-9.]+ ms", "Percentiles: 50th")


@check(quick=True)
def api_versions(tools):
    text = tools.call("broker-api-versions")
    expect(text, "(id: 1 rack: null isFenced: false)", "~Produce\\(0\\): 0 to 1\\d \\[usable: 1\\d\\]",
           "~Fetch\\(1\\): 4 to 1\\d", "~ApiVersions\\(18\\): 0 to \\d", "~Metadata\\(3\\): 0 to 13")
    expect_not(text, "ERROR")


@check(quick=True)
def cluster_and_quorum(tools):
    expect(tools.run("cluster", "cluster-id", "--bootstrap-server", tools.address), "~Cluster ID: \\S{22}$")
    expect(tools.run("cluster", "list-endpoints", "--bootstrap-server", tools.address),
           "~1 +127\\.0\\.0\\.1 +\\d+ +null")
    status = tools.call("metadata-quorum", "describe", "--status")
    expect(status, "~LeaderId: +1$", "~LeaderEpoch: +\\d+", "~HighWatermark: +\\d+", '~CurrentVoters: +\\[\\{"id": 1',
           "~CurrentObservers: +\\[\\]")
    expect(tools.call("metadata-quorum", "describe", "--replication"),
           "~^1\\s+\\S+\\s+\\d+\\s+0\\s+\\d+\\s+\\d+\\s+Leader")


@check()
def features(tools):
    text = tools.call("features", "describe")
    expect(text, "~Feature: metadata.version.*FinalizedVersionLevel: 4\\.[0-9]-IV", "Feature: transaction.version")


@check()
def verifiable_clients(tools):
    name, group = tools.topic(2), new_group()
    sent = tools.call("verifiable-producer", "--topic", name, "--max-messages", 200)
    equal(sent.count('"name":"producer_send_success"'), 200)
    got = tools.call("verifiable-consumer", "--topic", name, "--group-id", group, "--max-messages", 200,
                     "--reset-policy", "earliest")
    expect(got, '"name":"partitions_assigned"', '"name":"offsets_committed"', '"success":true')
    expect(tools.call("consumer-groups", "--describe", "--group", group),
           f"~{group}\\s+{name}\\s+\\d\\s+\\d+\\s+\\d+\\s+0\\s")
