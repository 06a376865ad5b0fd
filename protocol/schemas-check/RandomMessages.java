// Writes random instances of Kafka's messages through Kafka's own generated classes.
//
//   java -cp JARS RandomMessages.java PLAN ROUNDS SEED OUT
//
// Each line of PLAN: class, message name, version, whether records may be null (0 or 1). OUT holds, per instance,
// the name with two bytes of length, the version in two bytes, and the message with four bytes of length.

import java.io.DataOutputStream;
import java.io.BufferedOutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

public class RandomMessages {
    private final Random random;
    private final boolean recordsMayBeNull;

    private RandomMessages(Random random, boolean recordsMayBeNull) {
        this.random = random;
        this.recordsMayBeNull = recordsMayBeNull;
    }

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[1]);
        Random random = new Random(Long.parseLong(args[2]));
        int count = 0;
        try (DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(Path.of(args[3]))))) {
            for (String line : Files.readAllLines(Path.of(args[0]))) {
                String[] words = line.split(" ");
                for (int round = 0; round < rounds; round++) {
                    write(out, words, random);
                    count++;
                }
            }
        }
        System.out.println(count);
    }

    private static void write(DataOutputStream out, String[] words, Random random) throws Exception {
        Class<?> type = Class.forName(words[0]);
        short version = Short.parseShort(words[2]);
        Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        Message message = (Message) type.getConstructor().newInstance();
        new RandomMessages(random, words[3].equals("1")).fill(message, schemas[version]);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        byte[] bytes = new byte[message.size(cache, version)];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) throw new IllegalStateException(words[1] + " is shorter than its size");
        byte[] name = words[1].getBytes(StandardCharsets.UTF_8);
        out.writeShort(name.length);
        out.write(name);
        out.writeShort(version);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Gives every field that the schema of a version has a random value. */
    private void fill(Object target, Schema schema) throws Exception {
        Map<String, Field> members = new HashMap<>();
        for (Field member : target.getClass().getDeclaredFields()) {
            if (!Modifier.isStatic(member.getModifiers())) {
                member.setAccessible(true);
                members.put(plain(member.getName()), member);
            }
        }
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields tags) {
                for (org.apache.kafka.common.protocol.types.Field tag : fieldsOf(tags).values()) {
                    // Tags that keep their default are the usual case.
                    if (random.nextBoolean()) set(target, members, tag.name, tag.type);
                }
            } else {
                set(target, members, field.def.name, field.def.type);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<Integer, org.apache.kafka.common.protocol.types.Field> fieldsOf(TaggedFields tags)
            throws Exception {
        Field fields = TaggedFields.class.getDeclaredField("fields");  // has no accessor in 3.9
        fields.setAccessible(true);
        return (Map<Integer, org.apache.kafka.common.protocol.types.Field>) fields.get(tags);
    }

    private void set(Object target, Map<String, Field> members, String name, Type type) throws Exception {
        Field member = members.get(plain(name));
        if (member == null) throw new IllegalStateException(target.getClass() + " has no " + name);
        member.set(target, value(member, type));
    }

    /** Names in schemas are separated by underscores, members are in camel case. */
    private static String plain(String name) {
        return name.replace("_", "").toLowerCase();
    }

    private Object value(Field member, Type type) throws Exception {
        boolean isRecords = member.getType().getSimpleName().equals("BaseRecords");
        boolean nullable = isRecords ? recordsMayBeNull : type.isNullable();
        if (nullable && random.nextInt(4) == 0) return null;
        if (type.isArray()) return array(member, type.arrayElementType().get());
        if (isRecords) return records(ByteBuffer.wrap(bytes()));
        return scalar(member.getType(), type);
    }

    @SuppressWarnings("unchecked")
    private Object array(Field member, Type elementType) throws Exception {
        Class<?> element;
        Collection<Object> all;
        if (member.getType() == List.class) {
            java.lang.reflect.Type argument =
                ((ParameterizedType) member.getGenericType()).getActualTypeArguments()[0];
            element = argument instanceof Class<?> known ? known : byte[].class;
            all = new ArrayList<>();
        } else {
            // A collection that also finds its elements by key.
            element = (Class<?>) ((ParameterizedType) member.getType().getGenericSuperclass())
                .getActualTypeArguments()[0];
            all = (Collection<Object>) member.getType().getConstructor().newInstance();
        }
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) all.add(scalar(element, elementType));
        return all;
    }

    private Object scalar(Class<?> wanted, Type type) throws Exception {
        if (wanted == boolean.class || wanted == Boolean.class) return random.nextBoolean();
        if (wanted == byte.class || wanted == Byte.class) return (byte) number();
        if (wanted == short.class || wanted == Short.class) return (short) number();
        if (type == Type.UINT16) return random.nextInt(65536);
        if (wanted == int.class || wanted == Integer.class) return (int) number();
        if (wanted == long.class || wanted == Long.class) return number();
        if (wanted == double.class || wanted == Double.class) return random.nextGaussian() * 1e6;
        if (wanted == String.class) return text();
        if (wanted == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
        if (wanted == byte[].class) return bytes();
        if (wanted == ByteBuffer.class) return ByteBuffer.wrap(bytes());
        if (type instanceof Schema schema) {
            Object made = wanted.getConstructor().newInstance();
            fill(made, schema);
            return made;
        }
        throw new IllegalStateException("no value for " + wanted + " as " + type);
    }

    private static Object records(ByteBuffer bytes) throws Exception {
        Class<?> type;
        try {
            type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
        } catch (ClassNotFoundException e) {
            type = Class.forName("org.apache.kafka.common.record.MemoryRecords");  // where 3.9 has it
        }
        return type.getMethod("readableRecords", ByteBuffer.class).invoke(null, bytes);
    }

    /** Small ones, defaults among them, and any. */
    private long number() {
        return random.nextBoolean() ? random.nextInt(5) - 2 : random.nextLong();
    }

    private String text() {
        int size = random.nextInt(20) == 0 ? 100 + random.nextInt(200) : random.nextInt(8);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < size; i++)
            text.appendCodePoint(random.nextInt(8) == 0 ? 0x4e00 + random.nextInt(99) : 'a' + i % 26);
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(20) == 0 ? 600 + random.nextInt(200) : random.nextInt(12)];
        random.nextBytes(bytes);
        return bytes;
    }
}
