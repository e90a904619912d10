"""Removes from the layer what reading documents does not need, and checks what it weighs."""

import shutil
import sys
from pathlib import Path

UNUSED = (
    "bin",
    # Only the detection and recognition models stay of the OCR package.
    "rapidocr/*.py",
    "rapidocr/*.yaml",
    "rapidocr/[a-l]*",
    "rapidocr/utils",
    "rapidocr/ch_ppocr_*",
    "rapidocr/models/*_cls_*",
    # Conversion, quantisation and training; the C library repeats what the extension contains.
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/capi/libonnxruntime.so*",
    "numpy/f2py",
    "numpy/distutils",
    "numpy/typing/tests",
    "numpy/**/*.a",
    "lxml/includes",
    "lxml/isoschematron",
    "lxml/objectify*",
    "lxml/html/diff*",
    "PIL/_avif*",
    "pillow.libs/libavif*",
    "pypdfium2_cli",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.h",
    "**/__pycache__",
    "**/tests",
    "**/testing/_private",
)


def main(site: Path, limit: int) -> str | None:
    """Trims `site`; the complaint if it still weighs more than `limit` bytes."""
    for pattern in UNUSED:
        for path in list(site.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"layer: {size / 1e6:.0f} MB unzipped")
    return f"the layer weighs {size} bytes, at most {limit} are allowed" if size > limit else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
