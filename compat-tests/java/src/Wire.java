import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;

/** One connection for requests that no client would send. One thread. */
final class Wire implements AutoCloseable {
    private static final Pattern CODE = Pattern.compile("rrorCode=(-?\\d+)");

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private int correlation;

    Wire(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        socket.setSoTimeout(20_000);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    /** The response; an IOException when the broker closes the connection in place of one. */
    ApiMessage ask(ApiMessage request, int version) throws IOException {
        ApiKeys api = ApiKeys.forId(request.apiKey());
        short v = (short) version;
        RequestHeaderData header = new RequestHeaderData().setRequestApiKey(api.id).setRequestApiVersion(v)
            .setCorrelationId(++correlation).setClientId("refused");
        ByteBuffer head = MessageUtil.toByteBufferAccessor(header, api.requestHeaderVersion(v)).buffer();
        ByteBuffer body = MessageUtil.toByteBufferAccessor(request, v).buffer();
        byte[] frame = new byte[head.remaining() + body.remaining()];
        head.get(frame, 0, head.remaining());
        body.get(frame, frame.length - body.remaining(), body.remaining());
        out.writeInt(frame.length);
        out.write(frame);
        out.flush();
        byte[] answer = new byte[in.readInt()];
        in.readFully(answer);
        ByteBufferAccessor readable = new ByteBufferAccessor(ByteBuffer.wrap(answer));
        new ResponseHeaderData().read(readable, api.responseHeaderVersion(v));
        ApiMessage response = ApiMessageType.fromApiKey(api.id).newResponse();
        response.read(readable, v);
        return response;
    }

    /** The names of all error codes in the response, in their order. */
    String errors(ApiMessage request, int version) throws IOException {
        return names(ask(request, version));
    }

    static String names(ApiMessage response) {
        List<String> names = new ArrayList<>();
        Matcher matcher = CODE.matcher(response.toString());
        while (matcher.find()) names.add(Errors.forCode(Short.parseShort(matcher.group(1))).name());
        return String.join(" ", names);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
