"""How functions are run on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _default_environments() -> int:
    """As many as half the memory holds at 96 MB each, 200 at the most."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        memory = 4 << 30
    return max(8, min(200, memory // 2 // (96 << 20)))


@dataclass(frozen=True, slots=True)
class InvokeSettings:
    """`endpoint` is asked when an environment starts: the port is known only then."""

    data: Path
    endpoint: Callable[[], str]
    region: str
    account: str
    access_key: str
    secret_key: str
    session_token: str
    bundle: Path
    """The authorities that functions trust for TLS, the engine's own among them."""
    authority: Path
    """The engine's own alone."""
    extension_port: Callable[[], int | None] = lambda: None
    """Where the extension for parameters and secrets listens, when functions name its layer."""
    account_concurrency: int = 1_000
    environments: int = 0
    """How many processes at once; 0 chooses by the machine's memory."""
    idle_seconds: float = 300.0
    init_seconds: float = 10.0
    xray_address: str = "127.0.0.1:2000"

    @property
    def limit(self) -> int:
        """The number of environments at the most."""
        return self.environments or _default_environments()
