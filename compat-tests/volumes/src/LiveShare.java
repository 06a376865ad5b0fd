import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A share group whose state has holes: at each broker some records are accepted between others that are not. */
final class LiveShare {
    static final String TOPIC = "shared";
    static final String GROUP = "live-share";
    private static final int ROUND = 24;

    private final String address;
    private final Map<String, Integer> deliveries = new HashMap<>();
    private final Set<String> settled = new HashSet<>();
    private int written;

    LiveShare(String address) {
        this.address = address;
    }

    void start() throws Exception {
        try (Admin admin = Admin.create(Volume.settings(address))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.empty()))).all()
                .get(20, TimeUnit.SECONDS);
            ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
            admin.incrementalAlterConfigs(Map.of(group, List.of(new AlterConfigOp(
                new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET)))).all().get();
        }
    }

    /** Writes more, and has a consumer accept every other one of what it is given and give the rest back. */
    void advance() throws Exception {
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(Volume.settings(address), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < ROUND; ++i) producer.send(new ProducerRecord<>(TOPIC, 0, null, "" + written++));
        }
        take(false);
    }

    /** Takes what is left; each record was accepted once then. */
    void finish() throws Exception {
        while (settled.size() < written) take(true);
    }

    private void take(boolean all) throws Exception {
        Properties settings = Volume.settings(address);
        settings.putAll(Map.of("group.id", GROUP, "share.acknowledgement.mode", "explicit"));
        try (KafkaShareConsumer<String, String> consumer =
                 new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            ConsumerRecords<String, String> records = ConsumerRecords.empty();
            long deadline = System.nanoTime() + 40_000_000_000L;
            while (records.isEmpty()) {
                Checks.isTrue(System.nanoTime() < deadline,
                    "records are delivered, " + settled.size() + " of " + written + " are settled");
                records = consumer.poll(Duration.ofMillis(200));
            }
            Set<String> accepted = new HashSet<>();
            int place = 0;
            for (ConsumerRecord<String, String> one : records) {
                Checks.isTrue(!settled.contains(one.value()), one.value() + " was accepted and comes again");
                int count = deliveries.merge(one.value(), 1, Integer::sum);
                Checks.equal((int) one.deliveryCount().orElseThrow(), count, "deliveries of " + one.value());
                if (!all && place++ % 2 == 1) continue;
                consumer.acknowledge(one, AcknowledgeType.ACCEPT);
                accepted.add(one.value());
            }
            consumer.commitSync().values().forEach(end -> Checks.equal(end, Optional.empty(), "acknowledgement"));
            settled.addAll(accepted);
        }
    }
}
