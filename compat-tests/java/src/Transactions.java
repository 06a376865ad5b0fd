import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** The transactional producer and the read_committed consumer, of the new protocol and of the old one's client. */
public final class Transactions {
    private Transactions() {}

    public static void commitIsSeen(Clients clients) throws Exception {
        String topic = clients.topic(1);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        for (int round = 0; round < 3; ++round) {
            producer.beginTransaction();
            Clients.send(producer, topic, 0, "a" + round, "b" + round);
            producer.commitTransaction();
        }
        List<String> wanted = List.of("a0", "b0", "a1", "b1", "a2", "b2");
        Checks.equal(clients.values(topic, 0, true), wanted, "read_committed");
        Checks.equal(clients.values(topic, 0, false), wanted, "read_uncommitted");
        // A marker takes an offset of its own.
        List<Long> offsets = clients.read(topic, true).stream().map(ConsumerRecord::offset).toList();
        Checks.equal(offsets, List.of(0L, 1L, 3L, 4L, 6L, 7L), "offsets");
    }

    public static void abortIsHidden(Clients clients) throws Exception {
        String topic = clients.topic(1);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        for (int round = 0; round < 4; ++round) {
            producer.beginTransaction();
            Clients.send(producer, topic, 0, "value-" + round);
            if (round % 2 == 0) producer.abortTransaction();
            else producer.commitTransaction();
        }
        Checks.equal(clients.values(topic, 0, true), List.of("value-1", "value-3"), "read_committed");
        Checks.equal(clients.values(topic, 0, false).size(), 4, "records of read_uncommitted");
    }

    public static void emptyTransactionsEnd(Clients clients) throws Exception {
        String topic = clients.topic(1);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        producer.beginTransaction();
        producer.commitTransaction();
        producer.beginTransaction();
        producer.abortTransaction();
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "after");
        producer.commitTransaction();
        Checks.equal(clients.values(topic, 0, true), List.of("after"), "read_committed");
    }

    public static void severalPartitionsEndTogether(Clients clients) throws Exception {
        String first = clients.topic(3);
        String second = clients.topic(2);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        for (int round = 0; round < 6; ++round) {
            producer.beginTransaction();
            for (int p = 0; p < 3; ++p) Clients.send(producer, first, p, "r" + round);
            for (int p = 0; p < 2; ++p) Clients.send(producer, second, p, "r" + round);
            if (round % 3 == 2) producer.abortTransaction();
            else producer.commitTransaction();
        }
        List<String> wanted = List.of("r0", "r1", "r3", "r4");
        for (int p = 0; p < 3; ++p) Checks.equal(clients.values(first, p, true), wanted, "partition " + p);
        for (int p = 0; p < 2; ++p) Checks.equal(clients.values(second, p, true), wanted, "second topic " + p);
    }

    public static void manyRecordsInOneTransaction(Clients clients) throws Exception {
        String topic = clients.topic(4);
        KafkaProducer<String, String> producer =
            clients.producer(Map.of("transactional.id", clients.name(), "linger.ms", "5", "compression.type", "lz4"));
        producer.initTransactions();
        for (int round = 0; round < 2; ++round) {
            producer.beginTransaction();
            for (int i = 0; i < 20_000; ++i) producer.send(new ProducerRecord<>(topic, i % 4, null, round + "-" + i));
            if (round == 0) producer.abortTransaction();
            else producer.commitTransaction();
        }
        for (int p = 0; p < 4; ++p) {
            int partition = p;
            List<String> wanted = IntStream.range(0, 5000).mapToObj(i -> "1-" + (4 * i + partition)).toList();
            Checks.equal(clients.values(topic, p, true), wanted, "partition " + p);
        }
    }

    public static void openTransactionHoldsBackWhatFollows(Clients clients) throws Exception {
        String topic = clients.topic(1);
        KafkaProducer<String, String> slow = clients.ready(clients.name());
        KafkaProducer<String, String> quick = clients.ready(clients.name());
        KafkaProducer<String, String> plain = clients.producer(Map.of());
        Clients.send(plain, topic, 0, "before");
        slow.beginTransaction();
        Clients.send(slow, topic, 0, "slow");
        quick.beginTransaction();
        Clients.send(quick, topic, 0, "quick");
        quick.commitTransaction();
        Clients.send(plain, topic, 0, "plain");
        Checks.equal(clients.values(topic, 0, true), List.of("before"), "read_committed while one is open");
        Checks.equal(clients.values(topic, 0, false), List.of("before", "slow", "quick", "plain"), "read_uncommitted");
        TopicPartition partition = new TopicPartition(topic, 0);
        Checks.equal(end(clients, partition, IsolationLevel.READ_COMMITTED), 1L, "last stable offset");
        Checks.equal(end(clients, partition, IsolationLevel.READ_UNCOMMITTED), 5L, "log end");
        slow.abortTransaction();
        Checks.equal(clients.values(topic, 0, true), List.of("before", "quick", "plain"), "read_committed at last");
        Checks.equal(end(clients, partition, IsolationLevel.READ_COMMITTED), 6L, "last stable offset at last");
    }

    private static long end(Clients clients, TopicPartition partition, IsolationLevel level) throws Exception {
        return clients.admin().listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(level))
            .partitionResult(partition).get().offset();
    }

    public static void waitingConsumerSeesTheCommitSoon(Clients clients) throws Exception {
        String topic = clients.topic(1);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        KafkaConsumer<String, String> consumer = clients.consumer(true, Map.of("fetch.max.wait.ms", "4000"));
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "value");
        Checks.equal(consumer.poll(Duration.ofMillis(500)).count(), 0, "records of the open transaction");
        producer.commitTransaction();
        long begun = System.nanoTime();
        List<String> seen = new ArrayList<>();
        while (seen.isEmpty() && System.nanoTime() - begun < 6e9) {
            consumer.poll(Duration.ofMillis(100)).forEach(one -> seen.add(one.value()));
        }
        Checks.equal(seen, List.of("value"), "records");
        Checks.isTrue(System.nanoTime() - begun < 3e9, "a fetch that waits is answered soon after the commit");
    }

    public static void producersInterleave(Clients clients) throws Exception {
        String topic = clients.topic(2);
        List<KafkaProducer<String, String>> producers = new ArrayList<>();
        for (int i = 0; i < 5; ++i) producers.add(clients.ready(clients.name()));
        List<List<String>> wanted = List.of(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round < 4; ++round) {
            for (KafkaProducer<String, String> one : producers) one.beginTransaction();
            for (int step = 0; step < 3; ++step) {
                for (int i = 0; i < producers.size(); ++i) {
                    String value = i + "." + round + "." + step;
                    Clients.send(producers.get(i), topic, step % 2, value);
                    if ((i + round) % 3 != 0) wanted.get(step % 2).add(value);
                }
            }
            for (int i = 0; i < producers.size(); ++i) {
                if ((i + round) % 3 == 0) producers.get(i).abortTransaction();
                else producers.get(i).commitTransaction();
            }
        }
        for (int p = 0; p < 2; ++p) Checks.equal(clients.values(topic, p, true), wanted.get(p), "partition " + p);
    }

    public static void secondInstanceFencesTheFirst(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        KafkaProducer<String, String> first = clients.ready(id);
        first.beginTransaction();
        Clients.send(first, topic, 0, "lost");
        KafkaProducer<String, String> second = clients.ready(id);
        second.beginTransaction();
        Clients.send(second, topic, 0, "kept");
        Checks.fails("commit of the first", first::commitTransaction, ProducerFencedException.class,
            InvalidProducerEpochException.class);
        second.commitTransaction();
        Checks.equal(clients.values(topic, 0, true), List.of("kept"), "read_committed");
        Checks.equal(clients.values(topic, 0, false), List.of("lost", "kept"), "read_uncommitted");
    }

    public static void fencedInstanceCannotWrite(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        KafkaProducer<String, String> first = clients.ready(id);
        first.beginTransaction();
        Clients.send(first, topic, 0, "lost");
        clients.ready(id);
        Checks.fails("a record of the first", () -> first.send(new ProducerRecord<>(topic, 0, "k", "zombie")).get(),
            ProducerFencedException.class, InvalidProducerEpochException.class);
        Checks.equal(clients.values(topic, 0, false), List.of("lost"), "read_uncommitted");
    }

    public static void offsetsCommitWithTheTransaction(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String group = clients.name();
        Clients.send(clients.producer(Map.of()), topic, 0, "0", "1", "2", "3", "4");
        KafkaConsumer<String, String> consumer = clients.consumer(true, Map.of("group.id", group));
        consumer.subscribe(List.of(topic));
        Checks.eventually("an assignment", 20, () -> consumer.poll(Duration.ofMillis(100)).count() > 0);
        TopicPartition partition = new TopicPartition(topic, 0);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(3)), consumer.groupMetadata());
        producer.abortTransaction();
        Checks.equal(consumer.committed(Set.of(partition)).get(partition), null, "offset after the abort");
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(2)), consumer.groupMetadata());
        producer.commitTransaction();
        Checks.equal(consumer.committed(Set.of(partition)).get(partition).offset(), 2L, "offset after the commit");
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(4)), consumer.groupMetadata());
        // Whoever asks for stable offsets has to wait for the end of the transaction; other readers see the old one.
        Checks.fails("a stable offset", () -> consumer.committed(Set.of(partition), Duration.ofMillis(500)),
            org.apache.kafka.common.errors.TimeoutException.class);
        Checks.equal(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
            .get(partition).offset(), 2L, "offset before the end");
        producer.commitTransaction();
        Checks.equal(consumer.committed(Set.of(partition)).get(partition).offset(), 4L, "offset at last");
    }

    public static void offsetsOfAStaleMemberAreRefused(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String group = clients.name();
        Clients.send(clients.producer(Map.of()), topic, 0, "0");
        KafkaConsumer<String, String> consumer = clients.consumer(true, Map.of("group.id", group));
        consumer.subscribe(List.of(topic));
        Checks.eventually("an assignment", 20, () -> consumer.poll(Duration.ofMillis(100)).count() > 0);
        ConsumerGroupMetadata stale = consumer.groupMetadata();
        consumer.close();
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "hidden");
        Checks.fails("offsets of a member that left", () -> {
            producer.sendOffsetsToTransaction(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)), stale);
            producer.commitTransaction();
        }, org.apache.kafka.clients.consumer.CommitFailedException.class);
        producer.abortTransaction();
        Checks.equal(clients.values(topic, 0, true), List.of("0"), "read_committed");
    }

    public static void hangingTransactionTimesOut(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        KafkaProducer<String, String> producer =
            clients.producer(Map.of("transactional.id", id, "transaction.timeout.ms", "1000"));
        producer.initTransactions();
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "hangs");
        Clients.send(clients.producer(Map.of()), topic, 0, "behind");
        Checks.equal(clients.values(topic, 0, true), List.of(), "read_committed at first");
        Checks.eventually("the abort", 20, () -> clients.values(topic, 0, true).equals(List.of("behind")));
        Checks.fails("commit after the time-out", producer::commitTransaction, KafkaException.class);
        producer.close(Duration.ZERO);
        KafkaProducer<String, String> next = clients.ready(id);
        next.beginTransaction();
        Clients.send(next, topic, 0, "again");
        next.commitTransaction();
        Checks.equal(clients.values(topic, 0, true), List.of("behind", "again"), "read_committed at last");
    }

    public static void timeoutAboveTheMaximumIsRefused(Clients clients) {
        KafkaProducer<String, String> producer =
            clients.producer(Map.of("transactional.id", clients.name(), "transaction.timeout.ms", "900001"));
        Throwable failure = Checks.fails("initTransactions", producer::initTransactions, KafkaException.class);
        Checks.isTrue(failure.getMessage().contains("larger than the maximum value"), "the reason in " + failure);
    }

    public static void openTransactionGoesOnAfterKill(Clients clients) throws Exception {
        String topic = clients.topic(2);
        KafkaProducer<String, String> producer = clients.ready(clients.name());
        KafkaProducer<String, String> other = clients.ready(clients.name());
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "done");
        producer.commitTransaction();
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "one");
        other.beginTransaction();
        Clients.send(other, topic, 0, "hidden");
        Clients.ask("restart");
        Clients.send(producer, topic, 1, "two");
        producer.commitTransaction();
        other.abortTransaction();
        Checks.equal(clients.values(topic, 0, true), List.of("done", "one"), "partition 0");
        Checks.equal(clients.values(topic, 1, true), List.of("two"), "partition 1");
        Checks.equal(clients.values(topic, 0, false), List.of("done", "one", "hidden"), "read_uncommitted");
    }

    public static void newInstanceAfterKillEndsTheOldTransaction(Clients clients) throws Exception {
        String topic = clients.topic(1);
        String id = clients.name();
        KafkaProducer<String, String> first = clients.ready(id);
        first.beginTransaction();
        Clients.send(first, topic, 0, "lost");
        Clients.ask("restart");
        KafkaProducer<String, String> second = clients.ready(id);
        second.beginTransaction();
        Clients.send(second, topic, 0, "kept");
        second.commitTransaction();
        Checks.fails("commit of the first", first::commitTransaction, ProducerFencedException.class,
            InvalidProducerEpochException.class);
        Checks.equal(clients.values(topic, 0, true), List.of("kept"), "read_committed");
    }

    public static void hangingTransactionTimesOutAfterKill(Clients clients) throws Exception {
        String topic = clients.topic(1);
        // Apache Kafka loses the markers of an abort that falls due while it starts.
        int timeout = 1000 * (2 + Integer.getInteger("restart.seconds"));
        KafkaProducer<String, String> producer =
            clients.producer(Map.of("transactional.id", clients.name(), "transaction.timeout.ms", timeout));
        producer.initTransactions();
        producer.beginTransaction();
        Clients.send(producer, topic, 0, "hangs");
        producer.close(Duration.ZERO);
        Clients.ask("restart");
        Clients.send(clients.producer(Map.of()), topic, 0, "behind");
        Checks.eventually("the abort", 40, () -> clients.values(topic, 0, true).equals(List.of("behind")));
    }
}
