"""What a spawned Python environment runs: the runtime client, with the function's code before all.

It is the last argument of its command, where wrapper scripts look for the runtime. Imports nothing
of ours.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Serve invocations until the environment is ended."""
    # The folder of this script is no place of the function's.
    sys.path[:1] = os.environ.pop("EVENTMILL_PATH").split(os.pathsep)
    try:
        from awslambdaric.__main__ import main as serve
    except ImportError:
        from runpy import run_path

        run_path(str(Path(__file__).with_name("plain_client.py")), run_name="__main__")
        return
    serve(["bootstrap", os.environ["_HANDLER"]])


if __name__ == "__main__":
    main()
