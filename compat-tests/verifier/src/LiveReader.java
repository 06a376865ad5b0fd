import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads a topic while it is written, commits its offsets and asks for the ends of the log. */
final class LiveReader extends Task {
    private final String topic;
    private final String isolation;

    LiveReader(String address, Path folder, String topic, String isolation) {
        super(address, folder, "live-" + isolation + "-" + topic);
        this.topic = topic;
        this.isolation = isolation;
    }

    @Override
    void work(History history) throws Exception {
        Properties settings = Verifier.settings(address);
        settings.put("isolation.level", isolation);
        settings.put("group.id", name);
        settings.put("enable.auto.commit", "false");
        // An offset that is out of range would be a record that was lost.
        settings.put("auto.offset.reset", "none");
        settings.put("fetch.max.wait.ms", "200");
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < Transactional.PARTITIONS; ++i) partitions.add(new TopicPartition(topic, i));
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions);
            for (TopicPartition one : partitions) consumer.seek(one, 0);
            long marked = System.nanoTime();
            Map<TopicPartition, Long> committed = new HashMap<>();
            while (!stopping) {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    history.add("record", one.partition(), one.offset(), one.value());
                }
                if (System.nanoTime() - marked < 300_000_000L) continue;
                marked = System.nanoTime();
                mark(history, consumer, partitions, committed);
            }
        }
    }

    private void mark(History history, KafkaConsumer<String, String> consumer, List<TopicPartition> partitions,
                      Map<TopicPartition, Long> committed) {
        try {
            Map<TopicPartition, Long> positions = new HashMap<>();
            for (TopicPartition one : partitions) positions.put(one, consumer.position(one));
            boolean stable = isolation.equals("read_committed");
            if (stable) positions.forEach((one, at) -> history.add("position", one.partition(), at));
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, Duration.ofSeconds(3));
            ends.forEach((one, at) -> history.add(stable ? "stable" : "end", one.partition(), at));
            Map<TopicPartition, OffsetAndMetadata> commits = new HashMap<>();
            positions.forEach((one, at) -> commits.put(one, new OffsetAndMetadata(at)));
            consumer.commitSync(commits, Duration.ofSeconds(3));
            positions.forEach((one, at) -> history.add("committed", one.partition(), at));
            consumer.committed(Set.copyOf(partitions), Duration.ofSeconds(3)).forEach(
                (one, at) -> history.add("found", one.partition(), at == null ? -1 : at.offset()));
        } catch (RetriableException later) {
            // The broker is away or slow just now.
            return;
        } catch (KafkaException failure) {
            if (!(failure.getCause() instanceof RetriableException)) throw failure;
        }
    }
}
