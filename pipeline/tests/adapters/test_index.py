"""The search index in a bucket, as one execution environment after another keeps it."""

from collections.abc import Iterator
from typing import Any

import pytest

from adapters import index
from documents.search import SearchDoc
from eventmill.testing import engine


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with engine() as running:
        client = running.client("s3")
        client.create_bucket(Bucket="files")
        yield client


@pytest.fixture(autouse=True)
def environment(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index in a fresh execution environment."""
    monkeypatch.setenv("FILES_BUCKET", "files")
    monkeypatch.setattr(index, "client", lambda service: s3)
    monkeypatch.setattr(index, "_manifests", {})
    monkeypatch.setattr(index, "_segments", {})


def doc(id: str, text: str, run: int = 1) -> SearchDoc:
    return SearchDoc(id=id, run=run, name=f"{id}.txt", cls="letter", text=text)


def put(tenant: str, *ids: str) -> None:
    for id in ids:
        index.put(tenant, [doc(id, f"kettle {id}")])


def found(tenant: str, query: str) -> list[str]:
    return sorted(hit.id for hit in index.find(tenant, query, 50).hits)


def named(tenant: str) -> set[tuple[str, str]]:
    """The segments of the manifest as it is stored."""
    return {(tenant, ref.key) for ref in index._load(tenant)[1].segments}


def test_a_document_is_found_until_it_is_dropped() -> None:
    put("one", "a", "b")
    assert found("one", "kettle") == ["a", "b"]
    index.put("one", [doc("a", "saw", run=2)])
    index.put("one", [doc("a", "kettle", run=1)])
    assert (found("one", "kettle"), found("one", "saw")) == (["b"], ["a"])
    index.drop("one", "b")
    index.drop("one", "never")
    assert found("one", "kettle") == []


def test_documents_that_come_together_are_one_segment() -> None:
    index.put("four", [doc("a", "saw"), doc("b", "kettle")])
    index.put("four", [doc("a", "saw"), doc("b", "saw", run=2), doc("c", "saw")])
    assert (found("four", "saw"), found("four", "kettle")) == (["a", "b", "c"], [])
    assert len(named("four")) == 2


def test_what_was_just_written_is_not_fetched(s3: Any) -> None:
    answers: list[int] = []

    def note(http_response: Any, **_: Any) -> None:
        answers.append(http_response.status_code)

    s3.meta.events.register("after-call.s3.GetObject", note)
    try:
        put("two", "a", "b", "c")
    finally:
        s3.meta.events.unregister("after-call.s3.GetObject", note)
    assert answers == [404, 404, 304, 304, 304, 304]


def test_only_what_the_manifest_names_is_kept() -> None:
    put("other", "x")
    assert found("other", "kettle") == ["x"]
    for number in range(30):
        put("three", f"d{number}")
        assert len(found("three", "kettle")) == number + 1
    index.drop("three", "d0")
    assert len(found("three", "kettle")) == 29
    assert set(index._segments) == named("three") | named("other")
