import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A member of a group with Kafka's own client: see run_migration.py for what it prints.
 * {@code Migrant ADDRESS GROUP TOPIC classic|consumer ASSIGNOR}
 */
public final class Migrant {
    private Migrant() {}

    private static void say(Object... words) {
        Instant now = Instant.now();
        StringBuilder line = new StringBuilder();
        line.append(now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000);
        for (Object word : words) line.append(' ').append(word);
        System.out.println(line);
    }

    private static Map<String, Object> settings(String address, String group, String protocol, String assignor) {
        Map<String, Object> chosen = new HashMap<>(Map.of("bootstrap.servers", address, "group.id", group,
            "group.protocol", protocol, "auto.offset.reset", "earliest", "enable.auto.commit", "false",
            "reconnect.backoff.max.ms", "200", "fetch.max.wait.ms", "50", "max.poll.records", "100"));
        if (protocol.equals("classic")) {
            chosen.put("heartbeat.interval.ms", "500");
            chosen.put("partition.assignment.strategy", assignor.equals("range") ? RangeAssignor.class.getName()
                : CooperativeStickyAssignor.class.getName());
        }
        return chosen;
    }

    private static void commit(KafkaConsumer<String, String> consumer, Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitSync(offsets);
            offsets.forEach((partition, one) -> say("committed", partition.partition(), one.offset()));
        } catch (KafkaException refused) {
            say("refused", refused.getClass().getSimpleName());
        }
    }

    private static void awaitEnd(AtomicBoolean stopping) {
        try {
            while (System.in.read() >= 0) continue;
        } catch (IOException closed) {
            // As good as its end.
        }
        stopping.set(true);
    }

    public static void main(String[] arguments) {
        AtomicBoolean stopping = new AtomicBoolean();
        Thread input = new Thread(() -> awaitEnd(stopping));
        input.setDaemon(true);
        input.start();
        Set<Integer> assigned = null;
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings(arguments[0], arguments[1], arguments[3], arguments[4]),
                     new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(arguments[2]));
            while (!stopping.get()) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                Set<Integer> now = consumer.assignment().stream().map(TopicPartition::partition)
                    .collect(Collectors.toCollection(TreeSet::new));
                if (!now.equals(assigned)) {
                    assigned = now;
                    say("assigned", now.stream().map(String::valueOf).collect(Collectors.joining(" ")));
                }
                records.forEach(one -> say("read", one.partition(), one.offset(), one.value()));
                if (!records.isEmpty()) commit(consumer, records.nextOffsets());
            }
        }
        say("left");
    }
}
