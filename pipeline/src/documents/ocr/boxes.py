"""From the detector's map of text to rotated rectangles around its lines.

The steps are those of Differentiable Binarization (Liao et al., 2020): threshold, connected
regions, the smallest rectangle around each, and its growth by what training had shrunk.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from documents.ocr.regions import region_points

Array = np.ndarray[Any, np.dtype[Any]]

_THRESHOLD = 0.3
_BOX_THRESHOLD = 0.5
_GROWTH = 1.6
_MIN_SIDE = 3.0
_MAX_REGIONS = 1_500


@dataclass(frozen=True)
class Box:
    """Four corners, from the upper left clockwise, in pixels of the picture."""

    corners: Array

    @property
    def left(self) -> float:
        return float(self.corners[:, 0].min())

    @property
    def right(self) -> float:
        return float(self.corners[:, 0].max())

    @property
    def middle(self) -> float:
        return float(self.corners[:, 1].mean())

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))


def find_boxes(chances: Array, width: int, height: int) -> list[Box]:
    """`chances` is the detector's map (rows x columns, 0 to 1) of a picture of the given size."""
    rows, columns = chances.shape
    scale = np.array([width / columns, height / rows])
    limit = np.array([width, height])
    boxes = []
    mask = _dilated(chances > _THRESHOLD)
    for points in region_points(mask)[:_MAX_REGIONS]:
        centre, axis, sides = _smallest_rectangle(points)
        if sides.min() < _MIN_SIDE or _score(chances, points) < _BOX_THRESHOLD:
            continue
        growth = _GROWTH * sides.prod() / (2 * sides.sum())
        corners = _corners(centre, axis, sides + 2 * growth)
        boxes.append(Box(np.clip(_clockwise(corners) * scale, 0, limit)))
    return boxes


def _dilated(mask: Array) -> Array:
    """Joins what a gap of one pixel parts."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:, 1:] |= grown[:, :-1]
    return grown


def _score(chances: Array, points: Array) -> float:
    """Mean chance within the region itself."""
    return float(chances[points[:, 1], points[:, 0]].mean())


def _smallest_rectangle(points: Array) -> tuple[Array, Array, Array]:
    """Centre, direction of the first side, and both sides' lengths."""
    hull = _hull(points)
    edges = np.diff(np.vstack([hull, hull[:1]]), axis=0).astype(float)
    lengths = np.linalg.norm(edges, axis=1)
    axes = edges[lengths > 0] / lengths[lengths > 0, None]
    axes = np.vstack([axes, [[1.0, 0.0]]])
    normals = np.stack([-axes[:, 1], axes[:, 0]], axis=1)
    along, across = hull @ axes.T, hull @ normals.T
    spans = np.stack([np.ptp(along, axis=0), np.ptp(across, axis=0)], axis=1)
    best = int(np.argmin(spans[:, 0] * spans[:, 1] + 1e-3 * np.abs(axes[:, 0] * axes[:, 1])))
    middle = np.array(
        [
            (along[:, best].max() + along[:, best].min()) / 2,
            (across[:, best].max() + across[:, best].min()) / 2,
        ]
    )
    centre = middle[0] * axes[best] + middle[1] * normals[best]
    return centre + 0.5, axes[best], spans[best] + 1


def _hull(points: Array) -> Array:
    """Andrew's monotone chain, over only the two end points of each row."""
    order = np.lexsort((points[:, 0], points[:, 1]))
    ordered = points[order]
    first = np.flatnonzero(np.diff(ordered[:, 1], prepend=-1))
    last = np.append(first[1:], len(ordered)) - 1
    ends = np.unique(np.concatenate([ordered[first], ordered[last]]), axis=0)
    if len(ends) < 3:
        return ends.astype(float)
    chain: list[tuple[int, int]] = []
    for way in (ends, ends[::-1]):
        start = len(chain)
        for x, y in way.tolist():
            while len(chain) >= start + 2 and _turns_right(chain[-2], chain[-1], (x, y)):
                chain.pop()
            chain.append((x, y))
        chain.pop()
    return np.array(chain, dtype=float)


def _turns_right(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0


def _corners(centre: Array, axis: Array, sides: Array) -> Array:
    along = axis * sides[0] / 2
    across = np.array([-axis[1], axis[0]]) * sides[1] / 2
    return np.array(
        [
            centre - along - across,
            centre + along - across,
            centre + along + across,
            centre - along + across,
        ]
    )


def _clockwise(corners: Array) -> Array:
    """From the upper left: of the two leftmost corners the upper one comes first."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]])
