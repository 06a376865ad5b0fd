import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Fills a compacted topic of one partition with what a cleaner has to tell apart: keys that come back, tombstones,
 * batches of every codec, committed, aborted and empty transactions, idempotent producers that end early.
 * Arguments: bootstrap servers, topic, seed, rounds.
 */
public final class CompactionLoad {
    private static final int KEYS = 400;
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};

    private CompactionLoad() {}

    private static KafkaProducer<String, String> producer(String servers, String codec, String transactionalId) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", servers);
        settings.put("compression.type", codec);
        settings.put("linger.ms", 5);
        settings.put("enable.idempotence", !codec.equals("none") || transactionalId != null);
        if (transactionalId != null) settings.put("transactional.id", transactionalId);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static void send(KafkaProducer<String, String> producer, String topic, Random random, int count) {
        for (int i = 0; i < count; ++i) {
            String key = "key-" + random.nextInt(KEYS);
            String filling = "x".repeat(random.nextInt(900));
            String value = random.nextInt(8) == 0 ? null : "value-" + filling + random.nextInt();
            producer.send(new ProducerRecord<>(topic, 0, key, value));
        }
        producer.flush();
    }

    public static void main(String[] arguments) throws Exception {
        String servers = arguments[0];
        String topic = arguments[1];
        Random random = new Random(Long.parseLong(arguments[2]));
        int rounds = Integer.parseInt(arguments[3]);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            NewTopic wanted = new NewTopic(topic, 1, (short) 1);
            admin.createTopics(List.of(wanted.configs(Map.of("cleanup.policy", "compact", "segment.bytes", "1048576"))))
                .all().get();
        }
        List<KafkaProducer<String, String>> producers = new ArrayList<>();
        for (String codec : CODECS) producers.add(producer(servers, codec, null));
        List<KafkaProducer<String, String>> transactional = new ArrayList<>();
        for (int i = 0; i < 3; ++i) {
            transactional.add(producer(servers, CODECS[i], "transactions-" + i));
            transactional.get(i).initTransactions();
        }
        for (int round = 0; round < rounds; ++round) {
            send(producers.get(random.nextInt(producers.size())), topic, random, 50 + random.nextInt(200));
            KafkaProducer<String, String> one = transactional.get(random.nextInt(transactional.size()));
            one.beginTransaction();
            if (random.nextInt(5) != 0) send(one, topic, random, 1 + random.nextInt(60));
            send(producers.get(0), topic, random, 5);
            if (random.nextInt(3) == 0) one.abortTransaction();
            else one.commitTransaction();
        }
        producers.forEach(KafkaProducer::close);
        transactional.forEach(KafkaProducer::close);
    }
}
