"""Calls Kafka's command line tools and says what went wrong when their output is not the expected one."""
import os
import re
import subprocess
import uuid
from pathlib import Path

# The tools' own start-up takes a second; a minute means that an answer never came.
LIMIT_SECONDS = 60


class Tools:
    """The tools in `home`/bin, pointed at the broker at `address`. Any thread."""

    def __init__(self, home, address, scratch):
        self.home = Path(home)
        self.address = address
        self.scratch = Path(scratch)
        self.scratch.mkdir(parents=True, exist_ok=True)

    def run(self, tool, *arguments, stdin=None, fails=False, environment=None):
        """Runs kafka-`tool`.sh; returns what it wrote to both outputs. `fails` expects an exit code but 0."""
        command = [self.home / f"bin/kafka-{tool}.sh", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_SECONDS,
                              env={**os.environ, **(environment or {})})
        if (done.returncode != 0) != fails:
            raise AssertionError(f"kafka-{tool} {' '.join(map(str, arguments))[:300]}: exit code {done.returncode}\n"
                                 f"{done.stdout}")
        return done.stdout

    def call(self, tool, *arguments, **options):
        """run() with --bootstrap-server in front."""
        return self.run(tool, "--bootstrap-server", self.address, *arguments, **options)

    def prepare(self):
        """Makes the class data archive that halves the start-up of every later tool, once."""
        archive = self.home / "tools.jsa"
        if not archive.exists():
            self.call("topics", "--list", environment={"KAFKA_OPTS": f"-XX:ArchiveClassesAtExit={archive}"})

    def file(self, name, text):
        path = self.scratch / f"{uuid.uuid4().hex[:8]}-{name}"
        path.write_text(text)
        return path

    def topic(self, partitions=1, **configs):
        """Creates a topic and returns its name."""
        name = "tools-" + uuid.uuid4().hex[:10]
        settings = [part for key, value in configs.items() for part in ("--config", f"{key.replace('_', '.')}={value}")]
        expect(self.call("topics", "--create", "--topic", name, "--partitions", partitions, *settings),
               f"Created topic {name}.")
        return name

    def produce(self, topic, lines, *arguments):
        self.call("console-producer", "--topic", topic, *arguments, stdin="".join(line + "\n" for line in lines))

    def consume(self, topic, count, *arguments):
        """The lines that the console consumer prints for `count` records, sorted."""
        text = self.call("console-consumer", "--topic", topic, "--max-messages", count, "--timeout-ms", 30000,
                         *arguments)
        expect(text, f"Processed a total of {count} messages")
        return sorted(line for line in text.splitlines()
                      if line and not line.startswith(("Processed a total", "The consumer rebalance protocol")))


def expect(text, *patterns):
    """Each pattern is found in the text; `~` in front makes it a regular expression, else it is literal."""
    for pattern in patterns:
        found = re.search(pattern[1:], text, re.M) if pattern.startswith("~") else pattern in text
        if not found:
            raise AssertionError(f"expected {pattern!r} in:\n{text}")


def expect_not(text, *patterns):
    for pattern in patterns:
        if re.search(pattern, text, re.M | re.I):
            raise AssertionError(f"did not expect {pattern!r} in:\n{text}")


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"expected {wanted!r}, found {found!r}")
