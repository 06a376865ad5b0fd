import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Groups of both protocols while the broker dies: nothing is missed, and nothing that was committed comes again. */
public final class Groups {
    private static final int KILLS = 4;

    private Groups() {}

    /** A group over one topic that is written to. */
    private static final class Run {
        private final Clients clients;
        private final Map<String, Object> settings;
        private final int partitions;
        private final String topic;
        private final String group;
        private final Ledger ledger = new Ledger();
        private final List<GroupMember> members = new ArrayList<>();

        Run(Clients clients, int members, int partitions, Map<String, Object> settings) throws Exception {
            this.clients = clients;
            this.partitions = partitions;
            this.topic = clients.topic(partitions);
            this.group = clients.name();
            this.settings = new HashMap<>(settings);
            this.settings.put("group.id", group);
            for (int i = 0; i < members; ++i) add();
        }

        void add() {
            members.add(new GroupMember(clients.consumer(true, settings), topic, ledger));
        }

        /** By member: its partitions. */
        Map<String, Set<TopicPartition>> assignments() {
            Map<String, Set<TopicPartition>> found = new TreeMap<>();
            members.forEach(one -> found.put(one.id(), one.assignment()));
            return found;
        }

        /** Whether everybody has some, and every partition is had once. */
        boolean isSpread() {
            Set<TopicPartition> all = new HashSet<>();
            int count = 0;
            for (GroupMember one : members) {
                if (one.assignment().isEmpty()) return false;
                all.addAll(one.assignment());
                count += one.assignment().size();
            }
            return count == partitions && all.size() == partitions;
        }

        void awaitSpread(String when) throws Exception {
            try {
                Checks.eventually("all partitions are assigned " + when, 60, this::isSpread);
            } catch (Checks.Failed late) {
                throw new Checks.Failed(late.getMessage() + ": " + assignments());
            }
        }

        void awaitMore(String when) throws Exception {
            int before = ledger.count();
            Checks.eventually("more is read " + when, 60, () -> ledger.count() > before + 20);
        }

        void checkEnd(int written) throws Exception {
            Checks.eventually("all is read", 60, () -> ledger.count() >= written);
            Checks.eventually("all is committed", 60, () -> clients.admin().listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(OffsetAndMetadata::offset).sum() == written);
            for (GroupMember one : members) {
                one.stop();
                Checks.equal(one.failure(), null, "what stopped member " + one.id());
            }
            Checks.equal(ledger.count(), written, "different values");
            Checks.equal(ledger.wrong(), List.of(), "read again though committed");
            System.out.println(written + " records, " + ledger.repeated() + " of them read again, " + KILLS + " kills");
        }
    }

    /** Two kills while nothing else happens, two while a member leaves and another one joins. */
    private static void surviveKills(Clients clients, Run run) throws Exception {
        Source source = new Source(clients, run.topic, run.partitions, run.partitions).start();
        run.awaitSpread("at first");
        run.awaitMore("at first");
        for (int kill = 0; kill < KILLS; ++kill) {
            Map<String, Set<TopicPartition>> before = run.assignments();
            boolean changes = kill % 2 == 1;
            if (changes) {
                run.members.remove(0).stop();
                run.add();
                Thread.sleep(150L * kill);
            }
            Clients.ask("restart");
            run.awaitMore("after kill " + kill);
            if (changes) run.awaitSpread("after kill " + kill);
            // Its members are in the log: nobody has to join again.
            else Checks.equal(run.assignments(), before, "members and their partitions after kill " + kill);
        }
        run.checkEnd(source.stop());
    }

    public static void consumerGroupGoesOnAcrossKills(Clients clients) throws Exception {
        surviveKills(clients, new Run(clients, 3, 6, Map.of("group.protocol", "consumer")));
    }

    public static void cooperativeGroupOfFiveGoesOnAcrossKills(Clients clients) throws Exception {
        // Who left without the log knowing of it is waited for after a restart; nobody else may be away as long.
        int sessionMs = 5_000 + 1_000 * Integer.getInteger("restart.seconds");
        surviveKills(clients, new Run(clients, 5, 10, Map.of("partition.assignment.strategy",
            CooperativeStickyAssignor.class.getName(), "heartbeat.interval.ms", 300, "session.timeout.ms", sessionMs)));
    }
}
