import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes numbered values until it is stopped; a key has its partition. A thread of its own. */
final class Source implements Runnable {
    private final KafkaProducer<String, String> producer;
    private final String topic;
    private final int partitions;
    private final int keys;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Thread thread = new Thread(this);
    private int written;

    Source(Clients clients, String topic, int partitions, int keys) {
        this.producer = clients.producer(Map.of("enable.idempotence", "true", "linger.ms", "5"));
        this.topic = topic;
        this.partitions = partitions;
        this.keys = keys;
    }

    Source start() {
        thread.start();
        return this;
    }

    @Override
    public void run() {
        try {
            while (!stopping.get()) {
                int key = written % keys;
                producer.send(new ProducerRecord<>(topic, key % partitions, "k" + key, "" + written));
                ++written;
                Thread.sleep(2);
            }
            producer.flush();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it; returns how many values are in the topic, 0 and up. */
    int stop() throws InterruptedException {
        stopping.set(true);
        thread.join();
        return written;
    }
}
