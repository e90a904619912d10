"""How far a document has come: stages with ranks, and which steps between them are legal.

Events arrive twice and out of order. A step that leads forward within the current run is taken;
any other is refused without an error, so that whoever repeats one repeats nothing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Status(StrEnum):
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Stage(StrEnum):
    """In order; `rank` leaves room for stages between."""

    UPLOADING = "uploading"
    RECEIVED = "received"
    EXTRACTED = "extracted"
    CLASSIFIED = "classified"
    DONE = "done"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {stage: number * 10 for number, stage in enumerate(Stage)}


@dataclass(frozen=True)
class Reason:
    """Why a document failed or was rejected, and which stage it was to reach when it did."""

    code: str
    message: str
    stage: Stage


@dataclass(frozen=True)
class Progress:
    """`stage` is the last one reached; `run` counts from 1 and rises with each retry."""

    stage: Stage = Stage.UPLOADING
    status: Status = Status.WORKING
    run: int = 1
    reason: Reason | None = None


def next_stage(stage: Stage) -> Stage | None:
    """The stage after `stage`; None after the last."""
    order = list(Stage)
    at = order.index(stage) + 1
    return order[at] if at < len(order) else None


def advance(progress: Progress, stage: Stage, run: int) -> Progress | None:
    """`progress` at `stage`, or None when the step is not a legal one: not working, of another
    run, or not forward. Reaching the last stage makes the status `done`."""
    if not _open(progress, run) or stage.rank <= progress.stage.rank:
        return None
    status = Status.DONE if stage is Stage.DONE else Status.WORKING
    return replace(progress, stage=stage, status=status)


def fail(progress: Progress, code: str, message: str, run: int) -> Progress | None:
    """Failed on the way to the next stage; None when the run is over already."""
    return _close(progress, Status.FAILED, code, message, run)


def reject(progress: Progress, code: str, message: str, run: int = 1) -> Progress | None:
    """Never accepted: only before the document was received."""
    if progress.stage.rank >= Stage.RECEIVED.rank:
        return None
    return _close(progress, Status.REJECTED, code, message, run)


def mark_duplicate(progress: Progress, run: int = 1) -> Progress | None:
    """The same content is there already: no stage after `received` is run for it."""
    if not _open(progress, run) or progress.stage.rank > Stage.RECEIVED.rank:
        return None
    return replace(progress, stage=Stage.RECEIVED, status=Status.DUPLICATE)


def retry(progress: Progress) -> Progress | None:
    """The next run, from the last stage that was reached; of a duplicate, whose content may be
    nobody else's by now, from the first. None when nothing is to be tried again."""
    if progress.status is Status.DUPLICATE:
        return Progress(run=progress.run + 1)
    if progress.status is not Status.FAILED:
        return None
    return Progress(stage=progress.stage, run=progress.run + 1)


def _open(progress: Progress, run: int) -> bool:
    return progress.status is Status.WORKING and progress.run == run


def _close(
    progress: Progress, status: Status, code: str, message: str, run: int
) -> Progress | None:
    if not _open(progress, run):
        return None
    target = next_stage(progress.stage) or progress.stage
    return replace(progress, status=status, reason=Reason(code, message, target))
