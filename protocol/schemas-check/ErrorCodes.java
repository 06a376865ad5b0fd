// Prints Kafka's error codes: code, name, and whether the exception behind it may be retried.

import org.apache.kafka.common.errors.RetriableException;

public class ErrorCodes {
    public static void main(String[] args) {
        for (var error : org.apache.kafka.common.protocol.Errors.values()) {
            String kind = error.exception() instanceof RetriableException ? "retriable" : "final";
            System.out.println(error.code() + " " + error.name() + " " + kind);
        }
    }
}
