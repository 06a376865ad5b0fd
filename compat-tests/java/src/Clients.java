import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Makes the clients of one check and closes them at its end; asks whoever started this program to kill the broker. */
public final class Clients implements AutoCloseable {
    private static final BufferedReader ANSWERS =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    private final String address;
    private final String prefix;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Admin admin;
    private int names;

    public Clients(String address, String name) {
        this.address = address;
        this.prefix = name + "-" + UUID.randomUUID().toString().substring(0, 6);
    }

    public String address() {
        return address;
    }

    /** A name that nobody else uses, for a topic, a group or a transactional id. */
    public synchronized String name() {
        return prefix + "-" + ++names;
    }

    public synchronized <T extends AutoCloseable> T closing(T client) {
        opened.add(client);
        return client;
    }

    public synchronized Admin admin() {
        if (admin == null) admin = closing(Admin.create(with(Map.of())));
        return admin;
    }

    public Map<String, Object> with(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", address);
        // A broker that was killed is back soon.
        all.put("reconnect.backoff.max.ms", "200");
        all.putAll(settings);
        return all;
    }

    public String topic(int partitions) throws Exception {
        return topic(partitions, Map.of());
    }

    public String topic(int partitions, Map<String, String> configs) throws Exception {
        NewTopic topic = new NewTopic(name(), Optional.of(partitions), Optional.empty()).configs(configs);
        admin().createTopics(List.of(topic)).all().get();
        return topic.name();
    }

    public KafkaProducer<String, String> producer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("linger.ms", "0", "retry.backoff.ms", "20"));
        all.putAll(settings);
        return closing(new KafkaProducer<>(with(all), new StringSerializer(), new StringSerializer()));
    }

    /** A transactional producer that is not initialised yet. */
    public KafkaProducer<String, String> transactional(String id) {
        return producer(Map.of("transactional.id", id));
    }

    /** The same, initialised. */
    public KafkaProducer<String, String> ready(String id) {
        KafkaProducer<String, String> producer = transactional(id);
        producer.initTransactions();
        return producer;
    }

    public static void send(KafkaProducer<String, String> producer, String topic, int partition, String... values)
        throws Exception {
        for (String value : values) producer.send(new ProducerRecord<>(topic, partition, value, value));
        producer.flush();
    }

    public KafkaConsumer<String, String> consumer(boolean committed, Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("isolation.level",
            committed ? "read_committed" : "read_uncommitted", "auto.offset.reset", "earliest", "enable.auto.commit",
            "false", "fetch.max.wait.ms", "50", "retry.backoff.ms", "20"));
        all.putAll(settings);
        return closing(new KafkaConsumer<>(with(all), new StringDeserializer(), new StringDeserializer()));
    }

    /** What a reader sees of a topic up to the end that its isolation level allows now, partition by partition. */
    public List<ConsumerRecord<String, String>> read(String topic, boolean committed) throws Exception {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        try (KafkaConsumer<String, String> reader = consumer(committed, Map.of())) {
            List<TopicPartition> partitions = new ArrayList<>();
            reader.partitionsFor(topic).forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
            reader.assign(partitions);
            reader.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
            Checks.eventually("the end of " + topic, 30, () -> {
                reader.poll(Duration.ofMillis(50)).forEach(all::add);
                return partitions.stream().allMatch(p -> reader.position(p) >= ends.get(p));
            });
        }
        return all;
    }

    /** The values of one partition in the order of their offsets. */
    public List<String> values(String topic, int partition, boolean committed) throws Exception {
        List<String> values = new ArrayList<>();
        for (ConsumerRecord<String, String> one : read(topic, committed)) {
            if (one.partition() == partition) values.add(one.value());
        }
        return values;
    }

    /** Asks for a deed on the broker: {@code restart} (kill -9 and a new process) or {@code kill} and {@code start}. */
    public static synchronized void ask(String deed) throws IOException {
        System.out.println("@" + deed);
        String answer = ANSWERS.readLine();
        if (!"done".equals(answer)) throw new IOException(deed + ": " + answer);
    }

    @Override
    public void close() {
        for (int i = opened.size() - 1; i >= 0; --i) {
            try {
                if (opened.get(i) instanceof KafkaProducer<?, ?> producer) {
                    producer.close(Duration.ZERO);
                } else {
                    opened.get(i).close();
                }
            } catch (Exception ignored) {
                // It was closed, fenced or left in the middle of a transaction by its check.
                continue;
            }
        }
    }
}
