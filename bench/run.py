"""Rates, latencies and server CPU per call, ours beside the peers', in one run.

    python bench/run.py [--seconds 2] [--peers]

Each server runs in a process of its own; the client is boto3 on this machine, so the rates are
bound by the client. The CPU that the server's process used per call is the steadiest figure.
Peers keep everything in memory; ours is on disk with one sync per commit. The limits that this
machine sets to any server are printed last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import limits
from arrivals import arrivals
from calls import cold_starts, rows
from servers import Server, cpu_seconds, free_port


def idle(server: Server) -> float:
    """Percent of one core that the server takes at rest."""
    before = cpu_seconds(server.pid)
    time.sleep(3)
    return (cpu_seconds(server.pid) - before) / 3 * 100


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    data = tempfile.mkdtemp(prefix="bench-")
    port = free_port()
    commands = {
        "eventmill": [
            sys.executable,
            "-m",
            "eventmill.cli",
            "up",
            "--port",
            str(port),
            "--data",
            data,
        ],
    }
    if options.peers:
        commands["ministack"] = [str(Path(sys.executable).parent / "ministack")]
        commands["moto_server"] = [sys.executable, "-m", "moto.server", "-p"]
    results: dict[str, Any] = {}
    for name, command in commands.items():
        port = port if name == "eventmill" else free_port()
        server = Server(name, [*command, str(port)] if name == "moto_server" else command, port)
        try:
            results[name] = rows(server, options.seconds)
            if name == "eventmill":
                results["cold start, ms"] = cold_starts(server)
                results |= arrivals(server)
                results["at rest, % of a core"] = idle(server)
        finally:
            server.stop()
    results |= limits.measure(Path(data), options.seconds)
    shutil.rmtree(data, ignore_errors=True)
    _print(results, list(commands))


def _print(results: dict[str, Any], names: list[str]) -> None:
    for row in results["eventmill"]:
        shown = []
        for name in names:
            figures = results[name].get(row) or {}
            if figures:
                shown.append(
                    f"{name} {figures['rate']:6.0f}/s p99 {figures['p99_ms']:5.1f} ms "
                    f"cpu {figures['cpu_us']:5.0f} us"
                )
            else:
                shown.append(f"{name} -")
        print(f"{row:32} {' | '.join(shown)}")
    for name, value in results.items():
        if name not in names:
            print(f"{name:32} {json.dumps(value)}")


if __name__ == "__main__":
    main()
