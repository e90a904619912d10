"""The settings of one engine, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ACCESS_KEY = "AKIAEVENTMILLLOCAL00"
SECRET_KEY = "eventmill-local-secret-key-not-for-production"  # published on purpose
TEST_KEY = "test"
"""`test`/`test`, which many a script for other emulators sets, is taken too."""

DEFAULT_PORT = 4566
DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one engine runs. Times are seconds."""

    data: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str | None = None
    smtp_port: int | None = None
    """Where mail comes in; None for a free port once a receipt rule set is active."""
    region: str = DEFAULT_REGION
    account: str = DEFAULT_ACCOUNT
    durability: str = "power"
    """`power`, or `process`: survives kill -9 but not a power cut."""
    auth: bool = False
    """Whether the signatures of API calls are checked."""
    seed: int | None = None
    grace: float = 10.0
    """How long a stop waits for running invocations."""

    def endpoint(self, port: int) -> str:
        """The address handed out to clients and functions, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def environment(endpoint: str, region: str) -> dict[str, str]:
    """Variables by which AWS's SDKs find an engine."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def secret_for(access_key: str) -> str | None:
    """The secret that signs for `access_key`; None for a key that is not ours."""
    if access_key == ACCESS_KEY:
        return SECRET_KEY
    return TEST_KEY if access_key == TEST_KEY else None
