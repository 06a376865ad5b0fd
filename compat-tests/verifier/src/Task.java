import java.nio.file.Path;
import java.util.Random;

/** A worker or a reader of one round: a thread and a history of its own, until it is told to stop. */
abstract class Task implements Runnable {
    final String address;
    final Path folder;
    final String name;
    volatile boolean stopping;

    Task(String address, Path folder, String name) {
        this.address = address;
        this.folder = folder;
        this.name = name;
    }

    /** Returns when it is stopped and whatever it began has come to an end. */
    abstract void work(History history) throws Exception;

    @Override
    public void run() {
        try (History history = new History(folder, name)) {
            try {
                work(history);
            } catch (Throwable failure) {
                failure.printStackTrace();
                history.add("error", String.valueOf(failure).replace('\n', ' '));
            }
        } catch (Exception failure) {
            failure.printStackTrace();
        }
    }

    static void pause(Random random, int most) throws InterruptedException {
        Thread.sleep(random.nextInt(most + 1));
    }
}
