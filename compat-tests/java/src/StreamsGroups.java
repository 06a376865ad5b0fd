import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.ThreadMetadata;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Produced;

/** Kafka Streams with the group protocol of KIP-1071: the broker keeps the topology and gives out the tasks. */
public final class StreamsGroups {
    private static final String[] WORDS = {"bread", "water", "salt", "wine", "oil", "fish", "corn", "fig"};

    private StreamsGroups() {}

    /** One instance of an application that counts words, in this process. */
    private static final class Instance implements AutoCloseable {
        private final Path state;
        private final KafkaStreams streams;

        Instance(Clients clients, String application, String from, String to) throws Exception {
            state = Files.createTempDirectory("streams-group");
            StreamsBuilder builder = new StreamsBuilder();
            builder.<String, String>stream(from)
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.as("words"))
                .count()
                .toStream()
                .mapValues(String::valueOf)
                .to(to, Produced.with(Serdes.String(), Serdes.String()));
            Properties settings = new Properties();
            settings.putAll(clients.with(Map.of(
                StreamsConfig.APPLICATION_ID_CONFIG, application,
                StreamsConfig.STATE_DIR_CONFIG, state.toString(),
                StreamsConfig.GROUP_PROTOCOL_CONFIG, "streams",
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2,
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100,
                StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0,
                StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class,
                StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class,
                "auto.offset.reset", "earliest")));
            settings.put(StreamsConfig.producerPrefix("transaction.timeout.ms"), "10000");
            streams = new KafkaStreams(builder.build(), settings);
            streams.setUncaughtExceptionHandler(failure -> StreamThreadExceptionResponse.REPLACE_THREAD);
            streams.start();
        }

        int active() {
            return streams.metadataForLocalThreads().stream().map(ThreadMetadata::activeTasks).mapToInt(Set::size)
                .sum();
        }

        int standby() {
            return streams.metadataForLocalThreads().stream().map(ThreadMetadata::standbyTasks).mapToInt(Set::size)
                .sum();
        }

        @Override
        public void close() throws Exception {
            streams.close(Duration.ofSeconds(30));
            try (Stream<Path> paths = Files.walk(state)) {
                paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }

    public static void twoInstancesShareTheTasksAndCountOnce(Clients clients) throws Exception {
        String application = clients.name();
        String from = clients.topic(3);
        String to = clients.topic(2);
        KafkaProducer<String, String> producer = clients.producer(Map.of("enable.idempotence", "true"));
        Map<String, Long> wanted = new TreeMap<>();
        Random random = new Random(7);
        try (Instance first = clients.closing(new Instance(clients, application, from, to))) {
            long total = write(producer, from, wanted, random);
            awaitOutput(clients, to, total, "of one");
            Instance second = clients.closing(new Instance(clients, application, from, to));
            Checks.eventually("tasks for both", 60, () -> first.active() == 3 && second.active() == 3);
            total = write(producer, from, wanted, random);
            Clients.ask("restart");
            awaitOutput(clients, to, total, "after the broker was killed");
            second.close();
            Checks.eventually("all tasks for one", 60, () -> first.active() == 6);
            total = write(producer, from, wanted, random);
            awaitOutput(clients, to, total, "after one left");
        }
        Map<String, List<String>> found = new TreeMap<>();
        for (ConsumerRecord<String, String> one : clients.read(to, true)) {
            found.computeIfAbsent(one.key(), key -> new ArrayList<>()).add(one.value());
        }
        for (Map.Entry<String, Long> word : wanted.entrySet()) {
            List<String> steps = LongStream.rangeClosed(1, word.getValue()).mapToObj(String::valueOf).toList();
            Checks.equal(found.get(word.getKey()), steps, "counts of " + word.getKey());
        }
    }

    public static void standbyTasksComeWithTheGroupConfig(Clients clients) throws Exception {
        String application = clients.name();
        String from = clients.topic(2);
        String to = clients.topic(2);
        try (Instance first = clients.closing(new Instance(clients, application, from, to));
             Instance second = clients.closing(new Instance(clients, application, from, to))) {
            Checks.eventually("tasks for both", 60, () -> first.active() == 2 && second.active() == 2);
            Checks.equal(first.standby() + second.standby(), 0, "standby tasks at first");
            ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, application);
            AlterConfigOp one = new AlterConfigOp(new ConfigEntry("streams.num.standby.replicas", "1"),
                AlterConfigOp.OpType.SET);
            clients.admin().incrementalAlterConfigs(Map.of(group, List.of(one))).all().get();
            Checks.eventually("a standby task for each", 60, () -> first.standby() == 1 && second.standby() == 1);
        }
    }

    public static void groupsAreListedDescribedAlteredAndDeleted(Clients clients) throws Exception {
        String application = clients.name();
        String from = clients.topic(2);
        String to = clients.topic(2);
        KafkaProducer<String, String> producer = clients.producer(Map.of());
        try (Instance only = clients.closing(new Instance(clients, application, from, to))) {
            awaitOutput(clients, to, write(producer, from, new HashMap<>(), new Random(1)), "of the group");
            Checks.eventually("a stable group", 30,
                () -> describe(clients, application).groupState() == GroupState.STABLE);
            StreamsGroupDescription group = describe(clients, application);
            Checks.equal(group.members().size(), 1, "members");
            Checks.equal(group.subtopologies().size(), 2, "subtopologies");
            Checks.equal(group.targetAssignmentEpoch(), group.groupEpoch(), "epoch of the assignment");
            Checks.equal(group.members().iterator().next().assignment().activeTasks().size(), 2,
                "subtopologies with tasks of the member");
            Checks.equal(group.subtopologies().stream().flatMap(one -> one.stateChangelogTopics().values().stream())
                .mapToInt(topic -> topic.partitions()).sum(), 2, "partitions of changelogs");
            Checks.equal(clients.admin().listGroups(ListGroupsOptions.forStreamsGroups()).all().get().stream()
                .anyMatch(one -> one.groupId().equals(application)), true, "is listed");
            Checks.fails("deleting a group with members",
                () -> clients.admin().deleteStreamsGroups(List.of(application)).all().get(),
                GroupNotEmptyException.class);
        }
        TopicPartition partition = new TopicPartition(from, 0);
        Checks.equal(describe(clients, application).groupState(), GroupState.EMPTY, "state without members");
        clients.admin().alterStreamsGroupOffsets(application, Map.of(partition, new OffsetAndMetadata(1))).all().get();
        Checks.equal(clients.admin().listStreamsGroupOffsets(Map.of(application,
            new ListStreamsGroupOffsetsSpec())).partitionsToOffsetAndMetadata(application)
            .get().get(partition).offset(), 1L, "altered offset");
        clients.admin().deleteStreamsGroupOffsets(application, Set.of(partition)).all().get();
        clients.admin().deleteStreamsGroups(List.of(application)).all().get();
        Checks.fails("describing a deleted group", () -> describe(clients, application),
            GroupIdNotFoundException.class);
    }

    private static StreamsGroupDescription describe(Clients clients, String group) throws Exception {
        return clients.admin().describeStreamsGroups(List.of(group)).describedGroups().get(group).get();
    }

    /** Writes lines and returns how many words all lines have so far. */
    private static long write(KafkaProducer<String, String> producer, String topic, Map<String, Long> counts,
                              Random random) {
        for (int line = 0; line < 200; ++line) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 3; ++i) {
                String word = WORDS[random.nextInt(WORDS.length)];
                text.append(i == 0 ? "" : " ").append(word);
                counts.merge(word, 1L, Long::sum);
            }
            producer.send(new ProducerRecord<>(topic, null, text.toString()));
        }
        producer.flush();
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static void awaitOutput(Clients clients, String topic, long total, String when) throws Exception {
        Checks.eventually("all of the output " + when, 120, () -> clients.read(topic, true).size() >= total);
    }
}
