import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

/** What Admin tells about transactions and does to them, and that the protocol of KIP-890 is in use. */
public final class Administration {
    private Administration() {}

    public static void transactionVersionIsTwo(Clients clients) throws Exception {
        var features = clients.admin().describeFeatures().featureMetadata().get();
        Checks.equal((int) features.finalizedFeatures().get("transaction.version").maxVersionLevel(), 2, "finalised");
        Checks.equal((int) features.supportedFeatures().get("transaction.version").maxVersion(), 2, "supported");
    }

    private static TransactionDescription describe(Clients clients, String id) throws Exception {
        return clients.admin().describeTransactions(List.of(id)).description(id).get();
    }

    private static List<ProducerState> producers(Clients clients, TopicPartition partition) throws Exception {
        return clients.admin().describeProducers(List.of(partition)).partitionResult(partition).get()
            .activeProducers();
    }

    /** A client of 4.x bumps the epoch with every transaction only when the broker offers EndTxn 5. */
    public static void epochRisesWithEveryTransaction(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        KafkaProducer<String, String> producer = clients.ready(id);
        TransactionDescription before = describe(clients, id);
        for (int round = 1; round <= 3; ++round) {
            producer.beginTransaction();
            Clients.send(producer, topic, 0, "value");
            if (round == 2) producer.abortTransaction();
            else producer.commitTransaction();
            TransactionDescription after = describe(clients, id);
            Checks.equal(after.producerId(), before.producerId(), "producer id");
            Checks.equal(after.producerEpoch(), before.producerEpoch() + round, "epoch of round " + round);
        }
        Checks.equal(clients.values(topic, 0, true), List.of("value", "value"), "read_committed");
    }

    /** Produce 12 adds a partition by itself: the coordinator knows of it although nobody asked AddPartitionsToTxn. */
    public static void describeShowsAnOpenTransaction(Clients clients) throws Exception {
        String topic = clients.topic(3);
        String id = clients.name();
        KafkaProducer<String, String> producer =
            clients.producer(Map.of("transactional.id", id, "transaction.timeout.ms", "55000"));
        producer.initTransactions();
        TransactionDescription empty = describe(clients, id);
        Checks.equal(empty.state(), TransactionState.EMPTY, "state at first");
        Checks.isTrue(empty.transactionStartTimeMs().isEmpty(), "no start time at first");
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "a");
        Clients.send(producer, topic, 2, "b");
        TransactionDescription open = describe(clients, id);
        Checks.equal(open.state(), TransactionState.ONGOING, "state");
        Checks.equal(open.transactionTimeoutMs(), 55000L, "time-out");
        Checks.equal(open.coordinatorId(), 1, "coordinator");
        Checks.equal(open.topicPartitions(), Set.of(new TopicPartition(topic, 0), new TopicPartition(topic, 2)),
            "partitions");
        long age = System.currentTimeMillis() - open.transactionStartTimeMs().getAsLong();
        Checks.isTrue(age >= 0 && age < 20_000, "the start lies " + age + " ms back");
        producer.commitTransaction();
        Checks.eventually("complete", 10, () -> describe(clients, id).state() == TransactionState.COMPLETE_COMMIT);
        Checks.equal(describe(clients, id).topicPartitions(), Set.of(), "partitions at last");
        producer.beginTransaction();
        Clients.send(producer, topic, 1, "c");
        producer.abortTransaction();
        Checks.eventually("aborted", 10, () -> describe(clients, id).state() == TransactionState.COMPLETE_ABORT);
    }

    public static void describeOfAnUnknownIdFails(Clients clients) {
        Checks.fails("describeTransactions", () -> describe(clients, "nobody"), TransactionalIdNotFoundException.class);
    }

    public static void listTransactionsFilters(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String open = clients.name();
        String done = clients.name();
        KafkaProducer<String, String> first = clients.ready(open);
        KafkaProducer<String, String> second = clients.ready(done);
        first.beginTransaction();
        Clients.send(first, topic, 0, "open");
        second.beginTransaction();
        Clients.send(second, topic, 0, "done");
        second.commitTransaction();
        Checks.eventually("the second's end", 10,
            () -> describe(clients, done).state() == TransactionState.COMPLETE_COMMIT);
        Map<String, TransactionState> all = list(clients.admin(), new ListTransactionsOptions());
        Checks.equal(all.get(open), TransactionState.ONGOING, "state of the open one");
        Checks.equal(all.get(done), TransactionState.COMPLETE_COMMIT, "state of the other");
        Map<String, TransactionState> ongoing =
            list(clients.admin(), new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING)));
        Checks.isTrue(ongoing.containsKey(open) && !ongoing.containsKey(done), "filter by state: " + ongoing);
        long producer = describe(clients, done).producerId();
        Checks.equal(list(clients.admin(), new ListTransactionsOptions().filterProducerIds(Set.of(producer))).keySet(),
            Set.of(done), "filter by producer id");
        Checks.isTrue(!list(clients.admin(), new ListTransactionsOptions().filterOnDuration(60_000)).containsKey(open),
            "filter by duration leaves out the young");
        Thread.sleep(30);
        Checks.isTrue(list(clients.admin(), new ListTransactionsOptions().filterOnDuration(20)).containsKey(open),
            "filter by duration keeps the old");
        Checks.equal(list(clients.admin(), new ListTransactionsOptions().filterOnTransactionalIdPattern(open)).keySet(),
            Set.of(open), "filter by pattern");
        first.abortTransaction();
    }

    private static Map<String, TransactionState> list(Admin admin, ListTransactionsOptions options) throws Exception {
        Collection<TransactionListing> found = admin.listTransactions(options).all().get();
        return found.stream().collect(
            Collectors.toMap(TransactionListing::transactionalId, TransactionListing::state));
    }

    public static void describeProducersShowsTheOpenTransaction(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        TopicPartition partition = new TopicPartition(topic, 0);
        Clients.send(clients.producer(Map.of("enable.idempotence", "false")), topic, 0, "plain");
        Checks.equal(producers(clients, partition), List.of(), "producers without an id");
        KafkaProducer<String, String> producer = clients.ready(id);
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "a");
        Clients.send(producer, topic, 0, "b");
        ProducerState open = producers(clients, partition).get(0);
        TransactionDescription known = describe(clients, id);
        Checks.equal(open.producerId(), known.producerId(), "producer id");
        Checks.equal(open.producerEpoch(), known.producerEpoch(), "epoch");
        Checks.equal(open.lastSequence(), 1, "last sequence");
        Checks.equal(open.currentTransactionStartOffset().getAsLong(), 1L, "start of the transaction");
        Checks.isTrue(Math.abs(System.currentTimeMillis() - open.lastTimestamp()) < 20_000, "time of the last record");
        producer.commitTransaction();
        Checks.eventually("the marker", 10,
            () -> producers(clients, partition).get(0).currentTransactionStartOffset().isEmpty());
        Checks.isTrue(producers(clients, partition).get(0).coordinatorEpoch().orElse(-1) >= 0, "coordinator epoch");
    }

    /** What kafka-transactions abort does: a marker written without the coordinator. */
    public static void hangingTransactionIsAbortedByHand(Clients clients) throws Exception {
        String topic = clients.topic(1);
        TopicPartition partition = new TopicPartition(topic, 0);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "hidden");
        Clients.send(clients.producer(Map.of()), topic, 0, "behind");
        ProducerState open = producers(clients, partition).stream()
            .filter(one -> one.currentTransactionStartOffset().isPresent()).findFirst().get();
        clients.admin().abortTransaction(new AbortTransactionSpec(partition, open.producerId(),
            (short) (open.producerEpoch() + 1), open.coordinatorEpoch().orElse(0))).all().get();
        Checks.equal(clients.values(topic, 0, true), List.of("behind"), "read_committed");
        Checks.isTrue(producers(clients, partition).stream()
            .allMatch(one -> one.currentTransactionStartOffset().isEmpty()), "nothing is open");
    }

    public static void fenceProducersFences(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        KafkaProducer<String, String> producer = clients.ready(id);
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "lost");
        var fenced = clients.admin().fenceProducers(List.of(id));
        fenced.all().get();
        Checks.equal((long) fenced.producerId(id).get(), describe(clients, id).producerId(), "producer id");
        Checks.fails("commit", producer::commitTransaction, ProducerFencedException.class,
            InvalidProducerEpochException.class);
        Checks.equal(clients.values(topic, 0, true), List.of(), "read_committed");
    }

    public static void stateTopicIsKafkas(Clients clients) throws Exception {
        clients.ready(clients.name());
        String name = "__transaction_state";
        var topic = clients.admin().describeTopics(List.of(name)).allTopicNames().get().get(name);
        Checks.isTrue(topic.isInternal(), "it is internal");
        Checks.equal(topic.partitions().size(), 50, "partitions");
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        var config = clients.admin().describeConfigs(List.of(resource)).all().get().get(resource);
        Checks.equal(config.get("cleanup.policy").value(), "compact", "cleanup.policy");
        Checks.equal(config.get("compression.type").value(), "uncompressed", "compression.type");
        Checks.equal(config.get("segment.bytes").value(), "104857600", "segment.bytes");
        Checks.equal(config.get("unclean.leader.election.enable").value(), "false", "unclean elections");
    }
}
