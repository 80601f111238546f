"""A real Apache Kafka broker of our own: KRaft, one node, on loopback, sized for a laptop."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from nexa_local.kafka_jars import cache_directory
from nexa_local.processes import accepts, await_ready, free_port, spawn, stop

HEAP = [
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
]

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENT://127.0.0.1:{port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=4194304
log.retention.ms=-1
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
num.network.threads=2
num.io.threads=4
"""

LOG4J = """\
Configuration:
  Appenders:
    Console:
      name: stdout
      PatternLayout: {pattern: "[%d] %p %m (%c)%n"}
  Loggers:
    Root: {level: WARN, AppenderRef: {ref: stdout}}
"""


class KafkaBroker:
    """One broker with its log directory. `stop`, `kill` and `start` keep port and data; `wipe` begins a new cluster."""

    def __init__(self, java: Path, jars: Sequence[Path], home: Path, port: int | None = None) -> None:
        self._java = java
        self._class_path = ":".join(str(jar) for jar in jars)
        self._home = home
        self._data = home / "data" / "kafka"
        self._log = home / "logs" / "kafka.log"
        self.port = port or free_port()
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("Kafka is not running")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it accepts connections. A broker that was killed needs about 2.5 s."""
        properties = self._configure()
        if not (self._data / "meta.properties").exists():
            self._format(properties)
        logging = f"-Dlog4j2.configurationFile={self._home / 'kafka-log4j2.yaml'}"
        command: list[str | Path] = [self._java, *HEAP, *self._shared_classes(), logging, "-cp", self._class_path]
        self._process = spawn([*command, "kafka.Kafka", properties], log=self._log)
        await_ready(self._process, lambda: accepts(self.port), name="Kafka", log=self._log, seconds=60)

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, seconds=20)
            self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wipe(self) -> None:
        """Forget every record and topic. The broker has to be stopped."""
        shutil.rmtree(self._data, ignore_errors=True)

    def _configure(self) -> Path:
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "kafka-log4j2.yaml").write_text(LOG4J)
        properties = self._home / "kafka.properties"
        properties.write_text(PROPERTIES.format(port=self.port, controller_port=self._controller_port, data=self._data))
        return properties

    def _format(self, properties: Path) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode().replace("-", "A")
        tool: list[str | Path] = [self._java, *HEAP, "-cp", self._class_path, "kafka.tools.StorageTool"]
        done = subprocess.run(
            [*tool, "format", "-t", cluster_id, "-c", properties], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"formatting Kafka's log directory failed: {done.stdout}{done.stderr}".strip())

    def _shared_classes(self) -> list[str]:
        """A class-data archive, written when a broker first ends and used from then on: it halves the start."""
        archives = cache_directory() / "cds"
        archives.mkdir(parents=True, exist_ok=True)
        key = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._java.resolve()}{self._class_path}")
        return [f"-XX:SharedArchiveFile={archives / f'{key}.jsa'}", "-XX:+AutoCreateSharedArchive"]
