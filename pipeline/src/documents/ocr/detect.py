"""Finding lines of text on a picture."""

import numpy as np
from PIL import Image

from documents.ocr.boxes import Box, find_boxes
from documents.ocr.models import open_model

_MIN_SIDE = 736
_MAX_SIDE = 2_016
_STEP = 32


class Detector:
    """Holds the model; its input sides must be multiples of `_STEP`."""

    def __init__(self) -> None:
        self._session = open_model("det")
        self._input = self._session.get_inputs()[0].name

    def find(self, image: Image.Image) -> list[Box]:
        width, height = image.size
        scale = max(1.0, _MIN_SIDE / min(width, height))
        scale = min(scale, _MAX_SIDE / max(width, height))
        size = tuple(max(_STEP, round(side * scale / _STEP) * _STEP) for side in image.size)
        small = image.resize((size[0], size[1]), Image.Resampling.BILINEAR)
        # The models were trained on pictures in blue-green-red order.
        pixels = np.asarray(small, dtype=np.float32)[:, :, ::-1] / 127.5 - 1
        (scores,) = self._session.run(None, {self._input: pixels.transpose(2, 0, 1)[None]})
        return find_boxes(scores[0, 0], width, height)
