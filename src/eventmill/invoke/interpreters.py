"""Which Python or Node.js runs a function."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from dataclasses import dataclass

from eventmill.kernel.runtimes import unsupported


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`version` is `3.12`."""

    path: str
    version: str


OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


@functools.lru_cache(maxsize=32)
def interpreter_for(runtime: str) -> Interpreter:
    """The interpreter of `python3.x`: found on the machine and complete, or the engine's own.

    An application must not fail because the machine lacks one Python version, so the engine's own
    stands in; INIT_START in the function's log names the version that runs.
    """
    wanted = runtime.removeprefix("python")
    if wanted == OWN:
        return Interpreter(sys.executable, OWN)
    found = shutil.which(f"python{wanted}")
    if found is not None and _has_boto3(found):
        return Interpreter(found, wanted)
    return Interpreter(sys.executable, OWN)


def _has_boto3(path: str) -> bool:
    """Lambda's Python runtimes bring boto3; an interpreter without it would break functions."""
    try:
        done = subprocess.run(
            [path, "-c", "import boto3, awslambdaric"], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def stand_in(runtime: str) -> str | None:
    """What is to be said where another Python runs a runtime's functions; None when its own does.

    Of Node.js the machine has one version, which runs them all.
    """
    if not runtime.startswith("python") or unsupported(runtime) is not None:
        return None
    version = interpreter_for(runtime).version
    if f"python{version}" == runtime:
        return None
    return (
        f"functions of runtime {runtime} run on Python {version}, the engine's own: this machine "
        f"has no {runtime} on its PATH with boto3 and awslambdaric"
    )


def node() -> str | None:
    """The machine's Node.js, whatever its version; None without one."""
    return shutil.which("node")


def refusal(runtime: str) -> str | None:
    """Why functions of a runtime cannot run on this machine; None when they can."""
    if runtime.startswith("nodejs") and node() is None:
        return (
            f"functions of runtime {runtime} need Node.js, and there is no `node` on this "
            "machine's PATH: install it"
        )
    return unsupported(runtime)
