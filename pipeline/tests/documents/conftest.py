import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ocr():
    """The real engine; its tests are skipped where its libraries are not installed."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("numpy")
    from documents.errors import Transient
    from documents.ocr import PaddleOcr
    from documents.ocr.models import open_model

    try:
        open_model("det")
    except Transient as missing:
        pytest.skip(missing.message)
    return PaddleOcr()


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = os.environ.get("EVENTMILL_CORPUS")
    if not folder:
        pytest.skip("EVENTMILL_CORPUS names no corpus")
    return Path(folder)
