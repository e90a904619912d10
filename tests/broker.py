"""A real Kafka broker on loopback, from the jars of Maven Central: KRaft, one node, SASL/PLAIN."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_VERSION = "3.9.1"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>{_VERSION}</version></dependency></dependencies></project>"""
_JAAS = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    'user_reader="reader-secret" user_writer="writer-secret";'
)


def _jars() -> Path:
    """The folder with the broker's jars, fetched once. Skips the tests where it cannot be had."""
    cache = Path.home() / ".cache" / "eventmill-tests" / "kafka" / _VERSION
    if (cache / f"kafka_2.13-{_VERSION}.jar").exists():
        return cache
    if not shutil.which("java") or not shutil.which("mvn"):
        pytest.skip("a Kafka broker needs java and mvn, which are not on this machine")
    partial = cache.with_name(f"{_VERSION}.{os.getpid()}")
    partial.mkdir(parents=True)
    (partial / "pom.xml").write_text(_POM)
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    fetched = subprocess.run(command, cwd=partial, capture_output=True, text=True, check=False)
    if fetched.returncode:
        shutil.rmtree(partial)
        pytest.skip(f"Maven could not fetch the Kafka broker: {fetched.stdout[-300:]}")
    try:
        partial.rename(cache)
    except OSError:
        # Another worker was first.
        shutil.rmtree(partial)
    return cache


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """`host:port` of a running broker that keeps its data in `folder`."""
    jars = _jars()
    port, controller = _free_port(), _free_port()
    properties = folder / "server.properties"
    properties.write_text(
        f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=SASL_PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={_JAAS[:-1]} username="writer" \
password="writer-secret";
log.dirs={folder / "data"}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
"""
    )
    java = ["java", "-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
    storage = ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA"]
    formatting = subprocess.run(
        [*java, *storage, "-c", str(properties)], capture_output=True, text=True, check=False
    )
    assert formatting.returncode == 0, formatting.stdout + formatting.stderr
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*java, "kafka.Kafka", str(properties)], stdout=log, stderr=log)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
