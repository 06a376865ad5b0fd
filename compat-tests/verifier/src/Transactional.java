import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;

/** A worker with transactions: how they begin and end, and what is known of the end. One thread. */
abstract class Transactional extends Task {
    static final int PARTITIONS = 3;
    final String topic;
    final Random random;
    /** Each holds back all readers of its partitions until it times out. */
    int abandonPercent = 2;
    KafkaProducer<String, String> producer;
    History history;
    private String id;
    private int ids;
    int txn;

    Transactional(String address, Path folder, String name, String topic, long seed) {
        super(address, folder, name);
        this.topic = topic;
        this.random = new Random(seed);
    }

    /** What one transaction writes. */
    abstract void write() throws Exception;

    /** Called when a new producer is ready: the transaction before it has ended, whichever way. */
    abstract void renewed() throws Exception;

    /** Called when the end of a transaction is known. */
    abstract void ended(boolean committed);

    @Override
    void work(History to) throws Exception {
        history = to;
        newId();
        renew();
        while (!stopping) {
            transaction();
            pause(random, 15);
        }
        // Ends what is open under this id; nothing may hang once the round is over.
        renew();
        producer.close(Duration.ofSeconds(5));
    }

    private void newId() {
        id = topic + "-" + name + "-" + ids++;
    }

    private KafkaProducer<String, String> open() {
        Properties settings = Verifier.settings(address);
        settings.put("transactional.id", id);
        settings.put("transaction.timeout.ms", "2500");
        settings.put("delivery.timeout.ms", "6000");
        // Short ones give up while the end of a transaction is under way.
        settings.put("max.block.ms", Integer.toString(random.nextInt(2) == 0 ? 300 : 6000));
        settings.put("linger.ms", "0");
        settings.put("batch.size", random.nextBoolean() ? "200" : "16384");
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    /** A new producer under the same id, tried until it is ready. */
    private void renew() throws Exception {
        for (long begun = System.nanoTime();;) {
            if (producer != null) producer.close(Duration.ZERO);
            producer = open();
            try {
                producer.initTransactions();
                break;
            } catch (KafkaException failure) {
                if (System.nanoTime() - begun > 40_000_000_000L) throw failure;
                Thread.sleep(100);
            }
        }
        renewed();
    }

    void send(int partition, String key, String value) {
        history.add("send", txn, partition, value);
        producer.send(new ProducerRecord<>(topic, partition, key, value), (where, failure) -> {
            if (failure == null) history.add("ack", where.partition(), where.offset(), value);
        });
    }

    private void end(String how) {
        history.add(how, txn);
        ended(how.equals("commit"));
    }

    private void transaction() throws Exception {
        ++txn;
        int choice = random.nextInt(100);
        try {
            producer.beginTransaction();
            write();
        } catch (KafkaException failure) {
            giveUp();
            return;
        }
        if (choice < abandonPercent) {
            abandon();
        } else if (choice < 6) {
            fence();
        } else if (choice < 25) {
            abort();
        } else {
            commit();
        }
    }

    private void commit() throws Exception {
        for (int attempt = 0;; ++attempt) {
            try {
                producer.commitTransaction();
                end("commit");
                return;
            } catch (TimeoutException late) {
                // The same commit may be asked for again.
                if (attempt < random.nextInt(3)) continue;
            } catch (KafkaException failure) {
                // It may have been carried out before it failed here.
            }
            history.add("unknown", txn);
            renew();
            return;
        }
    }

    private void abort() throws Exception {
        producer.flush();
        try {
            producer.abortTransaction();
            end("abort");
        } catch (KafkaException failure) {
            giveUp();
        }
    }

    /** Commit was never asked for, so nothing of it may be seen, however it ends. */
    private void giveUp() throws Exception {
        end("abort");
        renew();
    }

    /** Leaves the transaction open behind an id that nobody uses again: it has to time out. */
    private void abandon() throws Exception {
        producer.flush();
        end("abort");
        newId();
        renew();
    }

    /** A second instance takes over while the first is in the middle, and the first tries to commit. */
    private void fence() throws Exception {
        KafkaProducer<String, String> first = producer;
        producer = null;
        end("abort");
        renew();
        try {
            first.commitTransaction();
            history.add("error", "a fenced producer committed", txn);
        } catch (KafkaException fenced) {
            // As it has to be.
        } finally {
            first.close(Duration.ZERO);
        }
    }
}
