import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads all of a topic when nobody writes any more: either isolation level has to come to the end of the log. */
final class WholeReader {
    private static final int LIMIT_SECONDS = 30;

    private WholeReader() {}

    static void read(String address, Path folder, String topic, String isolation) throws Exception {
        Properties settings = Verifier.settings(address);
        settings.put("isolation.level", isolation);
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "none");
        settings.put("fetch.max.wait.ms", "100");
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < Transactional.PARTITIONS; ++i) partitions.add(new TopicPartition(topic, i));
        Properties other = new Properties();
        other.putAll(settings);
        other.put("isolation.level", "read_uncommitted");
        Map<TopicPartition, Long> ends;
        try (KafkaConsumer<String, String> whole =
                 new KafkaConsumer<>(other, new StringDeserializer(), new StringDeserializer())) {
            ends = whole.endOffsets(partitions);
        }
        try (History history = new History(folder, "final-" + isolation + "-" + topic);
             KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions);
            for (TopicPartition one : partitions) consumer.seek(one, 0);
            long deadline = System.nanoTime() + LIMIT_SECONDS * 1_000_000_000L;
            while (!partitions.stream().allMatch(one -> consumer.position(one) >= ends.get(one))) {
                if (System.nanoTime() > deadline) {
                    for (TopicPartition one : partitions) {
                        if (consumer.position(one) < ends.get(one)) {
                            history.add("error", "hangs: " + isolation + " stays at " + consumer.position(one) + " of "
                                + ends.get(one) + " in " + one);
                        }
                    }
                    return;
                }
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(50))) {
                    history.add("record", one.partition(), one.offset(), one.value());
                }
            }
        }
    }
}
