import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Owns accounts over all partitions and moves money between them, a transaction a transfer. After an end that it does
 * not know, and now and then, it learns its balances from what read_committed shows.
 */
final class Banker extends Transactional {
    private static final int ACCOUNTS = 6;
    private static final int FIRST_BALANCE = 100;
    private int[] balances;
    private int[] next;
    private int sinceReadback;

    Banker(String address, Path folder, String name, String topic, long seed) {
        super(address, folder, name, topic, seed);
        // It would wait for the time-out itself, to learn its balances.
        abandonPercent = random.nextInt(2);
    }

    @Override
    void write() throws Exception {
        if (++sinceReadback > 40 && balances != null) readback(txn - 1);
        if (balances == null) {
            next = new int[ACCOUNTS];
            for (int account = 0; account < ACCOUNTS; ++account) put(account, FIRST_BALANCE);
            return;
        }
        next = balances.clone();
        int from = random.nextInt(ACCOUNTS);
        int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
        int amount = 1 + random.nextInt(20);
        put(from, next[from] - amount);
        put(to, next[to] + amount);
    }

    private void put(int account, int balance) {
        next[account] = balance;
        send(account % PARTITIONS, name + "-" + account, name + ":" + txn + ":" + account + ":" + balance);
    }

    @Override
    void ended(boolean committed) {
        if (committed) balances = next;
    }

    @Override
    void renewed() throws Exception {
        if (txn > 0) readback(txn);
    }

    /** The balances in what read_committed shows up to the end of the log as it is now. */
    private void readback(int last) throws Exception {
        sinceReadback = 0;
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; ++i) partitions.add(new TopicPartition(topic, i));
        Integer[] found = new Integer[ACCOUNTS];
        Map<TopicPartition, Long> ends;
        try (KafkaConsumer<String, String> whole = consumer("read_uncommitted")) {
            ends = whole.endOffsets(partitions);
        }
        try (KafkaConsumer<String, String> reader = consumer("read_committed")) {
            reader.assign(partitions);
            reader.seekToBeginning(partitions);
            long deadline = System.nanoTime() + 40_000_000_000L;
            while (!partitions.stream().allMatch(one -> reader.position(one) >= ends.get(one))) {
                // The open transactions of others stand in between; they end, or time out.
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("read_committed does not come to the end of " + topic);
                }
                for (ConsumerRecord<String, String> one : reader.poll(Duration.ofMillis(50))) take(one.value(), found);
            }
        }
        if (Arrays.stream(found).noneMatch(one -> one != null)) {
            balances = null;
            history.add("readback", last);
            return;
        }
        history.add("readback", last,
            Arrays.stream(found).map(one -> String.valueOf(one == null ? -1 : one)).collect(Collectors.joining(" ")));
        balances = Arrays.stream(found).mapToInt(one -> one == null ? -1 : one).toArray();
    }

    private void take(String value, Integer[] found) {
        String[] parts = value.split(":");
        if (parts[0].equals(name)) found[Integer.parseInt(parts[2])] = Integer.parseInt(parts[3]);
    }

    private KafkaConsumer<String, String> consumer(String isolation) {
        Properties settings = Verifier.settings(address);
        settings.put("isolation.level", isolation);
        settings.put("enable.auto.commit", "false");
        settings.put("fetch.max.wait.ms", "100");
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }
}
