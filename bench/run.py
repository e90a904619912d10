"""Rates, latencies and server CPU per call, ours beside the peers', in one run.

    python bench/run.py [--rounds 5] [--seconds 1] [--peers FOLDER] [--documents 100]

Each server runs in a process of its own; the client is boto3 on this machine, so the rates are
bound by the client. The CPU that the server's process used per call is the steadiest figure.
Peers (programs in FOLDER) keep everything in memory; ours is on disk with one sync per commit.
The limits that this machine sets to any server are printed last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import limits
import pipeline
import rules
import sockets
from arrivals import arrivals
from backlog import backlog
from calls import Figures, cold_starts, compare
from servers import Server, cpu_seconds, free_port, ours


def idle(server: Server) -> float:
    """Percent of one core that the server takes at rest."""
    before = cpu_seconds(server.pid)
    time.sleep(5)
    return (cpu_seconds(server.pid) - before) / 5 * 100


def peers(folder: Path) -> Iterable[Server]:
    """Those that are installed there."""
    for name, arguments in (("ministack", []), ("moto_server", ["-p", "{port}"])):
        program = folder / name
        if program.exists():
            port = free_port()
            given = [argument.format(port=port) for argument in arguments]
            yield Server(name, [str(program), *given], port)
        else:
            print(f"{program} is missing: no rows for {name}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--documents", type=int, default=100)
    options = parser.parse_args()
    data = tempfile.mkdtemp(prefix="bench-")
    engine = ours(data)
    servers = [engine, *(peers(options.peers) if options.peers else ())]
    try:
        calls(compare(servers, options.rounds, options.seconds))
    finally:
        for server in servers[1:]:
            server.stop()
    try:
        show({"cold start of a function with boto3, ms": round(cold_starts(engine), 1)})
        show(arrivals(engine))
        show(backlog(engine))
        show({"at rest, % of a core": round(idle(engine), 2)})
    finally:
        engine.stop()
    show(sockets.measure())
    show(rules.measure())
    show(pipeline.measure(options.documents))
    show(limits.measure(Path(data), options.seconds))
    shutil.rmtree(data, ignore_errors=True)


def calls(found: dict[str, dict[str, Figures]]) -> None:
    """A line for each row; the ratio is our CPU to the first peer's."""
    for row, by_server in found.items():
        shown = [
            f"{name} {figures['rate']:5.0f}/s p99 {figures['p99_ms']:5.1f} ms "
            f"cpu {figures['cpu_us']:5.0f} us"
            for name, figures in by_server.items()
        ]
        own, other = by_server.get("eventmill"), by_server.get("ministack")
        if own and other:
            shown.append(f"cpu ratio {own['cpu_us'] / other['cpu_us']:.2f}")
        print(f"{row:32} {' | '.join(shown)}", flush=True)


def show(results: dict[str, Any]) -> None:
    """A line for each figure."""
    for name, value in results.items():
        print(f"{name:48} {json.dumps(value)}", flush=True)


if __name__ == "__main__":
    main()
