"""Segments: immutable pieces of the inverted index, plain enough to be stored as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from documents.search.tokens import tokens

_STORED_CHARACTERS = 20_000
"""How much of a text is kept for snippets; all of it is indexed."""


@dataclass(frozen=True)
class SearchDoc:
    """What is indexed of a document. `run` tells its versions apart."""

    id: str
    run: int
    name: str
    cls: str
    text: str


class StoredDoc(TypedDict):
    """`length` in words; `text` as far as it is kept for snippets."""

    name: str
    cls: str
    length: int
    text: str


class Segment(TypedDict):
    """`terms` maps each word to its frequency in each document that has it."""

    docs: dict[str, StoredDoc]
    terms: dict[str, dict[str, int]]


def build_segment(docs: Iterable[SearchDoc]) -> Segment:
    """One segment over `docs`; of two with the same id the higher run counts, or the later."""
    newest: dict[str, SearchDoc] = {}
    for doc in docs:
        if doc.id not in newest or doc.run >= newest[doc.id].run:
            newest[doc.id] = doc
    segment: Segment = {"docs": {}, "terms": {}}
    for doc in newest.values():
        # The name is worth finding too; dots and dashes part its words.
        words = tokens(doc.text) + tokens(doc.name)
        segment["docs"][doc.id] = {
            "name": doc.name,
            "cls": doc.cls,
            "length": len(words),
            "text": doc.text[:_STORED_CHARACTERS],
        }
        for word, count in Counter(words).items():
            segment["terms"].setdefault(word, {})[doc.id] = count
    return segment


def merge_segments(segments: Mapping[str, Segment], live: Mapping[str, str]) -> Segment:
    """One segment of those documents of `segments` (by key) that `live` says are there."""
    merged: Segment = {"docs": {}, "terms": {}}
    for key, segment in segments.items():
        kept = {doc for doc in segment["docs"] if live.get(doc) == key}
        merged["docs"].update((doc, segment["docs"][doc]) for doc in kept)
        for word, counts in segment["terms"].items():
            of_kept = {doc: count for doc, count in counts.items() if doc in kept}
            if of_kept:
                merged["terms"].setdefault(word, {}).update(of_kept)
    return merged
