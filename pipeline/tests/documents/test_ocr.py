from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from documents.errors import Transient
from documents.ocr import PaddleOcr
from documents.ocr import models as ocr_models
from documents.ocr.boxes import Box, find_boxes
from documents.ocr.lines import in_lines
from documents.ocr.regions import region_points


def box(left: float, top: float, width: float = 50, height: float = 10) -> Box:
    right, bottom = left + width, top + height
    return Box(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float))


def flooded(mask: np.ndarray) -> set[frozenset[tuple[int, int]]]:
    """The regions as a flood fill finds them."""
    left = {(int(x), int(y)) for y, x in zip(*np.nonzero(mask), strict=True)}
    regions = set()
    while left:
        edge = [left.pop()]
        region = set(edge)
        while edge:
            x, y = edge.pop()
            near = {(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)} & left
            left -= near
            region |= near
            edge.extend(near)
        regions.add(frozenset(region))
    return regions


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_regions_are_those_of_a_flood_fill(mask: np.ndarray) -> None:
    found = {frozenset(map(tuple, points.tolist())) for points in region_points(mask)}
    assert found == flooded(mask)


def test_a_bright_bar_gives_one_box_around_it() -> None:
    chances = np.zeros((64, 128), dtype=np.float32)
    chances[20:30, 30:90] = 0.9
    (found,) = find_boxes(chances, 256, 128)
    assert found.left < 60 and found.right > 180
    assert found.width > 2.5 * found.height
    assert 46 < found.middle < 54


def test_specks_and_doubtful_places_give_no_box() -> None:
    chances = np.zeros((64, 64), dtype=np.float32)
    chances[5:7, 5:7] = 0.9
    chances[30:40, 10:50] = 0.4
    assert find_boxes(chances, 64, 64) == []


def test_pieces_are_put_into_lines() -> None:
    pieces = [(box(200, 3), "price"), (box(0, 40), "below"), (box(0, 0), "name")]
    assert in_lines(pieces) == ["name price", "below"]


def test_stacked_pieces_stay_apart() -> None:
    assert in_lines([(box(0, 0), "a"), (box(5, 4), "b")]) == ["a", "b"]


def test_print_is_read_also_when_it_is_crooked(ocr: PaddleOcr) -> None:
    import io

    from pictures import picture

    for tilt in (0.0, 4.0):
        data = picture("Quay Street 14\nTotal due 19.50", "PNG", tilt)
        assert ocr.read(partial(Image.open, io.BytesIO(data))).splitlines() == [
            "Quay Street 14",
            "Total due 19.50",
        ]


def test_an_empty_picture_has_no_text(ocr: PaddleOcr) -> None:
    assert ocr.read(lambda: Image.new("RGB", (300, 200), "white")) == ""


def test_missing_models_are_a_transient_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr_models.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Transient) as missing:
        PaddleOcr().read(lambda: Image.new("RGB", (50, 50)))
    assert missing.value.code == "ocr-unavailable"
