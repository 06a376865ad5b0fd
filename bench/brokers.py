"""The two brokers that are measured, as child processes whose cost is read from /proc."""
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """A broker or a load that did not do what it should; the text says what."""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Broker:
    """One broker on fresh directories and free ports of 127.0.0.1. Both kinds get the same settings, Kafka's
    defaults but for addresses; a subclass says how it is started."""

    def __init__(self, folder):
        self.folder = Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.port, self.controller_port, self.admin_port = free_ports(3)
        self.address = f"127.0.0.1:{self.port}"
        self.log = self.folder / "broker.log"
        self.config = self.folder / "server.properties"
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "log.dirs": self.folder / "data",
            # A deleted topic's pages are there for the next run, which then measures no first touch of memory.
            "log.segment.delete.delay.ms": 1000,
            **self.own_settings(),
        }
        self.config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        self.process = None
        self.prepare()

    def own_settings(self):
        return {}

    def prepare(self):
        """What has to be done once before the first start."""

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self.listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Failure(f"{self.name} did not start; its log is {self.log}")
            time.sleep(0.01)
        return self

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def make_unclean(self):
        """What a stop wrote about the logs being whole is gone: the next start verifies them all."""
        for name in (".kafka_cleanshutdown", "recovery-point-offset-checkpoint"):
            (self.folder / "data" / name).unlink(missing_ok=True)

    def drop_cache(self):
        """The pages of the broker's files leave the page cache."""
        os.sync()
        for path in (self.folder / "data").rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def cpu_seconds(self):
        """User and system time of all threads, ended ones among them."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Failure(f"{self.name} has ended")


class Barnabas(Broker):
    name = "barnabas"
    binary = Path(os.environ.get("BARNABAS", ROOT / "build/release/barnabas"))

    def own_settings(self):
        return {"admin.listeners": f"http://127.0.0.1:{self.admin_port}"}

    def command(self):
        return [self.binary, "server", self.config]


class Kafka(Broker):
    """Apache Kafka with the heap and the collector settings of its own start script."""
    name = "kafka"
    home = Path(os.environ.get("KAFKA_PATH", ROOT / "build/kafka"))

    def own_settings(self):
        return {"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"}

    def java(self, main, *arguments, heap="1g"):
        return ["java", f"-Xmx{heap}", f"-Xms{heap}", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
                f"-Dlog4j2.configurationFile={self.home}/log4j2.properties", "-cp", f"{self.home}/libs/*",
                main, *map(str, arguments)]

    def prepare(self):
        done = subprocess.run(self.java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg",
                                        "-c", self.config, heap="256m"),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise Failure("Kafka's directories could not be formatted:\n" + done.stdout + done.stderr)

    def command(self):
        return self.java("kafka.Kafka", self.config)
