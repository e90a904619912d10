"""Finding and opening the models that the `rapidocr` wheel carries (PP-OCR, Apache-2.0)."""

import importlib.util
import os
from pathlib import Path
from typing import Any

from documents.errors import Transient


def open_model(part: str) -> Any:
    """An onnxruntime session for `part`, `det` or `rec`, of whatever version is installed.

    Raises Transient `ocr-unavailable`.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise Transient("ocr-unavailable", f"onnxruntime is not installed: {error}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    options.inter_op_num_threads = 1
    # Pictures of ever new sizes would make the arena grow without bound.
    options.enable_cpu_mem_arena = False
    # Waiting threads would spin: several functions on one machine then read at half the pace.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(_model_file(part)), options, providers=["CPUExecutionProvider"]
    )


def _model_file(part: str) -> Path:
    # The package itself is not imported: it would demand OpenCV, which nothing here needs.
    spec = importlib.util.find_spec("rapidocr")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = sorted(Path(folder, "models").glob(f"*_{part}_*.onnx"))
        if found:
            return found[-1]
    raise Transient("ocr-unavailable", f"no {part!r} model of the package rapidocr is installed")
