"""Reading order: pieces of text into lines."""

from collections.abc import Sequence

from documents.ocr.boxes import Box

_SAME_LINE = 0.5
"""Two pieces stand on one line when their middles are closer than this share of their height."""


def in_lines(pieces: Sequence[tuple[Box, str]]) -> list[str]:
    """Lines from top to bottom, each with its pieces from left to right."""
    lines: list[list[tuple[Box, str]]] = []
    for piece in sorted(pieces, key=lambda piece: piece[0].middle):
        line = next((line for line in reversed(lines[-3:]) if _on_line(line, piece[0])), None)
        if line is None:
            lines.append([piece])
        else:
            line.append(piece)
    return [
        " ".join(text for _, text in sorted(line, key=lambda piece: piece[0].left))
        for line in sorted(lines, key=lambda line: min(box.middle for box, _ in line))
    ]


def _on_line(line: list[tuple[Box, str]], box: Box) -> bool:
    nearest = min((other for other, _ in line), key=lambda other: abs(other.left - box.left))
    if any(min(o.right, box.right) - max(o.left, box.left) > box.height for o, _ in line):
        return False
    return abs(nearest.middle - box.middle) < _SAME_LINE * min(nearest.height, box.height)
