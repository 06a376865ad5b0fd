"""Which requests a broker serves at which versions, as its own ApiVersions tells."""
import json
import re
import socket
import struct
import time

from record import RESULTS, ROOT

API_VERSIONS = 18


def ask(port, attempts=100):
    """{key: (lowest version, highest version)} of the broker on 127.0.0.1:`port`."""
    header = struct.pack(">hhih", API_VERSIONS, 0, 1, -1)
    for _ in range(attempts):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(struct.pack(">i", len(header)) + header)
                stream = connection.makefile("rb")
                answer = stream.read(struct.unpack(">i", stream.read(4))[0])
        except OSError:
            time.sleep(0.2)
            continue
        error, count = struct.unpack_from(">hi", answer, 4)
        if error == 0:
            return {key: (low, high) for key, low, high in struct.iter_unpack(">hhh", answer[10:10 + 6 * count])}
        time.sleep(0.2)
    raise RuntimeError(f"no answer to ApiVersions on port {port}")


def names():
    """{key: name} out of the schemas."""
    found = {}
    for path in (ROOT / "protocol/schemas").glob("*.schema"):
        head = re.search(r"^api (\w+) key (\d+) ", path.read_text(), re.MULTILINE)
        if head:
            found[int(head[2])] = head[1]
    return found


def store(sides, folder=RESULTS):
    """Keeps {side: {key: (low, high)}} with the requests' names."""
    of_key = names()
    record = {side: [{"key": key, "name": of_key.get(key, f"request {key}"), "low": low, "high": high}
                     for key, (low, high) in sorted(apis.items())] for side, apis in sides.items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "apis.json").write_text(json.dumps(record, indent=1) + "\n")
