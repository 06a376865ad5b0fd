import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** What the members of a group have read and committed together. */
final class Ledger {
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Map<String, Integer> reads = new HashMap<>();
    private final List<String> wrong = new ArrayList<>();

    synchronized void read(ConsumerRecord<String, String> one) {
        TopicPartition partition = new TopicPartition(one.topic(), one.partition());
        long from = committed.getOrDefault(partition, 0L);
        if (one.offset() < from) wrong.add(partition + "@" + one.offset() + " after a commit of " + from);
        reads.merge(one.value(), 1, Integer::sum);
    }

    synchronized void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((partition, one) -> committed.merge(partition, one.offset(), Math::max));
    }

    synchronized int count() {
        return reads.size();
    }

    synchronized int repeated() {
        return reads.values().stream().mapToInt(times -> times - 1).sum();
    }

    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }
}
