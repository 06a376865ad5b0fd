"""kafka-dump-log over every file that a stopped broker has left in a log directory."""
from kafka_tools import equal, expect, expect_not

# What the tool prints about a file that it does not agree with.
COMPLAINTS = ("mismatch", "isvalid: false", "corrupt", "exception", "found timestamp", "out of order", "error:",
              "could not be", "not found in")


def dump(tools, files, *options):
    """One call for up to 200 files; returns the whole text after looking for complaints."""
    files = sorted(files)
    text = ""
    for first in range(0, len(files), 200):
        part = files[first:first + 200]
        out = tools.run("dump-log", *options, "--files", ",".join(map(str, part)))
        expect_not(out, *COMPLAINTS)
        equal([file for file in part if f"Dumping {file}" not in out], [])
        text += out
    return text


def check_directory(tools, data):
    """Yields (name, function) for every kind of file below `data`."""
    # The tool fails on empty index files, and on the indexes of a topic that is being deleted, whoever wrote them.
    def files(pattern, metadata=False):
        return [file for file in data.glob(f"*/{pattern}") if file.stat().st_size > 0
                and not file.parent.name.endswith("-delete") and ("__cluster_metadata" in str(file)) == metadata]

    def logs():
        expect(dump(tools, files("*.log"), "--deep-iteration"), "isvalid: true")

    def indexes():
        dump(tools, files("*.index") + files("*.index", True))
        expect(dump(tools, files("*.index") + files("*.index", True), "--index-sanity-check"), "passed sanity check")

    def time_indexes():
        dump(tools, files("*.timeindex") + files("*.timeindex", True))
        text = dump(tools, files("*.timeindex") + files("*.timeindex", True), "--index-sanity-check")
        expect(text, "passed sanity check")

    def snapshots():
        dump(tools, files("*.snapshot"))

    def transaction_indexes():
        dump(tools, files("*.txnindex"))

    def metadata():
        log = files("*.log", True)
        text = dump(tools, log, "--deep-iteration", "--cluster-metadata-decoder", "--skip-record-metadata")
        expect(text, "TOPIC_RECORD", "PARTITION_RECORD", "REGISTER_BROKER_RECORD", "FEATURE_LEVEL_RECORD")
        points = [*data.glob("__cluster_metadata-0/*.checkpoint"), *data.glob("bootstrap.checkpoint")]
        expect(dump(tools, points, "--cluster-metadata-decoder"), "~FEATURE_LEVEL_RECORD")

    def consumer_offsets():
        logs = [file for file in files("*.log") if file.parent.name.startswith("__consumer_offsets-")]
        text = dump(tools, logs, "--deep-iteration", "--offsets-decoder")
        expect(text, '~"type":"?[01]"?', '~"type":"?2"?')

    def transaction_state():
        logs = [file for file in files("*.log") if file.parent.name.startswith("__transaction_state-")]
        text = dump(tools, logs, "--deep-iteration", "--transaction-log-decoder")
        expect(text, '"transactionalId":', '"producerId":')

    def share_group_state():
        logs = [file for file in files("*.log") if file.parent.name.startswith("__share_group_state-")]
        text = dump(tools, logs, "--deep-iteration", "--share-group-state-decoder")
        expect(text, '"snapshotEpoch":', '"stateBatches":')

    kinds = (logs, indexes, time_indexes, snapshots, transaction_indexes, metadata, consumer_offsets,
             transaction_state, share_group_state)
    needed = {snapshots: "*/*.snapshot", transaction_indexes: "*/*.txnindex",
              transaction_state: "__transaction_state-*/*.log",
              share_group_state: "__share_group_state-*/*.log"}
    for kind in kinds:
        if kind in needed and not any(file.stat().st_size for file in data.glob(needed[kind])):
            continue
        yield f"dump_log_{kind.__name__}", kind
