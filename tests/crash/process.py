"""Engines in processes of their own, which tests kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from eventmill import config
from eventmill.testing import TestEngine


def start(
    data: Path, log: Path, app: Path, *options: str
) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """`eventmill up` on a free port: the process, and what it says once it is ready."""
    command = [sys.executable, "-m", "eventmill.cli", "up", str(app), "--port", "0", "--json"]
    command += ["--data", str(data), *options]
    with log.open("a") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, log.read_text()
    return process, json.loads(line)


def kill(process: subprocess.Popen[str]) -> None:
    """Give it no chance to say goodbye."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def client_of(endpoint: str, service: str) -> Any:
    """A boto3 client of the engine there."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=config.ACCESS_KEY,
        aws_secret_access_key=config.SECRET_KEY,
    )


def calm(mill: TestEngine, rounds: int, seconds: float) -> None:
    """Let what moves end, so many times, and what was put off for `seconds` begin in between."""
    for _ in range(rounds):
        mill.settle()
        mill.advance(seconds)
    mill.settle()
