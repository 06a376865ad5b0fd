import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Requests about transactions that are wrong, as Apache Kafka answers them. Nothing of them may be seen or hang. */
public final class Refusals {
    private Refusals() {}

    /** A transactional id with a producer id, over one connection. */
    private static final class Producer implements AutoCloseable {
        final Wire wire;
        final String id;
        final String topic;
        long producerId;
        short epoch;

        Producer(Clients clients, String topic) throws Exception {
            this.wire = new Wire(clients.address());
            this.id = clients.name();
            this.topic = topic;
            FindCoordinatorRequestData find = new FindCoordinatorRequestData().setKeyType((byte) 1).setKey(id);
            Checks.eventually("a coordinator", 10, () -> wire.errors(find, 3).equals("NONE"));
            Checks.eventually("a producer id", 10, () -> {
                var answer = (InitProducerIdResponseData) wire.ask(init(id, 60_000), 4);
                producerId = answer.producerId();
                epoch = answer.producerEpoch();
                return answer.errorCode() == 0;
            });
        }

        String end(int version, long producer, int at, boolean commit) throws IOException {
            return wire.errors(new EndTxnRequestData().setTransactionalId(id).setProducerId(producer)
                .setProducerEpoch((short) at).setCommitted(commit), version);
        }

        String add(int at, int... partitions) throws IOException {
            var topics = new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection();
            var list = java.util.Arrays.stream(partitions).boxed().toList();
            topics.add(new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic().setName(topic).setPartitions(list));
            var answer = (AddPartitionsToTxnResponseData) wire.ask(new AddPartitionsToTxnRequestData()
                .setV3AndBelowTransactionalId(id).setV3AndBelowProducerId(producerId)
                .setV3AndBelowProducerEpoch((short) at).setV3AndBelowTopics(topics), 3);
            return answer.resultsByTopicV3AndBelow().stream().flatMap(one -> one.resultsByPartition().stream())
                .sorted(java.util.Comparator.comparing(one -> one.partitionIndex()))
                .map(one -> Errors.forCode(one.partitionErrorCode()).name()).collect(Collectors.joining(" "));
        }

        String produce(int version, String withId, int at, int sequence) throws Exception {
            return wire.errors(batch(version, topic, withId, MemoryRecords.withTransactionalRecords(Compression.NONE,
                producerId, (short) at, sequence, new SimpleRecord("key".getBytes(), "value".getBytes()))), version);
        }

        @Override
        public void close() throws IOException {
            wire.close();
        }
    }

    private static ProduceRequestData batch(int version, String topic, String withId, MemoryRecords records) {
        var topics = new ProduceRequestData.TopicProduceDataCollection();
        topics.add(new ProduceRequestData.TopicProduceData().setName(topic).setTopicId(Uuid.ZERO_UUID).setPartitionData(
            List.of(new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records))));
        return new ProduceRequestData().setTransactionalId(withId).setAcks((short) -1).setTimeoutMs(10_000)
            .setTopicData(topics);
    }

    private static InitProducerIdRequestData init(String id, int timeout) {
        return new InitProducerIdRequestData().setTransactionalId(id).setTransactionTimeoutMs(timeout)
            .setProducerId(-1).setProducerEpoch((short) -1);
    }

    public static void timeoutsOutOfRange(Clients clients) throws Exception {
        try (Producer producer = new Producer(clients, clients.topic(1))) {
            String wanted = "INVALID_TRANSACTION_TIMEOUT";
            for (int timeout : List.of(0, -1, 900_001, Integer.MAX_VALUE)) {
                Checks.equal(producer.wire.errors(init(producer.id, timeout), 4), wanted, "time-out " + timeout);
            }
            Checks.equal(producer.wire.errors(init("", 1000), 4), "INVALID_REQUEST", "empty id");
        }
    }

    public static void producerIdsThatAreNotTheIds(Clients clients) throws Exception {
        try (Producer producer = new Producer(clients, clients.topic(1))) {
            InitProducerIdRequestData request = init(producer.id, 1000);
            Checks.equal(producer.wire.errors(request.setProducerId(producer.producerId), 4), "INVALID_REQUEST",
                "id without epoch");
            request.setProducerEpoch((short) (producer.epoch + 5));
            Checks.equal(producer.wire.errors(request, 4), "PRODUCER_FENCED", "epoch from the future");
            Checks.equal(producer.wire.errors(request, 3), "INVALID_PRODUCER_EPOCH", "the same, version 3");
            request.setProducerId(producer.producerId + 1000);
            Checks.equal(producer.wire.errors(request, 4), "PRODUCER_FENCED", "another's id");
        }
    }

    public static void endsOfNoTransaction(Clients clients) throws Exception {
        try (Producer producer = new Producer(clients, clients.topic(1))) {
            long id = producer.producerId;
            int epoch = producer.epoch;
            for (int version : List.of(1, 3, 4, 5)) {
                String at = " in version " + version;
                String fenced = version < 2 ? "INVALID_PRODUCER_EPOCH" : "PRODUCER_FENCED";
                Checks.equal(producer.end(version, id, epoch + 1, true), fenced, "epoch from the future" + at);
                Checks.equal(producer.end(version, id + 999, epoch, true), "INVALID_PRODUCER_ID_MAPPING",
                    "another's id" + at);
            }
            for (boolean commit : List.of(true, false)) {
                Checks.equal(producer.end(3, id, epoch, commit), "INVALID_TXN_STATE", "nothing was begun, " + commit);
            }
            Checks.equal(producer.wire.errors(new EndTxnRequestData().setTransactionalId("nobody").setProducerId(1), 4),
                "INVALID_PRODUCER_ID_MAPPING", "unknown id");
            Checks.equal(producer.wire.errors(new EndTxnRequestData().setTransactionalId("").setProducerId(1), 4),
                "INVALID_REQUEST", "empty id");
        }
    }

    public static void secondEndIsAnsweredAsTheFirst(Clients clients) throws Exception {
        String topic = clients.topic(1);
        try (Producer producer = new Producer(clients, topic)) {
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 0), "NONE", "a record");
            Checks.equal(producer.end(5, producer.producerId, producer.epoch, true), "NONE", "commit");
            Checks.eventually("the same commit again", 10,
                () -> producer.end(5, producer.producerId, producer.epoch, true).equals("NONE"));
            Checks.equal(producer.end(5, producer.producerId, producer.epoch, false), "INVALID_TXN_STATE",
                "abort of the committed");
            Checks.equal(clients.values(topic, 0, true), List.of("value"), "read_committed");
        }
    }

    public static void partitionsThatCannotBeAdded(Clients clients) throws Exception {
        try (Producer producer = new Producer(clients, clients.topic(1))) {
            Checks.equal(producer.add(producer.epoch, 0, 7), "OPERATION_NOT_ATTEMPTED UNKNOWN_TOPIC_OR_PARTITION",
                "one exists");
            Checks.equal(producer.add(producer.epoch + 1, 0), "PRODUCER_FENCED", "epoch from the future");
            Checks.equal(producer.add(producer.epoch, 0), "NONE", "as it should be");
            Checks.equal(producer.end(3, producer.producerId, producer.epoch, false), "NONE", "abort");
        }
    }

    /** Verification (KIP-890): the old protocol has to add the partition first, the new one need not. */
    public static void recordsWithoutATransaction(Clients clients) throws Exception {
        String topic = clients.topic(1);
        try (Producer producer = new Producer(clients, topic)) {
            Checks.equal(producer.produce(10, producer.id, producer.epoch, 0), "INVALID_TXN_STATE", "version 10");
            Checks.equal(producer.produce(11, producer.id, producer.epoch, 0), "TRANSACTION_ABORTABLE", "version 11");
            Checks.equal(producer.produce(11, producer.id, producer.epoch + 1, 0), "INVALID_PRODUCER_EPOCH",
                "epoch from the future, old protocol");
            Checks.equal(producer.produce(12, producer.id, producer.epoch + 1, 0), "INVALID_PRODUCER_EPOCH",
                "epoch from the future, new protocol");
            Checks.equal(clients.read(topic, false), List.<ConsumerRecord<String, String>>of(), "records");
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 0), "NONE", "new protocol");
            Checks.equal(producer.end(5, producer.producerId, producer.epoch, true), "NONE", "commit");
            Checks.equal(clients.values(topic, 0, true), List.of("value"), "read_committed");
        }
    }

    public static void sequencesOutOfOrder(Clients clients) throws Exception {
        String topic = clients.topic(1);
        try (Producer producer = new Producer(clients, topic)) {
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 0), "NONE", "first");
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 5), "OUT_OF_ORDER_SEQUENCE_NUMBER", "gap");
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 0), "NONE", "the first once more");
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 1), "NONE", "second");
            Checks.equal(producer.end(5, producer.producerId, producer.epoch, true), "NONE", "commit");
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 2), "INVALID_PRODUCER_EPOCH", "old epoch");
            Checks.equal(clients.values(topic, 0, true), List.of("value", "value"), "read_committed");
        }
    }

    private static WriteTxnMarkersRequestData marker(String topic, int partition, long id, int epoch, int coordinator) {
        return new WriteTxnMarkersRequestData().setMarkers(List.of(new WriteTxnMarkersRequestData.WritableTxnMarker()
            .setProducerId(id).setProducerEpoch((short) epoch).setTransactionResult(false)
            .setCoordinatorEpoch(coordinator).setTopics(List.of(new WriteTxnMarkersRequestData.WritableTxnMarkerTopic()
                .setName(topic).setPartitionIndexes(List.of(partition))))));
    }

    public static void markersThatDoNotFit(Clients clients) throws Exception {
        String topic = clients.topic(1);
        try (Producer producer = new Producer(clients, topic)) {
            long id = producer.producerId;
            for (int epoch = producer.epoch; epoch < producer.epoch + 3; ++epoch) {
                Checks.equal(producer.produce(12, producer.id, epoch, 0), "NONE", "a record");
                Checks.equal(producer.wire.errors(marker(topic, 3, id, epoch, 0), 1), "UNKNOWN_TOPIC_OR_PARTITION",
                    "partition");
                int seen = epoch - producer.epoch + 1;
                Checks.equal(producer.end(5, id, epoch, true), "NONE", "commit");
                Checks.eventually("the end", 10, () -> clients.values(topic, 0, true).size() == seen);
            }
            Checks.equal(producer.wire.errors(marker(topic, 0, id, producer.epoch + 1, 0), 1),
                "INVALID_PRODUCER_EPOCH", "old epoch");
            Checks.equal(producer.wire.errors(marker(topic, 0, id, producer.epoch + 9, -1), 1),
                "TRANSACTION_COORDINATOR_FENCED", "old coordinator");
            Checks.equal(clients.values(topic, 0, true).size(), 3, "records of read_committed");
        }
    }

    public static void offsetsOfNoTransaction(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String group = clients.name();
        try (Producer producer = new Producer(clients, topic)) {
            clients.admin().alterConsumerGroupOffsets(group,
                Map.of(new TopicPartition(topic, 0), new org.apache.kafka.clients.consumer.OffsetAndMetadata(1)))
                .all().get();
            AddOffsetsToTxnRequestData add = new AddOffsetsToTxnRequestData().setTransactionalId(producer.id)
                .setGroupId(group).setProducerId(producer.producerId).setProducerEpoch((short) (producer.epoch + 1));
            Checks.equal(producer.wire.errors(add, 3), "PRODUCER_FENCED", "AddOffsetsToTxn from the future");
            TxnOffsetCommitRequestData commit = new TxnOffsetCommitRequestData().setTransactionalId(producer.id)
                .setGroupId(group).setProducerId(producer.producerId).setProducerEpoch(producer.epoch)
                .setTopics(List.of(new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic().setName(topic)
                    .setPartitions(List.of(new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition()
                        .setPartitionIndex(0).setCommittedOffset(9)))));
            Checks.equal(producer.wire.errors(commit, 3), "INVALID_TXN_STATE", "nothing was added, version 3");
            Checks.equal(producer.wire.errors(commit, 4), "TRANSACTION_ABORTABLE", "nothing was added, version 4");
            Checks.equal(producer.wire.errors(commit.setGenerationId(4).setMemberId("nobody"), 5), "UNKNOWN_MEMBER_ID",
                "member");
            Checks.equal(producer.wire.errors(commit.setGenerationId(-1).setMemberId("")
                .setProducerEpoch((short) (producer.epoch + 1)), 5), "INVALID_PRODUCER_EPOCH", "epoch from the future");
            Checks.equal(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
                .get(new TopicPartition(topic, 0)).offset(), 1L, "the group's offset");
        }
    }

    public static void listsWithFiltersThatAreUnknown(Clients clients) throws Exception {
        try (Wire wire = new Wire(clients.address())) {
            var request = new ListTransactionsRequestData().setStateFilters(List.of("Sleeping", "Ongoing"));
            var answer = (ListTransactionsResponseData) wire.ask(request, 0);
            Checks.equal(answer.unknownStateFilters(), List.of("Sleeping"), "unknown states");
            Checks.equal(wire.errors(new ListTransactionsRequestData().setTransactionalIdPattern("(["), 2),
                "INVALID_REGULAR_EXPRESSION", "pattern");
        }
    }

    public static void epochOfTheNextTransactionIsAnswered(Clients clients) throws Exception {
        try (Producer producer = new Producer(clients, clients.topic(1))) {
            Checks.equal(producer.produce(12, producer.id, producer.epoch, 0), "NONE", "a record");
            var answer = (EndTxnResponseData) producer.wire.ask(new EndTxnRequestData().setTransactionalId(producer.id)
                .setProducerId(producer.producerId).setProducerEpoch(producer.epoch).setCommitted(true), 5);
            Checks.equal(Wire.names(answer), "NONE", "commit");
            Checks.equal(answer.producerId(), producer.producerId, "producer id");
            Checks.equal((int) answer.producerEpoch(), producer.epoch + 1, "epoch");
        }
    }
}
