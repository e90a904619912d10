"""Connected regions of a mask."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def region_points(mask: Array) -> list[Array]:
    """The (column, row) points of each 8-connected region, the largest region first.

    Works on runs of set pixels, not on pixels: a page has a few ten thousand runs.
    """
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    if len(rows) == 0:
        return []
    labels = _join(rows, starts, ends)
    lengths = ends - starts
    owner = np.repeat(labels, lengths)
    ys = np.repeat(rows, lengths)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    xs = np.repeat(starts, lengths) + offsets
    order = np.argsort(owner, kind="stable")
    cuts = np.flatnonzero(np.diff(owner[order])) + 1
    parts = np.split(np.stack([xs, ys], axis=1)[order], cuts)
    return sorted(parts, key=len, reverse=True)


def _join(rows: Array, starts: Array, ends: Array) -> Array:
    """A label for each run; touching runs of neighbouring rows share one (union-find)."""
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    first_of_row = np.searchsorted(rows, np.arange(int(rows[-1]) + 2)).tolist()
    start, end = starts.tolist(), ends.tolist()
    for row in range(1, len(first_of_row) - 1):
        above, above_end = first_of_row[row - 1], first_of_row[row]
        here, here_end = first_of_row[row], first_of_row[row + 1]
        while above < above_end and here < here_end:
            # Diagonal neighbours touch, so ends may meet.
            if start[here] <= end[above] and start[above] <= end[here]:
                a, b = root(above), root(here)
                if a != b:
                    parent[max(a, b)] = min(a, b)
            if end[above] < end[here]:
                above += 1
            else:
                here += 1
    return np.array([root(run) for run in range(len(parent))])
