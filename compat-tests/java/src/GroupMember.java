import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;

/** A consumer on a thread of its own that commits what it has read. */
final class GroupMember implements Runnable {
    private final KafkaConsumer<String, String> consumer;
    private final Ledger ledger;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Thread thread = new Thread(this);
    private final Map<TopicPartition, OffsetAndMetadata> uncommitted = new HashMap<>();
    private volatile Set<TopicPartition> assignment = Set.of();
    private volatile String id = "";
    private volatile Throwable failure;

    GroupMember(KafkaConsumer<String, String> consumer, String topic, Ledger ledger) {
        this.consumer = consumer;
        this.ledger = ledger;
        consumer.subscribe(List.of(topic));
        thread.start();
    }

    @Override
    public void run() {
        try (consumer) {
            while (!stopping.get()) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                assignment = Set.copyOf(consumer.assignment());
                id = consumer.groupMetadata().memberId();
                records.forEach(ledger::read);
                uncommitted.putAll(records.nextOffsets());
                commit();
            }
        } catch (Throwable other) {
            failure = other;
        }
    }

    private void commit() {
        uncommitted.keySet().retainAll(assignment);
        if (uncommitted.isEmpty()) return;
        try {
            consumer.commitSync(uncommitted);
            ledger.commit(uncommitted);
            uncommitted.clear();
        } catch (CommitFailedException | RebalanceInProgressException | TimeoutException later) {
            // With the next ones, or by the member that has the partitions then.
            return;
        }
    }

    Set<TopicPartition> assignment() {
        return assignment;
    }

    String id() {
        return id;
    }

    /** What ended it too early, or null. */
    Throwable failure() {
        return failure;
    }

    void stop() throws InterruptedException {
        stopping.set(true);
        thread.join();
    }
}
