"""What somebody may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def meant(text: str, offered: Sequence[str]) -> str:
    """What of these is most like a text, as the end of a message; empty when nothing is."""
    near = get_close_matches(text, offered, n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""
