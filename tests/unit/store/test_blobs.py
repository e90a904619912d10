"""Bodies in files."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

from eventmill.kernel.ids import Ids
from eventmill.store.blobs import Blobs


def test_a_body_that_found_no_room_leaves_nothing(
    tmp_path: Path,
) -> None:
    blob = Blobs(tmp_path, Ids(1), durable=False).stage()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        # Less than the file's buffer: the write that fails is the one that closing makes.
        blob.write(b"x" * 5_000)
        blob.discard()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_bodies_that_are_held_are_deleted_afterwards(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path, Ids(1), durable=False)

    def kept() -> str:
        blob = blobs.stage()
        blob.write(b"x")
        return blob.keep()

    first, second, third = kept(), kept(), kept()
    older = blobs.hold()
    blobs.delete(first)
    newer = blobs.hold()
    blobs.delete(second)
    assert blobs.path(first).exists() and blobs.path(second).exists()
    del older
    # The newer one began when the first was gone from its row already.
    assert not blobs.path(first).exists() and blobs.path(second).exists()
    del newer
    assert not blobs.path(second).exists()
    blobs.delete(third)
    assert not blobs.path(third).exists()
