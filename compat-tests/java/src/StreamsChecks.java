import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Kafka Streams in exactly_once_v2 while the broker and the application die in turn. */
public final class StreamsChecks {
    private static final String[] WORDS = {"bread", "water", "salt", "wine", "oil", "fish", "corn", "fig"};
    private static final String[] DEEDS = {"broker", "application", "broker", "stop", "broker", "state", "broker"};

    private StreamsChecks() {}

    /** The application as a process of its own, so that it can be killed. */
    private static final class Application {
        private final List<String> words;
        private final File log;
        private Process process;

        Application(Clients clients, Path state, String from, String to) throws Exception {
            words = List.of("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", System.getProperty("java.class.path"),
                "WordCount", clients.address(), clients.name(), state.toString(), from, to);
            log = File.createTempFile("word-count", ".log");
        }

        void start() throws Exception {
            process = new ProcessBuilder(words).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log)).start();
        }

        void kill() throws Exception {
            process.destroyForcibly().waitFor();
        }

        void stop() throws Exception {
            process.getOutputStream().close();
            if (!process.waitFor(40, TimeUnit.SECONDS)) kill();
        }
    }

    public static void wordCountIsRightAcrossKills(Clients clients) throws Exception {
        String from = clients.topic(2);
        String to = clients.topic(2);
        Path state = Files.createTempDirectory("word-count");
        Application application = new Application(clients, state, from, to);
        KafkaProducer<String, String> producer = clients.producer(Map.of("enable.idempotence", "true"));
        Map<String, Long> wanted = new TreeMap<>();
        Random random = new Random(7);
        application.start();
        try {
            long total = write(producer, from, wanted, random);
            awaitOutput(clients, to, total, "at first");
            for (String deed : DEEDS) {
                long before = total;
                total = write(producer, from, wanted, random);
                // In the middle of it: some of the new lines are counted, others are not.
                Checks.eventually("half way, before: " + deed, 120,
                    () -> clients.read(to, true).size() > before);
                if (deed.equals("broker")) {
                    Clients.ask("restart");
                } else {
                    if (deed.equals("stop")) application.stop();
                    else application.kill();
                    if (deed.equals("state")) deleteAll(state);
                    application.start();
                }
                awaitOutput(clients, to, total, "after " + deed);
            }
        } finally {
            application.kill();
        }
        Map<String, List<String>> found = new TreeMap<>();
        for (ConsumerRecord<String, String> one : clients.read(to, true)) {
            found.computeIfAbsent(one.key(), key -> new ArrayList<>()).add(one.value());
        }
        Checks.equal(found.keySet(), wanted.keySet(), "words");
        for (Map.Entry<String, Long> word : wanted.entrySet()) {
            List<String> steps = LongStream.rangeClosed(1, word.getValue()).mapToObj(String::valueOf).toList();
            Checks.equal(found.get(word.getKey()), steps, "counts of " + word.getKey());
        }
        deleteAll(state);
        Files.delete(application.log.toPath());
    }

    /** Writes lines and returns how many words all lines have so far. */
    private static long write(KafkaProducer<String, String> producer, String topic, Map<String, Long> counts,
                              Random random) {
        for (int line = 0; line < 400; ++line) {
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
        try {
            Checks.eventually("all of the output " + when, 120, () -> clients.read(topic, true).size() >= total);
        } catch (Checks.Failed late) {
            throw new Checks.Failed(late.getMessage() + ": " + clients.read(topic, true).size() + " of " + total);
        }
    }

    private static void deleteAll(Path folder) throws Exception {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
        }
    }
}
