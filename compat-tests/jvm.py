"""Java programs with Kafka's own client: fetches the jars, compiles the sources, runs one and answers its calls."""
import shutil
import subprocess
import sys
from pathlib import Path

from broker import ROOT

HERE = Path(__file__).resolve().parent
HOME = ROOT / "build/java"
# Before KIP-890: transactions of the old protocol, which every client up to 3.9 speaks.
OLD_CLIENTS = "3.9.1"
JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]


def maven(*arguments):
    done = subprocess.run(["mvn", "-q", "-B", "-f", HERE / "java/pom.xml", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"mvn failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def install():
    """The jars to build/java/libs, the old client's to build/java/old; nothing when they are there."""
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
    if not any((HOME / "libs").glob("kafka-streams-*.jar")):
        maven(f"{plugin}:copy-dependencies", f"-DoutputDirectory={HOME}/libs")
    if not (HOME / f"old/kafka-clients-{OLD_CLIENTS}.jar").exists():
        maven(f"{plugin}:copy", f"-Dartifact=org.apache.kafka:kafka-clients:{OLD_CLIENTS}",
              f"-DoutputDirectory={HOME}/old")


def compile_sources():
    """Every source of this folder to build/java/classes, when one is newer than what is there."""
    sources = sorted([*HERE.glob("*/src/**/*.java")])
    classes, stamp = HOME / "classes", HOME / "classes.stamp"
    if stamp.exists() and all(source.stat().st_mtime < stamp.stat().st_mtime for source in sources):
        return
    shutil.rmtree(classes, ignore_errors=True)
    words = ["javac", "-Xlint:all,-processing,-try,-varargs", "-Werror", "-d", classes, "-cp", f"{HOME}/libs/*"]
    done = subprocess.run([*words, *sources], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    stamp.touch()


def prepare():
    install()
    compile_sources()


def command(main, *arguments, old=False, properties=()):
    """The words that start a main class of ours; `old` puts the old protocol's client in front."""
    jars = f"{HOME}/libs/*"
    if old:
        jars = f"{HOME}/old/kafka-clients-{OLD_CLIENTS}.jar:{jars}"
    log = "-Dorg.slf4j.simpleLogger"
    return [*JAVA, *(f"-D{one}" for one in properties), f"{log}.defaultLogLevel=warn", f"{log}.showDateTime=true",
            f"{log}.dateTimeFormat=HH:mm:ss.SSS", f"{log}.log.org.apache.kafka.clients.NetworkClient=error",
            "-cp", f"{HOME}/classes:{jars}", main, *map(str, arguments)]


class Program:
    """A Java program that is driven over its standard input and output, a line at a time; its errors go to `log`."""

    def __init__(self, words, log):
        self.log = log
        with open(log, "a") as errors:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                            text=True, bufsize=1)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def lines(self):
        for line in self.process.stdout:
            yield line.rstrip("\n")

    def stop(self):
        """Closes its input and waits; kills it when that takes long. Returns the exit code."""
        try:
            self.process.stdin.close()
            return self.process.wait(timeout=20)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            return self.process.wait()
