from hypothesis import given
from hypothesis import strategies as st

from documents.progress import (
    Progress,
    Stage,
    Status,
    advance,
    fail,
    mark_duplicate,
    next_stage,
    reject,
    retry,
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["advance", "fail", "retry"]), st.sampled_from(Stage), st.integers(1, 3)
    ),
    max_size=40,
)


def test_ranks_are_those_of_the_contract() -> None:
    assert {stage.value: stage.rank for stage in Stage} == {
        "uploading": 0,
        "received": 10,
        "extracted": 20,
        "classified": 30,
        "done": 40,
    }
    assert next_stage(Stage.EXTRACTED) is Stage.CLASSIFIED
    assert next_stage(Stage.DONE) is None


def test_a_repeated_or_late_step_changes_nothing() -> None:
    progress = advance(Progress(), Stage.EXTRACTED, 1)
    assert progress is not None
    assert advance(progress, Stage.EXTRACTED, 1) is None
    assert advance(progress, Stage.RECEIVED, 1) is None
    assert advance(progress, Stage.CLASSIFIED, 2) is None


def test_done_is_final() -> None:
    done = advance(Progress(), Stage.DONE, 1)
    assert done is not None and done.status is Status.DONE
    assert fail(done, "corrupt", "late", 1) is None
    assert retry(done) is None


def test_a_retry_starts_again_from_the_last_stage_reached() -> None:
    failed = fail(Progress(Stage.RECEIVED), "corrupt", "broken", 1)
    assert failed is not None and failed.reason is not None
    assert failed.reason.stage is Stage.EXTRACTED
    again = retry(failed)
    assert again == Progress(Stage.RECEIVED, Status.WORKING, 2)
    assert advance(again, Stage.EXTRACTED, 1) is None
    assert advance(again, Stage.EXTRACTED, 2) is not None


def test_only_what_was_not_received_is_rejected() -> None:
    rejected = reject(Progress(), "encrypted", "locked")
    assert rejected is not None and rejected.status is Status.REJECTED
    assert reject(Progress(Stage.EXTRACTED), "encrypted", "locked") is None


def test_a_duplicate_goes_no_further() -> None:
    copy = mark_duplicate(Progress())
    assert copy is not None and copy.status is Status.DUPLICATE
    assert advance(copy, Stage.EXTRACTED, 1) is None
    assert mark_duplicate(Progress(Stage.CLASSIFIED)) is None


def test_a_duplicate_may_be_read_after_all_from_the_start() -> None:
    copy = mark_duplicate(Progress(run=2), 2)
    assert copy is not None and retry(copy) == Progress(run=3)


@given(STEPS)
def test_run_and_stage_never_fall(steps: list[tuple[str, Stage, int]]) -> None:
    progress = Progress()
    for step, stage, run in steps:
        if step == "advance":
            after = advance(progress, stage, run)
        elif step == "fail":
            after = fail(progress, "x", "y", run)
        else:
            after = retry(progress)
        if after is None:
            continue
        assert (after.run, after.stage.rank) >= (progress.run, progress.stage.rank)
        assert after != progress
        assert (after.status is Status.DONE) == (after.stage is Stage.DONE)
        progress = after
