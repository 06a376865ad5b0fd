import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Runs the public static methods of a class that take a Clients, by name, and prints a line for each:
 * {@code PASSED name seconds} or {@code FAILED name seconds: why}.
 */
public final class Checks {
    private Checks() {}

    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(String text) {
            super(text);
        }
    }

    public static void main(String[] arguments) throws Exception {
        String address = arguments[0];
        Class<?> type = Class.forName(arguments[1]);
        List<String> parts = Arrays.asList(arguments).subList(2, arguments.length);
        boolean failed = false;
        Method[] methods = type.getMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName));
        for (Method method : methods) {
            if (method.getDeclaringClass() != type || method.getParameterCount() != 1) continue;
            if (method.getParameterTypes()[0] != Clients.class) continue;
            if (!parts.isEmpty() && parts.stream().noneMatch(method.getName()::contains)) continue;
            failed |= !run(method, new Clients(address, method.getName()));
        }
        System.exit(failed ? 1 : 0);
    }

    private static boolean run(Method method, Clients clients) throws IllegalAccessException {
        long begun = System.nanoTime();
        Throwable problem = null;
        try (clients) {
            method.invoke(null, clients);
        } catch (InvocationTargetException wrapped) {
            problem = wrapped.getCause();
        }
        String end = String.format("%s %.1f", method.getName(), (System.nanoTime() - begun) / 1e9);
        if (problem == null) {
            System.out.println("PASSED " + end);
            return true;
        }
        if (!(problem instanceof Failed)) problem.printStackTrace();
        StackTraceElement[] frames = problem.getStackTrace();
        String where = Arrays.stream(frames).filter(f -> f.getClassName().equals(method.getDeclaringClass().getName()))
            .findFirst().map(f -> " (line " + f.getLineNumber() + ")").orElse("");
        System.out.println("FAILED " + end + ": " + String.valueOf(problem).replace('\n', ' ') + where);
        return false;
    }

    public static void equal(Object found, Object wanted, String what) {
        if (found instanceof List<?> left && wanted instanceof List<?> right && !left.equals(right)) {
            int at = 0;
            while (at < left.size() && at < right.size() && Objects.equals(left.get(at), right.get(at))) ++at;
            throw new Failed(what + ": " + right.size() + " expected, " + left.size() + " found; from " + at + " on "
                + shortened(right.subList(at, right.size())) + " against " + shortened(left.subList(at, left.size())));
        }
        if (!Objects.equals(found, wanted)) {
            throw new Failed(what + ": expected " + shortened(wanted) + ", found " + shortened(found));
        }
    }

    public static void isTrue(boolean condition, String what) {
        if (!condition) throw new Failed("not true: " + what);
    }

    private static String shortened(Object value) {
        String text = String.valueOf(value);
        return text.length() < 300 ? text : text.substring(0, 300) + "...";
    }

    public interface Action {
        void run() throws Exception;
    }

    public interface Condition {
        boolean holds() throws Exception;
    }

    /** The failure of an action that has to fail with one of the types, itself or as a cause. */
    @SafeVarargs
    public static Throwable fails(String what, Action action, Class<? extends Throwable>... types) {
        try {
            action.run();
        } catch (Throwable failure) {
            for (Throwable one = failure; one != null; one = one.getCause()) {
                for (Class<? extends Throwable> type : types) {
                    if (type.isInstance(one)) return one;
                }
            }
            throw new Failed(what + ": expected " + Arrays.toString(types) + ", failed with " + failure + " caused by "
                + failure.getCause());
        }
        throw new Failed(what + ": expected " + Arrays.toString(types) + ", it went through");
    }

    /** Waits for a condition. */
    public static void eventually(String what, int seconds, Condition condition) throws Exception {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) throw new Failed("not within " + seconds + " s: " + what);
            Thread.sleep(20);
        }
    }
}
