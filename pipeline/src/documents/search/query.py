"""Answering a query by BM25 (Robertson and Zaragoza, 2009) over all live documents."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from documents.search.segment import Segment, StoredDoc
from documents.search.snippet import snippet
from documents.search.tokens import tokens

_K1, _B = 1.2, 0.75
_PREFIX_WEIGHT = 0.6
_MIN_PREFIX = 3


@dataclass(frozen=True)
class Hit:
    """`snippet` is the piece of text around the words found."""

    id: str
    name: str
    cls: str
    score: float
    snippet: str


@dataclass(frozen=True)
class Hits:
    """The best hits, and how many documents match in `total`."""

    hits: list[Hit]
    total: int


def search(
    query: str, segments: Mapping[str, Segment], live: Mapping[str, str], limit: int = 20
) -> Hits:
    """Documents with every word of `query` (the last also as a beginning), best first.

    `segments` by key, `live` from the manifest. A query without words finds nothing.
    """
    words = list(dict.fromkeys(tokens(query)))
    docs = dict(_live_docs(segments, live))
    if not words or not docs:
        return Hits([], 0)
    mean = sum(doc["length"] for doc in docs.values()) / len(docs) or 1.0
    totals: dict[str, float] = dict.fromkeys(docs, 0.0)
    for word in words:
        scores = _scores(word, word == words[-1], segments, live, docs, mean)
        totals = {doc: score + scores[doc] for doc, score in totals.items() if doc in scores}
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    found = [
        Hit(
            id, docs[id]["name"], docs[id]["cls"], round(score, 4), snippet(docs[id]["text"], words)
        )
        for id, score in ranked[:limit]
    ]
    return Hits(found, len(ranked))


def _live_docs(
    segments: Mapping[str, Segment], live: Mapping[str, str]
) -> Iterator[tuple[str, StoredDoc]]:
    for key, segment in segments.items():
        for id, doc in segment["docs"].items():
            if live.get(id) == key:
                yield id, doc


def _scores(
    word: str,
    as_prefix: bool,
    segments: Mapping[str, Segment],
    live: Mapping[str, str],
    docs: Mapping[str, StoredDoc],
    mean: float,
) -> dict[str, float]:
    frequencies: dict[str, float] = {}
    for key, segment in segments.items():
        for term, weight in _terms(word, as_prefix, segment):
            for doc, count in segment["terms"][term].items():
                if live.get(doc) == key:
                    frequencies[doc] = frequencies.get(doc, 0.0) + weight * count
    rarity = math.log(1 + (len(docs) - len(frequencies) + 0.5) / (len(frequencies) + 0.5))
    return {
        doc: rarity * count * (_K1 + 1) / (count + _K1 * _damping(docs[doc]["length"] / mean))
        for doc, count in frequencies.items()
    }


def _terms(word: str, as_prefix: bool, segment: Segment) -> Iterator[tuple[str, float]]:
    if word in segment["terms"]:
        yield word, 1.0
    if as_prefix and len(word) >= _MIN_PREFIX:
        for term in segment["terms"]:
            if term.startswith(word) and term != word:
                yield term, _PREFIX_WEIGHT


def _damping(relative_length: float) -> float:
    return 1 - _B + _B * relative_length
