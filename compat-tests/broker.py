"""A broker as a child process, ours or Apache Kafka, for the scripts in this folder."""
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Broker:
    """`barnabas server` with its data, its log and its settings in `folder`, on free ports of 127.0.0.1.

    Leaving the `with` block sends SIGTERM and waits; the folder stays for whoever reads the logs. A folder that
    another Broker has left is taken over with its data.
    """

    name = "barnabas"
    ready_seconds = 20
    restart_seconds = 1  # what a start takes at most on a busy machine, for those who wait for it

    def __init__(self, folder, settings=None, binary=None, like=None):
        """`like` is another broker, one that does not run: this one takes over its folder and its ports."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binary = Path(binary or os.environ.get("BARNABAS", ROOT / "build/release/barnabas"))
        ports = (like.port, like.controller_port, like.admin_port) if like else free_ports(3)
        self.port, self.controller_port, self.admin_port = ports
        self.address = f"127.0.0.1:{self.port}"
        self.data = self.folder / "data"
        self.settings = {
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
            "log.dirs": self.data,
            **self.own_settings(),
            **(settings or {}),
        }
        self.config = self.folder / "server.properties"
        self.process = None
        self.change({})

    def change(self, settings):
        """Settings that hold from the next start on."""
        self.settings.update(settings)
        self.config.write_text("".join(f"{key}={value}\n" for key, value in self.settings.items()))

    def own_settings(self):
        """What only this kind of broker understands."""
        return {"admin.listeners": f"http://127.0.0.1:{self.admin_port}"}

    def command(self):
        if not self.binary.exists():
            sys.exit(f"{self.binary} is not built; ./dev build release builds it")
        return [self.binary, "server", self.config]

    def start(self):
        with (self.folder / "broker.log").open("a") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + self.ready_seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join((self.folder / "broker.log").read_text().splitlines()[-15:])
                self.stop()
                sys.exit(f"the broker did not start (exit code {self.process.returncode}):\n{tail}")
            time.sleep(0.02)
        return self

    def answers(self):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        """Returns the exit code: 0 after a clean shutdown, -9 when it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def kill(self):
        """SIGKILL: nothing is written any more, what the kernel has stays."""
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Kafka(Broker):
    """Apache Kafka in place of ours, from the jars that kafka-peer installs; its directory is formatted when new."""

    name = "kafka"
    ready_seconds = 90
    restart_seconds = 18
    home = Path(os.environ.get("KAFKA_PATH", ROOT / "build/kafka"))

    def own_settings(self):
        return {"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"}

    def java(self, main, *arguments):
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                f"-Dlog4j2.configurationFile={self.home}/log4j2.properties", "-cp", f"{self.home}/libs/*", main,
                *map(str, arguments)]

    def command(self):
        if not (self.data / "meta.properties").exists():
            format_it = self.java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c",
                                  self.config)
            done = subprocess.run(format_it, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"Kafka's directory could not be formatted:\n{done.stdout}{done.stderr}")
        return self.java("kafka.Kafka", self.config)


def broker_kind(peer):
    """The class to start: Apache Kafka when `peer` asks for it."""
    return Kafka if peer else Broker
