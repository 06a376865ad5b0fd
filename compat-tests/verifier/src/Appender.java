import java.nio.file.Path;

/** Appends numbered values to several partitions a transaction. */
final class Appender extends Transactional {
    private int number;

    Appender(String address, Path folder, String name, String topic, long seed) {
        super(address, folder, name, topic, seed);
    }

    @Override
    void write() {
        int records = 1 + random.nextInt(6);
        for (int i = 0; i < records; ++i) send(random.nextInt(PARTITIONS), name, name + ":" + number++);
    }

    @Override
    void renewed() {}

    @Override
    void ended(boolean committed) {}
}
