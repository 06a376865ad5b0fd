import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The Java side of the verifier: lives for all rounds and is driven over standard input.
 *
 * <pre>
 * create TOPIC PARTITIONS       makes a topic
 * start FOLDER ROUND SEED       starts the workers and readers of a round, whose histories go to FOLDER
 * stop                          ends them, every transaction too
 * read FOLDER TOPIC             reads all of a topic with both isolation levels into FOLDER
 * </pre>
 * Each is answered by a line, {@code done} or {@code failed why}.
 */
public final class Verifier {
    private final String address;
    private final List<Task> tasks = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    private Verifier(String address) {
        this.address = address;
    }

    public static void main(String[] arguments) throws Exception {
        Verifier verifier = new Verifier(arguments[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                verifier.obey(line.split(" "));
                System.out.println("done");
            } catch (Exception failure) {
                failure.printStackTrace();
                System.out.println("failed " + String.valueOf(failure).replace('\n', ' '));
            }
        }
    }

    private void obey(String[] words) throws Exception {
        switch (words[0]) {
            case "create" -> create(words[1], Integer.parseInt(words[2]));
            case "start" -> start(Path.of(words[1]), words[2], Long.parseLong(words[3]));
            case "stop" -> stop();
            case "read" -> {
                for (String isolation : List.of("read_committed", "read_uncommitted")) {
                    WholeReader.read(address, Path.of(words[1]), words[2], isolation);
                }
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    /** What every client here has: short time-outs, so that a round of a few seconds sees them happen. */
    static Properties settings(String address) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", address);
        settings.put("request.timeout.ms", "2000");
        settings.put("default.api.timeout.ms", "15000");
        settings.put("retry.backoff.ms", "20");
        settings.put("retry.backoff.max.ms", "100");
        settings.put("reconnect.backoff.ms", "20");
        settings.put("reconnect.backoff.max.ms", "100");
        return settings;
    }

    private void create(String topic, int partitions) throws Exception {
        try (Admin admin = Admin.create(settings(address))) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty()))).all()
                .get(20, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            // A reply that was lost: the client has asked twice.
            if (!(failed.getCause() instanceof TopicExistsException)) throw failed;
        }
    }

    private void start(Path folder, String round, long seed) throws Exception {
        String append = "append-" + round;
        String bank = "bank-" + round;
        for (int i = 0; i < 2; ++i) tasks.add(new Appender(address, folder, "jt" + i, append, seed + i));
        tasks.add(new Idempotent(address, folder, "ji", append, seed + 2));
        for (int i = 0; i < 2; ++i) tasks.add(new Banker(address, folder, "jb" + i, bank, seed + 3 + i));
        for (String topic : List.of(append, bank)) {
            for (String isolation : List.of("read_committed", "read_uncommitted")) {
                tasks.add(new LiveReader(address, folder, topic, isolation));
            }
        }
        for (Task task : tasks) {
            Thread thread = new Thread(task, task.name);
            threads.add(thread);
            thread.start();
        }
    }

    private void stop() throws Exception {
        for (Task task : tasks) task.stopping = true;
        try {
            for (Thread thread : threads) {
                thread.join(60_000);
                if (thread.isAlive()) {
                    for (StackTraceElement frame : thread.getStackTrace()) System.err.println("  at " + frame);
                    throw new TimeoutException(thread.getName() + " does not come to an end");
                }
            }
        } finally {
            tasks.clear();
            threads.clear();
        }
    }
}
