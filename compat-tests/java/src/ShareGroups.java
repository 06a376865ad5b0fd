import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Share groups while the broker dies: what was acknowledged stays so, everything else is delivered again. */
public final class ShareGroups {
    private static final int PARTITIONS = 2;
    private static final int RECORDS = 600;
    private static final int KILLS = 4;

    private ShareGroups() {}

    /** A group that begins with what is there, and a consumer of it that acknowledges record by record. */
    private static KafkaShareConsumer<String, String> join(Clients clients, String group, String topic)
        throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        clients.admin().incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(
            new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET)))).all().get();
        KafkaShareConsumer<String, String> consumer = clients.closing(new KafkaShareConsumer<>(clients.with(
            Map.of("group.id", group, "share.acknowledgement.mode", "explicit", "max.poll.records", "20",
                "fetch.max.wait.ms", "50")), new StringDeserializer(), new StringDeserializer()));
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    private static void fill(Clients clients, String topic) {
        KafkaProducer<String, String> producer = clients.producer(Map.of());
        for (int i = 0; i < RECORDS; ++i) {
            producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, "" + i));
            // Whole batches are delivered.
            if (i % 10 == 9) producer.flush();
        }
        producer.flush();
    }

    /** A tenth is given back when it comes first, a tenth is rejected; the rest is accepted. */
    private static AcknowledgeType verdict(String value, boolean first) {
        int last = value.charAt(value.length() - 1) - '0';
        if (last == 3 && first) return AcknowledgeType.RELEASE;
        return last == 7 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT;
    }

    /** Which of the records the broker has taken the acknowledgement of. */
    private static List<ConsumerRecord<String, String>> taken(List<ConsumerRecord<String, String>> records,
                                                              Map<TopicIdPartition, Optional<KafkaException>> ends) {
        Set<Integer> partitions = new HashSet<>();
        ends.forEach((partition, problem) -> {
            if (problem.isEmpty()) partitions.add(partition.partition());
        });
        return records.stream().filter(one -> partitions.contains(one.partition())).toList();
    }

    public static void acknowledgedRecordsStaySoAcrossKills(Clients clients) throws Exception {
        String topic = clients.topic(PARTITIONS);
        fill(clients, topic);
        KafkaShareConsumer<String, String> consumer = join(clients, clients.name(), topic);
        Map<String, Integer> deliveries = new HashMap<>();
        Set<String> settled = new HashSet<>();
        int kills = 0;
        long deadline = System.nanoTime() + 90_000_000_000L;
        while (settled.size() < RECORDS) {
            Checks.isTrue(System.nanoTime() < deadline, "all records are settled in time, not " + settled.size());
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            Map<String, AcknowledgeType> verdicts = new HashMap<>();
            for (ConsumerRecord<String, String> one : records) {
                Checks.isTrue(!settled.contains(one.value()), one.value() + " was settled and comes again");
                AcknowledgeType verdict = verdict(one.value(), deliveries.merge(one.value(), 1, Integer::sum) == 1);
                verdicts.put(one.value(), verdict);
                consumer.acknowledge(one, verdict);
            }
            // Half of the kills before the acknowledgements are sent, half after.
            boolean kill = kills < KILLS && settled.size() > (kills + 1) * RECORDS / (KILLS + 2);
            if (kill && kills % 2 == 0) Clients.ask("restart");
            for (ConsumerRecord<String, String> one : taken(records, consumer.commitSync(Duration.ofSeconds(30)))) {
                if (verdicts.get(one.value()) != AcknowledgeType.RELEASE) settled.add(one.value());
            }
            if (kill && kills % 2 == 1) Clients.ask("restart");
            if (kill) ++kills;
        }
        long quiet = System.nanoTime() + 3_000_000_000L;
        while (System.nanoTime() < quiet) {
            Checks.equal(consumer.poll(Duration.ofMillis(200)).count(), 0, "deliveries after all was settled");
        }
        for (int i = 3; i < RECORDS; i += 10) {
            Checks.isTrue(deliveries.get("" + i) > 1, i + " was released and came again");
        }
        int repeated = deliveries.values().stream().mapToInt(times -> times - 1).sum();
        System.out.println(RECORDS + " records, " + kills + " kills, " + repeated + " deliveries more than one");
        Checks.equal(kills, KILLS, "kills");
    }
}
