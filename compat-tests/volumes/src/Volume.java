import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Fills the volume that moves between brokers, and keeps its open transactions open meanwhile: the brokers follow each
 * other at one address. Driven over standard input:
 *
 * <pre>
 * fill                   topics, groups and transactions of all kinds
 * open ID VALUE          a transaction over both partitions of "mixed" and a group's offset, left open
 * commit|abort ID        ends it
 * append VALUE           a committed transaction, an aborted one, keys and tombstones of the compacted topics
 * join                   groups of all protocols, whose members stay
 * advance                every group of consumers reads what is written to its topic, from where it was
 * advance-share          so does the share group, but for every other record, which it gives back
 * finish-share           and takes these in the end
 * advance-streams        and the application of Kafka Streams
 * observe FILE           what every kind of reader sees
 * </pre>
 * Each is answered by a line, {@code done} or {@code failed why}.
 */
public final class Volume {
    static final List<String> TOPICS = List.of("plain", "mixed", "compacted", "both-policies");
    static final int PARTITIONS = 2;

    private final String address;
    private final Map<String, KafkaProducer<String, String>> open = new HashMap<>();

    private final LiveGroups groups;
    private final LiveShare share;
    private final LiveStreams streams;

    private Volume(String address) {
        this.address = address;
        this.groups = new LiveGroups(address);
        this.share = new LiveShare(address);
        this.streams = new LiveStreams(address);
    }

    public static void main(String[] arguments) throws Exception {
        Volume volume = new Volume(arguments[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                volume.obey(line.split(" "));
                System.out.println("done");
            } catch (Exception failure) {
                failure.printStackTrace();
                System.out.println("failed " + String.valueOf(failure).replace('\n', ' '));
            }
        }
        volume.groups.stop();
        volume.streams.stop();
    }

    private void obey(String[] words) throws Exception {
        switch (words[0]) {
            case "fill" -> fill();
            case "open" -> open(words[1], words[2]);
            case "commit" -> open.get(words[1]).commitTransaction();
            case "abort" -> open.get(words[1]).abortTransaction();
            case "append" -> append(words[1]);
            case "join" -> {
                groups.start();
                share.start();
                streams.start();
            }
            case "advance" -> groups.advance();
            case "advance-share" -> share.advance();
            case "finish-share" -> share.finish();
            case "advance-streams" -> streams.advance();
            case "observe" -> Files.writeString(Path.of(words[1]), new Observer(address).observe());
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    static Properties settings(String address) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", address);
        settings.put("reconnect.backoff.max.ms", "200");
        return settings;
    }

    private KafkaProducer<String, String> producer(String id) {
        Properties settings = settings(address);
        settings.put("linger.ms", "0");
        if (id != null) {
            settings.put("transactional.id", id);
            // It outlives the moves.
            settings.put("transaction.timeout.ms", "800000");
        }
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private void fill() throws Exception {
        try (Admin admin = Admin.create(settings(address))) {
            Map<String, Map<String, String>> configs = Map.of("plain", Map.of("retention.ms", "86400000"), "mixed",
                Map.of(), "compacted", Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01",
                    "segment.bytes", "1048576"),
                "both-policies", Map.of("cleanup.policy", "compact,delete", "retention.ms", "86400000"));
            admin.createTopics(TOPICS.stream().map(name -> new NewTopic(name, Optional.of(PARTITIONS),
                Optional.empty()).configs(configs.get(name))).toList()).all().get(20, TimeUnit.SECONDS);
        }
        try (KafkaProducer<String, String> producer = producer(null)) {
            for (int i = 0; i < 100; ++i) {
                ProducerRecord<String, String> record = new ProducerRecord<>("plain", i % 2, "k" + i, "plain-" + i);
                record.headers().add(new RecordHeader("number", Integer.toString(i).getBytes(StandardCharsets.UTF_8)));
                producer.send(record);
            }
        }
        for (int i = 0; i < 5; ++i) append("fill-" + i);
        commitOffsets("group-plain", "plain", 40);
        commitOffsets("group-mixed", "mixed", 3);
        join("group-with-members", "plain");
    }

    private void append(String value) throws Exception {
        try (KafkaProducer<String, String> producer = producer("append-" + value)) {
            producer.initTransactions();
            for (boolean commits : List.of(true, false)) {
                producer.beginTransaction();
                String text = value + (commits ? "-committed" : "-aborted");
                for (int i = 0; i < 6; ++i) {
                    producer.send(new ProducerRecord<>("mixed", i % 2, "k" + i, text + "-" + i));
                }
                for (String topic : List.of("compacted", "both-policies")) {
                    for (int i = 0; i < 20; ++i) {
                        // Every fifth key is deleted again.
                        producer.send(new ProducerRecord<>(topic, i % 2, "k" + i, i % 5 == 4 ? null : text + "-" + i));
                    }
                }
                producer.sendOffsetsToTransaction(
                    Map.of(new TopicPartition("mixed", 0), new OffsetAndMetadata(commits ? 2 : 99, text)),
                    member("group-of-transactions"));
                if (commits) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
    }

    private void open(String id, String value) throws Exception {
        KafkaProducer<String, String> producer = producer(id);
        open.put(id, producer);
        producer.initTransactions();
        producer.beginTransaction();
        for (int i = 0; i < 4; ++i) producer.send(new ProducerRecord<>("mixed", i % 2, id, value + "-" + i));
        producer.sendOffsetsToTransaction(Map.of(new TopicPartition("mixed", 1), new OffsetAndMetadata(5, value)),
            member("group-" + id));
        producer.flush();
    }

    /** What a consumer without a subscription says of itself. */
    private ConsumerGroupMetadata member(String group) {
        Properties settings = settings(address);
        settings.put("group.id", group);
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            return consumer.groupMetadata();
        }
    }

    private void commitOffsets(String group, String topic, long offset) {
        Properties settings = settings(address);
        settings.put("group.id", group);
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            for (int i = 0; i < PARTITIONS; ++i) {
                consumer.commitSync(Map.of(new TopicPartition(topic, i),
                    new OffsetAndMetadata(offset + i, Optional.of(0), "note " + i)), Duration.ofSeconds(20));
            }
        }
    }

    /** A group with a member, whose metadata is in the log of the groups. */
    private void join(String group, String topic) {
        Properties settings = settings(address);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (consumer.poll(Duration.ofMillis(100)).isEmpty()) continue;
            consumer.commitSync();
        }
    }
}
