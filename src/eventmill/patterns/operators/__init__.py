"""One operator per file. Each compiles its operand to a test of one scalar of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Test = Callable[[Any], bool]
