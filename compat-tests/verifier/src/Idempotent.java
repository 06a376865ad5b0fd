import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Appends numbered values without transactions, several at a time. */
final class Idempotent extends Task {
    private final String topic;
    private final Random random;

    Idempotent(String address, Path folder, String name, String topic, long seed) {
        super(address, folder, name);
        this.topic = topic;
        this.random = new Random(seed);
    }

    @Override
    void work(History history) throws Exception {
        Properties settings = Verifier.settings(address);
        settings.put("enable.idempotence", "true");
        settings.put("delivery.timeout.ms", "20000");
        settings.put("linger.ms", "1");
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; !stopping; ++number) {
                int partition = random.nextInt(Transactional.PARTITIONS);
                String value = name + ":" + number;
                history.add("send", "-", partition, value);
                producer.send(new ProducerRecord<>(topic, partition, name, value), (where, failure) -> {
                    if (failure == null) history.add("ack", where.partition(), where.offset(), value);
                });
                if (random.nextInt(4) == 0) pause(random, 15);
            }
            producer.flush();
            producer.close(Duration.ofSeconds(20));
        }
    }
}
