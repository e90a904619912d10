"""A real Kafka broker on loopback, from the jars of Maven Central: KRaft, one node.

One listener takes SASL (PLAIN, SCRAM-SHA-512) in the clear, another TLS with clients' certificates.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import free_port

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


@dataclass(frozen=True)
class Broker:
    """`host:port` of both listeners; the certificate and its key serve either side of TLS."""

    sasl: str
    tls: str
    certificate: str
    key: str
    process: subprocess.Popen[bytes]


def _certificate() -> tuple[str, str]:
    """A certificate of 127.0.0.1 that signs itself, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """A running broker that keeps its data in `folder`."""
    jars = _jars()
    port, secure, controller = free_port(), free_port(), free_port()
    certificate, key = _certificate()
    chain, private = certificate.replace("\n", "\\n"), key.replace("\n", "\\n")
    properties = folder / "server.properties"
    properties.write_text(
        f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=SASL_PLAINTEXT://127.0.0.1:{port},SSL://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port},SSL://127.0.0.1:{secure}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.keystore.certificate.chain={chain}
ssl.keystore.key={private}
ssl.truststore.type=PEM
ssl.truststore.certificates={chain}
ssl.client.auth=required
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
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
    scram = ["--add-scram", "SCRAM-SHA-512=[name=scrammer,password=scram-secret]"]
    formatting = subprocess.run(
        [*java, *storage, "-c", str(properties), *scram],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatting.returncode == 0, formatting.stdout + formatting.stderr
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*java, "kafka.Kafka", str(properties)], stdout=log, stderr=log)
    try:
        yield Broker(f"127.0.0.1:{port}", f"127.0.0.1:{secure}", certificate, key, process)
    finally:
        process.kill()
        process.wait()
