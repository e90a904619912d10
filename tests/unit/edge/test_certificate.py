"""Which authorities functions are led to trust."""

from __future__ import annotations

import re
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509

from eventmill.edge.certificate import Certificate

NAMES = ["localhost", "127.0.0.1"]
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def authority(folder: Path) -> str:
    """The certificate of some authority, as PEM."""
    made = Certificate(folder, NAMES)
    made.make(time.time())
    return made.authority.read_text().strip()


def subjects(file: Path) -> int:
    """How many authorities OpenSSL finds in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file)
    return len(context.get_ca_certs())


def test_the_bundle_holds_the_machine_s_authorities_and_the_engine_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, asked, inner = (authority(tmp_path / name) for name in ("file", "asked", "inner"))
    (tmp_path / "machine.pem").write_text(f"# of the machine\n{file}\n")
    (tmp_path / "asked.pem").write_text(f"{asked}\n{file}\n")
    folder = tmp_path / "machine"
    folder.mkdir()
    (folder / "0f1e2d3c.0").write_text(inner)
    (folder / "same.pem").symlink_to(folder / "0f1e2d3c.0")
    (folder / "README").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "machine.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "asked.pem"))
    certificate = Certificate(tmp_path / "own", NAMES)
    certificate.make(time.time())
    held = PEM.findall(certificate.bundle.read_text())
    own = certificate.authority.read_text().strip()
    assert {file, asked, inner, own} <= set(held)
    assert len(held) == len(set(held)) > 100, "those of AWS's SDK are missing"
    assert subjects(certificate.bundle) == len(held)


def test_each_start_takes_what_the_machine_trusts_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = authority(tmp_path / "later")
    certificate = Certificate(tmp_path / "own", NAMES)
    certificate.make(time.time())
    own = certificate.authority.read_text()
    assert later not in certificate.bundle.read_text()
    (tmp_path / "machine.pem").write_text(later)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "machine.pem"))
    Certificate(tmp_path / "own", NAMES).make(time.time())
    assert later in certificate.bundle.read_text()
    assert certificate.authority.read_text() == own


def test_files_of_a_start_that_was_cut_off_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(file: Path, data: bytes) -> int:
        raise OSError(f"{file.name} is not written any more")

    Certificate(tmp_path, NAMES).make(time.time())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", cut_off)
        with pytest.raises(OSError, match="authority"):
            Certificate(tmp_path, ["other"]).make(time.time())
    again = Certificate(tmp_path, NAMES)
    again.make(time.time())
    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    server.verify_directly_issued_by(x509.load_pem_x509_certificate(again.authority.read_bytes()))
