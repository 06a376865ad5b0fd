import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.ThreadMetadata;
import org.apache.kafka.streams.kstream.Produced;

/** A Kafka Streams application with the protocol of KIP-1071 that counts keys and outlives the brokers. */
final class LiveStreams {
    static final String GROUP = "live-streams";
    private static final String FROM = "lines";
    private static final String TO = "counts";
    private static final int PARTITIONS = 2;
    private static final int KEYS = 5;
    private static final int ROUND = 40;

    private final String address;
    private final Map<String, Long> wanted = new TreeMap<>();
    private Path state;
    private KafkaStreams streams;
    private List<String> members;

    LiveStreams(String address) {
        this.address = address;
    }

    void start() throws Exception {
        try (Admin admin = Admin.create(Volume.settings(address))) {
            admin.createTopics(Stream.of(FROM, TO)
                .map(name -> new NewTopic(name, Optional.of(PARTITIONS), Optional.empty())).toList()).all()
                .get(20, TimeUnit.SECONDS);
        }
        state = Files.createTempDirectory("live-streams");
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream(FROM).groupByKey().count().toStream().mapValues(String::valueOf)
            .to(TO, Produced.with(Serdes.String(), Serdes.String()));
        Properties settings = Volume.settings(address);
        settings.putAll(Map.of(StreamsConfig.APPLICATION_ID_CONFIG, GROUP, StreamsConfig.STATE_DIR_CONFIG,
            state.toString(), StreamsConfig.GROUP_PROTOCOL_CONFIG, "streams",
            StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2,
            StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0,
            StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class,
            StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class, "auto.offset.reset", "earliest"));
        streams = new KafkaStreams(builder.build(), settings);
        streams.start();
        Checks.eventually("the application has its tasks", 60, () -> streams.metadataForLocalThreads().stream()
            .map(ThreadMetadata::activeTasks).mapToInt(Set::size).sum() == PARTITIONS);
        members = members();
    }

    private List<String> members() throws Exception {
        try (Admin admin = Admin.create(Volume.settings(address))) {
            return admin.describeStreamsGroups(List.of(GROUP)).all().get().get(GROUP).members().stream()
                .map(one -> one.memberId()).sorted().toList();
        }
    }

    /** Writes more, and has the application count on from where it was, as the member that it was at first. */
    void advance() throws Exception {
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(Volume.settings(address), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < ROUND; ++i) {
                producer.send(new ProducerRecord<>(FROM, "k" + i % KEYS, "x"));
                wanted.merge("k" + i % KEYS, 1L, Long::sum);
            }
        }
        long total = wanted.values().stream().mapToLong(Long::longValue).sum();
        Checks.eventually("the application counts all of " + total, 60, () -> outputs().size() >= total);
        // Every step once: 1, 2, 3 and so on for each key.
        Map<String, Long> last = new HashMap<>();
        for (ConsumerRecord<String, String> one : outputs()) {
            Checks.equal(Long.parseLong(one.value()), last.merge(one.key(), 1L, Long::sum), "count of " + one.key());
        }
        Checks.equal(new TreeMap<>(last), wanted, "counts");
        Checks.equal(members(), members, "members of " + GROUP);
    }

    private List<ConsumerRecord<String, String>> outputs() {
        Properties settings = Volume.settings(address);
        settings.put("isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(TO, 0), new TopicPartition(TO, 1));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<String, String>> all = new ArrayList<>();
            while (!partitions.stream().allMatch(one -> consumer.position(one) >= ends.get(one))) {
                consumer.poll(Duration.ofMillis(50)).forEach(all::add);
            }
            return all;
        }
    }

    void stop() throws Exception {
        if (streams == null) return;
        streams.close(Duration.ofSeconds(20));
        try (Stream<Path> paths = Files.walk(state)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
        }
    }
}
