import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.MemberAssignment;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Everything that the readers of a volume are told, as text that is the same when they are told the same. */
final class Observer {
    private final String address;
    private final StringBuilder text = new StringBuilder();

    Observer(String address) {
        this.address = address;
    }

    String observe() throws Exception {
        try (Admin admin = Admin.create(Volume.settings(address))) {
            line("cluster " + admin.describeCluster().clusterId().get());
            topics(admin);
            for (String topic : Volume.TOPICS) {
                for (String isolation : List.of("read_uncommitted", "read_committed")) records(topic, isolation);
            }
            groups(admin);
            transactions(admin);
            producers(admin);
        }
        return text.toString();
    }

    private void line(String words) {
        text.append(words).append('\n');
    }

    private void topics(Admin admin) throws Exception {
        for (String topic : Volume.TOPICS) {
            var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            String configs = admin.describeConfigs(List.of(resource)).all().get().get(resource).entries().stream()
                .filter(one -> one.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .map(one -> one.name() + "=" + one.value()).sorted().collect(Collectors.joining(" "));
            line("topic " + topic + " " + described.topicId() + " " + described.partitions().size() + " " + configs);
        }
    }

    /** The records of a topic; of a compacted one, whose cleaner may run at any time, the last of every key. */
    private void records(String topic, String isolation) throws Exception {
        Properties settings = Volume.settings(address);
        settings.put("isolation.level", isolation);
        settings.put("enable.auto.commit", "false");
        boolean compacted = topic.equals("compacted") || topic.equals("both-policies");
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int i = 0; i < Volume.PARTITIONS; ++i) partitions.add(new TopicPartition(topic, i));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<String, String>> all = new ArrayList<>();
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (!partitions.stream().allMatch(one -> consumer.position(one) >= ends.get(one))) {
                if (System.nanoTime() > deadline) throw new IllegalStateException("no end of " + topic);
                consumer.poll(Duration.ofMillis(50)).forEach(all::add);
            }
            all.sort(Comparator.<ConsumerRecord<String, String>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
            for (TopicPartition one : partitions) line(isolation + " end of " + one + " " + ends.get(one));
            Map<String, String> last = new TreeMap<>();
            for (ConsumerRecord<String, String> one : all) {
                if (compacted) last.put(one.key(), describe(one));
                else line(isolation + " " + describe(one));
            }
            // A tombstone may have gone.
            last.values().stream().filter(one -> !one.contains("=null ")).forEach(one -> line(isolation + " " + one));
        }
    }

    private static String describe(ConsumerRecord<String, String> one) {
        String headers = StreamSupport.stream(one.headers().spliterator(), false)
            .map(header -> header.key() + ":" + new String(header.value(), StandardCharsets.UTF_8))
            .collect(Collectors.joining(","));
        return one.topic() + "-" + one.partition() + " " + one.offset() + " " + one.key() + "=" + one.value() + " "
            + one.timestampType() + " " + one.timestamp() + " epoch " + one.leaderEpoch().map(e -> "known").orElse("?")
            + " " + headers;
    }

    /** The groups of one of these types, by name. */
    private static List<String> groups(Admin admin, GroupType... types) throws Exception {
        return admin.listGroups().all().get().stream().filter(one -> List.of(types).contains(one.type().orElseThrow()))
            .map(one -> one.groupId()).sorted().toList();
    }

    private void groups(Admin admin) throws Exception {
        for (String group : groups(admin, GroupType.CLASSIC, GroupType.CONSUMER)) {
            for (boolean stable : List.of(false, true)) {
                String offsets;
                try {
                    Map<TopicPartition, OffsetAndMetadata> found = admin.listConsumerGroupOffsets(
                        Map.of(group, new ListConsumerGroupOffsetsSpec()),
                        new ListConsumerGroupOffsetsOptions().requireStable(stable).timeoutMs(1500))
                        .partitionsToOffsetAndMetadata(group).get();
                    offsets = found.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue().offset() + " '"
                        + one.getValue().metadata() + "' " + one.getValue().leaderEpoch()).sorted()
                        .collect(Collectors.joining("; "));
                } catch (ExecutionException pending) {
                    offsets = pending.getCause().getClass().getSimpleName();
                }
                line("group " + group + (stable ? " stable " : " ") + offsets);
            }
        }
        members(admin);
        for (String group : groups(admin, GroupType.SHARE)) {
            admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group)
                .get().forEach((partition, one) -> line("share group " + group + " " + partition + " "
                    + one.startOffset() + " " + one.leaderEpoch().isPresent() + " " + one.lag()));
            ShareGroupDescription known = admin.describeShareGroups(List.of(group)).all().get().get(group);
            line("share group " + group + " " + known.groupState() + " " + known.members().size() + " "
                + known.groupEpoch() + " " + known.targetAssignmentEpoch());
        }
        for (String group : groups(admin, GroupType.STREAMS)) {
            StreamsGroupDescription known = admin.describeStreamsGroups(List.of(group)).all().get().get(group);
            line("streams group " + group + " " + known.groupState() + " " + known.groupEpoch() + " "
                + known.targetAssignmentEpoch() + " " + known.topologyEpoch() + " " + known.members());
            // How many partitions the topics of a topology have is known once a member was heard of.
            known.subtopologies().forEach(one -> line("subtopology " + one.subtopologyId() + " "
                + new TreeSet<>(one.sourceTopics()) + " " + new TreeSet<>(one.stateChangelogTopics().keySet()) + " "
                + new TreeSet<>(one.repartitionSourceTopics().keySet())));
        }
    }

    private void members(Admin admin) throws Exception {
        List<String> ids = groups(admin, GroupType.CLASSIC, GroupType.CONSUMER);
        for (Map.Entry<String, ConsumerGroupDescription> one
            : new TreeMap<>(admin.describeConsumerGroups(ids).all().get()).entrySet()) {
            ConsumerGroupDescription group = one.getValue();
            line("group " + one.getKey() + " " + group.type() + " " + group.groupState() + " "
                + group.partitionAssignor() + " " + group.groupEpoch() + " " + group.targetAssignmentEpoch());
            group.members().stream().map(Observer::describe).sorted().forEach(this::line);
        }
    }

    private static String describe(MemberDescription member) {
        return "member " + member.consumerId() + " " + member.clientId() + " " + member.host() + " "
            + member.groupInstanceId() + " " + sorted(member.assignment()) + " "
            + member.targetAssignment().map(Observer::sorted) + " " + member.memberEpoch() + " " + member.upgraded();
    }

    private static List<String> sorted(MemberAssignment assignment) {
        return assignment.topicPartitions().stream().map(String::valueOf).sorted().toList();
    }

    private void transactions(Admin admin) throws Exception {
        List<TransactionListing> listed = admin.listTransactions().all().get().stream()
            .sorted(Comparator.comparing(TransactionListing::transactionalId)).toList();
        for (TransactionListing one : listed) {
            TransactionDescription known = admin.describeTransactions(List.of(one.transactionalId()))
                .description(one.transactionalId()).get();
            line("transaction " + one.transactionalId() + " " + one.state() + " " + one.producerId() + " "
                + known.state() + " " + known.producerId() + "/" + known.producerEpoch() + " "
                + known.transactionTimeoutMs() + " " + known.transactionStartTimeMs() + " "
                + known.topicPartitions().stream().map(String::valueOf).sorted().toList());
        }
    }

    private void producers(Admin admin) throws Exception {
        for (String topic : Volume.TOPICS) {
            for (int i = 0; i < Volume.PARTITIONS; ++i) {
                TopicPartition partition = new TopicPartition(topic, i);
                List<ProducerState> states = admin.describeProducers(List.of(partition)).partitionResult(partition)
                    .get().activeProducers().stream().sorted(Comparator.comparingLong(ProducerState::producerId))
                    .toList();
                for (ProducerState one : states) {
                    line("producer " + partition + " " + one.producerId() + "/" + one.producerEpoch() + " sequence "
                        + one.lastSequence() + " at " + one.lastTimestamp() + " from "
                        + one.currentTransactionStartOffset() + " coordinator " + one.coordinatorEpoch());
                }
            }
        }
    }
}
