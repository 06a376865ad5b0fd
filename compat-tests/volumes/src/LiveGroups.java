import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Groups of both protocols whose members outlive the brokers: each broker finds them in its log, as they were. */
final class LiveGroups {
    static final String TOPIC = "grouped";
    static final int PARTITIONS = 4;
    private static final int MEMBERS = 2;
    private static final int ROUND = 40;

    private final String address;
    private final Map<String, Ledger> ledgers = new TreeMap<>();
    private final Map<String, List<GroupMember>> members = new TreeMap<>();
    private final Map<String, Map<String, Set<TopicPartition>>> settled = new TreeMap<>();
    private int written;

    LiveGroups(String address) {
        this.address = address;
    }

    /** Makes the topic and the groups, and waits until everybody has partitions. */
    void start() throws Exception {
        try (Admin admin = Admin.create(Volume.settings(address))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(PARTITIONS), Optional.empty()))).all()
                .get(20, TimeUnit.SECONDS);
        }
        join("live-classic", Map.of("partition.assignment.strategy", CooperativeStickyAssignor.class.getName()));
        join("live-consumer", Map.of("group.protocol", "consumer"));
        for (String group : members.keySet()) {
            Checks.eventually("the members of " + group + " have partitions", 60, () -> isSpread(group));
            settled.put(group, assignments(group));
        }
    }

    private void join(String group, Map<String, String> own) {
        Properties settings = Volume.settings(address);
        settings.putAll(Map.of("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false"));
        settings.putAll(own);
        ledgers.put(group, new Ledger());
        members.put(group, new ArrayList<>());
        for (int i = 0; i < MEMBERS; ++i) {
            members.get(group).add(new GroupMember(
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer()), TOPIC,
                ledgers.get(group)));
        }
    }

    private boolean isSpread(String group) {
        return members.get(group).stream().allMatch(one -> one.assignment().size() == PARTITIONS / MEMBERS);
    }

    private Map<String, Set<TopicPartition>> assignments(String group) {
        Map<String, Set<TopicPartition>> found = new TreeMap<>();
        members.get(group).forEach(one -> found.put(one.id(), one.assignment()));
        return found;
    }

    /** Writes more, and has every group read and commit it once, by the members that it had at first. */
    void advance() throws Exception {
        Properties settings = Volume.settings(address);
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < ROUND; ++i, ++written) {
                producer.send(new ProducerRecord<>(TOPIC, written % PARTITIONS, null, "" + written));
            }
        }
        try (Admin admin = Admin.create(settings)) {
            for (Map.Entry<String, Ledger> one : ledgers.entrySet()) {
                String group = one.getKey();
                Checks.eventually(group + " reads all", 60, () -> one.getValue().count() == written);
                Checks.eventually(group + " commits all", 60, () -> admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata().get().values().stream()
                    .mapToLong(OffsetAndMetadata::offset).sum() == written);
                Checks.equal(one.getValue().repeated(), 0, "records that " + group + " reads again");
                for (GroupMember member : members.get(group)) {
                    Checks.equal(member.failure(), null, "what stopped a member of " + group);
                }
                Checks.equal(assignments(group), settled.get(group), "members of " + group + " and their partitions");
            }
        }
    }

    void stop() throws InterruptedException {
        for (List<GroupMember> group : members.values()) {
            for (GroupMember member : group) member.stop();
        }
    }
}
