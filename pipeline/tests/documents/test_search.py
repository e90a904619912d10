import json

from hypothesis import given
from hypothesis import strategies as st

from documents.search import (
    Manifest,
    SearchDoc,
    add,
    build_segment,
    merge_segments,
    merged,
    plan_merge,
    remove,
    search,
    tokens,
)

IDS = st.sampled_from("abcdef")
ADDS = st.lists(st.dictionaries(IDS, st.integers(1, 4), min_size=1), max_size=12)


def doc(id: str, text: str, run: int = 1, name: str = "") -> SearchDoc:
    return SearchDoc(id=id, run=run, name=name, cls="other", text=text)


def test_words_are_folded() -> None:
    assert tokens("Müller's STRASSE, straße_9 n° 4") == [
        "mullers",
        "strasse",
        "strasse",
        "9",
        "n",
        "4",
    ]


@given(st.text())
def test_tokens_are_stable_and_plain(text: str) -> None:
    words = tokens(text)
    assert all(word and word.isalnum() and len(word) <= 64 for word in words)
    assert tokens(" ".join(words)) == words


def test_the_rarer_word_and_the_shorter_text_weigh_more() -> None:
    segment = build_segment(
        [doc("a", "pruning saw"), doc("b", "saw " + "filler " * 50), doc("c", "saw kettle")]
    )
    live = dict.fromkeys("abc", "k")
    assert [hit.id for hit in search("pruning saw", {"k": segment}, live).hits] == ["a"]
    assert [hit.id for hit in search("saw", {"k": segment}, live).hits][-1] == "b"
    assert search("saw", {"k": segment}, live, limit=1).total == 3


def test_the_last_word_may_be_a_beginning() -> None:
    segment = build_segment([doc("a", "Hedge trimmer"), doc("b", "kettle")])
    assert search("hedge trim", {"k": segment}, {"a": "k", "b": "k"}).total == 1
    assert search("hedg trimmer", {"k": segment}, {"a": "k", "b": "k"}).total == 0


def test_nothing_is_found_by_no_words() -> None:
    segment = build_segment([doc("a", "kettle")])
    assert search(" ?! ", {"k": segment}, {"a": "k"}).total == 0


def test_the_snippet_stands_around_the_words() -> None:
    segment = build_segment(
        [doc("a", "filler words " * 100 + "the copper kettle " + "more " * 100)]
    )
    (hit,) = search("kettle", {"k": segment}, {"a": "k"}).hits
    assert "copper kettle" in hit.snippet and len(hit.snippet) < 230


def test_names_are_found_too() -> None:
    segment = build_segment([doc("a", "text", name="quay-street.pdf")])
    assert search("quay street", {"k": segment}, {"a": "k"}).total == 1


def test_only_the_live_version_of_a_document_is_found() -> None:
    segments = {
        "1": build_segment([doc("a", "old kettle")]),
        "2": build_segment([doc("a", "new saw", 2)]),
    }
    manifest = add(add(Manifest(), "1", {"a": 1}), "2", {"a": 2})
    assert search("kettle", segments, manifest.live).total == 0
    assert search("saw", segments, manifest.live).total == 1
    assert [ref.key for ref in manifest.segments] == ["2"]


def test_adding_the_same_run_twice_changes_nothing() -> None:
    once = add(Manifest(), "1", {"a": 1})
    assert add(once, "1", {"a": 1}) is once
    assert add(once, "2", {"a": 1}) is once


def test_merging_keeps_what_is_live() -> None:
    segments = {
        "1": build_segment([doc("a", "x"), doc("b", "y")]),
        "2": build_segment([doc("a", "z", 2)]),
    }
    manifest = add(add(Manifest(), "1", {"a": 1, "b": 1}), "2", {"a": 2})
    one = merge_segments(segments, manifest.live)
    assert json.loads(json.dumps(one)) == one
    gone = remove(manifest, "b")
    after = merged(gone, ["1", "2"], "3")
    assert after.live == {"a": "3"}
    assert search("z", {"3": one}, after.live).total == 1
    assert search("y", {"3": one}, after.live).total == 0
    assert search("x", {"3": one}, after.live).total == 0


def test_many_small_segments_are_to_be_merged() -> None:
    manifest = Manifest()
    for number in range(8):
        assert plan_merge(manifest) == ()
        manifest = add(manifest, f"s{number}", {f"d{number}": 1})
    assert len(plan_merge(manifest)) == 8


@given(ADDS)
def test_a_manifest_knows_the_highest_run_of_each_document(adds: list[dict[str, int]]) -> None:
    manifest = Manifest()
    best: dict[str, int] = {}
    for number, runs in enumerate(adds):
        before = manifest
        manifest = add(manifest, f"s{number}", runs)
        assert (manifest is before) == all(run <= best.get(id, 0) for id, run in runs.items())
        best = {id: max(best.get(id, 0), runs.get(id, 0)) for id in best | runs}
    assert dict(manifest.runs) == best
    assert set(manifest.live) == set(best)
    assert {ref.key for ref in manifest.segments} == set(manifest.live.values())
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    for id in best:
        manifest = remove(manifest, id)
    assert manifest.segments == ()
