import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of one worker or reader, a line for each event; see checker.py. Any thread. */
final class History implements AutoCloseable {
    private final PrintWriter out;

    History(Path folder, String name) throws IOException {
        out = new PrintWriter(Files.newBufferedWriter(folder.resolve(name + ".history")));
    }

    synchronized void add(String kind, Object... words) {
        out.print(kind);
        for (Object word : words) {
            out.print(' ');
            out.print(word);
        }
        out.println();
    }

    @Override
    public synchronized void close() {
        out.close();
    }
}
