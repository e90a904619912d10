"""Servers under test, and what their processes cost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

CALLERS = 16
"""At the same time, in the rows that show what many callers share."""
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """A server under test."""

    def __init__(self, name: str, command: list[str], port: int) -> None:
        self.name = name
        self.endpoint = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GATEWAY_PORT": str(port), "PORT": str(port)},
        )
        self.pid = self._process.pid
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.endpoint, timeout=1)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{name} did not start")

    def client(self, service: str, endpoint: str | None = None) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint or self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=CALLERS),
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def ours(data: str) -> Server:
    """An engine with its own port and data."""
    port = free_port()
    arguments = ["up", "--port", str(port), "--data", data]
    return Server("eventmill", [sys.executable, "-m", "eventmill.cli", *arguments], port)
