"""Templates, parsed once for each text."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from eventmill.velocity.nodes import Block, Broken, Scope, Stopped
from eventmill.velocity.parser import Parser


class Template:
    """A parsed template."""

    def __init__(self, block: Block) -> None:
        self._block = block

    def render(self, variables: Mapping[str, Any], quiet: frozenset[str] = frozenset()) -> str:
        """The result; `variables` stay as they are, what they hold may be changed.

        A reference that begins with a name in `quiet` leaves nothing where it is null.
        Raises VelocityError.
        """
        out: list[str] = []
        with suppress(Stopped, Broken):
            self._block.write(Scope(dict(variables), quiet), out)
        return "".join(out)


@lru_cache(maxsize=2_048)
def parse(text: str) -> Template:
    """Raises VelocityError."""
    return Template(Parser(text).template())
