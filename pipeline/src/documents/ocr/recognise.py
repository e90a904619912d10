"""Reading the text of cut-out lines."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from documents.ocr.boxes import Box
from documents.ocr.models import open_model

_HEIGHT = 48
_MIN_WIDTH = 320
_MAX_WIDTH = 3_200
_BATCH = 6
_MIN_CONFIDENCE = 0.5
_UPRIGHT = 1.5
"""A piece this much higher than wide is a line that runs downwards."""


class Recogniser:
    """Holds the model and its alphabet: position 0 is `no letter`, the last a space."""

    def __init__(self) -> None:
        self._session = open_model("rec")
        self._input = self._session.get_inputs()[0].name
        letters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._alphabet = ["", *letters, " "]

    def read(self, image: Image.Image, boxes: Sequence[Box]) -> list[str]:
        """One string per box, empty where nothing is legible.

        Pieces of like width go through the model together: less of a batch is padding.
        """
        pieces = [_cut(image, box) for box in boxes]
        texts = [""] * len(pieces)
        order = sorted(range(len(pieces)), key=lambda index: pieces[index].width)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            for index, text in zip(batch, self._run([pieces[i] for i in batch]), strict=True):
                texts[index] = text
        return texts

    def _run(self, pieces: list[Image.Image]) -> list[str]:
        width = max(_MIN_WIDTH, *(piece.width for piece in pieces))
        batch = np.zeros((len(pieces), 3, _HEIGHT, width), dtype=np.float32)
        for row, piece in enumerate(pieces):
            pixels = np.asarray(piece, dtype=np.float32)[:, :, ::-1]
            batch[row, :, :, : piece.width] = pixels.transpose(2, 0, 1) / 127.5 - 1
        (scores,) = self._session.run(None, {self._input: batch})
        return [self._decode(row) for row in scores]

    def _decode(self, scores: Any) -> str:
        """Greedy CTC: repeats are one letter, and `no letter` parts true doubles."""
        best = scores.argmax(axis=1)
        kept = (best != 0) & (np.diff(best, prepend=-1) != 0)
        if not kept.any() or scores.max(axis=1)[kept].mean() < _MIN_CONFIDENCE:
            return ""
        return "".join(self._alphabet[index] for index in best[kept]).strip()


def _cut(image: Image.Image, box: Box) -> Image.Image:
    """The box, levelled and scaled to the model's height."""
    corners = box.corners
    if box.height >= _UPRIGHT * box.width:
        # Read from the bottom up, as book spines and margins are printed.
        corners = np.roll(corners, 1, axis=0)
        wide, high = box.height, box.width
    else:
        wide, high = box.width, box.height
    width = math.ceil(_HEIGHT * max(wide, 1.0) / max(high, 1.0))
    upper_left, upper_right, lower_right, lower_left = (tuple(map(float, c)) for c in corners)
    return image.transform(
        (min(max(width, 8), _MAX_WIDTH), _HEIGHT),
        Image.Transform.QUAD,
        (*upper_left, *lower_left, *lower_right, *upper_right),
        resample=Image.Resampling.BICUBIC,
    )
