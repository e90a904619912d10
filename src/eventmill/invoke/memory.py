"""How much memory a process uses, read from /proc where there is one.

A watchdog on resident memory rather than an address space limit: native libraries reserve far more
address space than they use, and would fail under one.
"""

from __future__ import annotations

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident_mb(pid: int) -> float:
    """Memory that is the process's alone, MB; 0 where it cannot be told.

    Pages shared with the fork server do not count: they are no use of this function's.
    """
    try:
        parts = Path(f"/proc/{pid}/statm").read_bytes().split()
    except OSError:
        return 0.0
    return (int(parts[1]) - int(parts[2])) * _PAGE / 1_048_576


def peak_mb(pid: int) -> int:
    """The most that the process has used so far, MB; 0 where it cannot be told."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0
