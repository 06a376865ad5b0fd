import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Consume, transform, produce: the output has every input once and in order, however often the broker dies. */
public final class Pipeline {
    private static final int KILLS = 10;
    private static final int KEYS = 7;
    private static final int BATCH = 20;

    private Pipeline() {}

    /** One application: reads `from`, writes `to`, its offsets in the same transaction. A thread of its own. */
    private static final class Application implements Runnable {
        private final Clients clients;
        private final String from;
        private final String to;
        private final String group;
        private final String id;
        private final AtomicBoolean stopping = new AtomicBoolean();
        private final AtomicInteger restarts = new AtomicInteger();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        Application(Clients clients, String from, String to) {
            this.clients = clients;
            this.from = from;
            this.to = to;
            this.group = clients.name();
            this.id = clients.name();
        }

        @Override
        public void run() {
            while (!stopping.get()) {
                try (KafkaProducer<String, String> producer = clients.transactional(id);
                     KafkaConsumer<String, String> consumer = clients.consumer(true,
                         Map.of("group.id", group, "session.timeout.ms", "6000", "max.poll.records", BATCH))) {
                    producer.initTransactions();
                    consumer.subscribe(List.of(from));
                    while (!stopping.get()) step(producer, consumer);
                } catch (KafkaException fenced) {
                    // Both begin again, as an application would that was restarted.
                    restarts.incrementAndGet();
                } catch (Throwable other) {
                    failure.set(other);
                    return;
                }
            }
        }

        private void step(KafkaProducer<String, String> producer, KafkaConsumer<String, String> consumer) {
            ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
            if (records.isEmpty()) return;
            producer.beginTransaction();
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<String, String> one : records) {
                producer.send(new ProducerRecord<>(to, one.partition(), one.key(), "<" + one.value() + ">"));
                offsets.put(new TopicPartition(from, one.partition()), new OffsetAndMetadata(one.offset() + 1));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            producer.commitTransaction();
        }
    }

    public static void outputHasEachInputOnceAcrossTenKills(Clients clients) throws Exception {
        String from = clients.topic(3);
        String to = clients.topic(3);
        Application application = new Application(clients, from, to);
        Thread thread = new Thread(application);
        Source source = new Source(clients, from, 3, KEYS).start();
        thread.start();
        for (int kill = 0; kill < KILLS; ++kill) {
            Thread.sleep(700 + 137 * kill % 500);
            Clients.ask("restart");
            // It has to get on between two kills, or nothing would be tested.
            int before = clients.read(to, true).size();
            Checks.eventually("more output after kill " + kill, 60, () -> clients.read(to, true).size() > before);
        }
        int written = source.stop();
        Checks.eventually("all of the input", 60, () -> clients.read(to, true).size() >= written);
        application.stopping.set(true);
        thread.join();
        Checks.equal(application.failure.get(), null, "what stopped the application");
        Map<String, List<String>> wanted = byKey(clients.read(from, true), "<", ">");
        Map<String, List<String>> found = byKey(clients.read(to, true), "", "");
        for (String key : wanted.keySet()) Checks.equal(found.get(key), wanted.get(key), "output of " + key);
        int inputs = wanted.values().stream().mapToInt(List::size).sum();
        Checks.equal(inputs, written, "inputs");
        System.out.println(inputs + " records, " + KILLS + " kills, the application began again "
            + application.restarts.get() + " times");
    }

    private static Map<String, List<String>> byKey(List<ConsumerRecord<String, String>> records, String before,
                                                   String after) {
        Map<String, List<String>> found = new HashMap<>();
        for (ConsumerRecord<String, String> one : records) {
            found.computeIfAbsent(one.key(), key -> new ArrayList<>()).add(before + one.value() + after);
        }
        return found;
    }
}
