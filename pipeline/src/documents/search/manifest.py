"""The manifest: which segments there are, and which of them speaks for each document.

A value. Whoever stores it replaces it on the condition that nobody else has in the meantime, and
starts over from what is stored otherwise; the functions here make the next value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_MERGE_AT = 8
"""So many segments of a like size become one: a search reads every segment."""
_LEVEL = 4


@dataclass(frozen=True)
class SegmentRef:
    """`docs` counts every document in the segment, those replaced since included."""

    key: str
    docs: int


@dataclass(frozen=True)
class Manifest:
    """`live` maps a document's id to the key of its segment, `runs` to the run indexed there.

    `version` rises with every change.
    """

    version: int = 0
    segments: tuple[SegmentRef, ...] = ()
    live: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "segments": [{"key": ref.key, "docs": ref.docs} for ref in self.segments],
            "live": dict(self.live),
            "runs": dict(self.runs),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Manifest":
        refs = tuple(SegmentRef(ref["key"], ref["docs"]) for ref in stored["segments"])
        return cls(stored["version"], refs, stored["live"], stored["runs"])


def add(manifest: Manifest, key: str, runs: Mapping[str, int]) -> Manifest:
    """With the segment `key`, which holds the documents of `runs` (id to run).

    A document already indexed in the same or a later run stays where it is, so that adding
    twice changes nothing; the very same manifest comes back when nothing is new.
    """
    new = {doc: run for doc, run in runs.items() if run > manifest.runs.get(doc, 0)}
    if not new:
        return manifest
    live = {**manifest.live, **dict.fromkeys(new, key)}
    refs = (*manifest.segments, SegmentRef(key, len(runs)))
    return _next(manifest, refs, live, {**manifest.runs, **new})


def remove(manifest: Manifest, doc: str) -> Manifest:
    """Without the document; the same manifest when it is not there."""
    if doc not in manifest.live:
        return manifest
    live = {id: key for id, key in manifest.live.items() if id != doc}
    runs = {id: run for id, run in manifest.runs.items() if id != doc}
    return _next(manifest, manifest.segments, live, runs)


def plan_merge(manifest: Manifest) -> tuple[str, ...]:
    """Keys of segments that should become one, fewest documents first; empty when none should."""
    levels: dict[int, list[SegmentRef]] = {}
    for ref in manifest.segments:
        levels.setdefault(_level(ref.docs), []).append(ref)
    for _, refs in sorted(levels.items()):
        if len(refs) >= _MERGE_AT:
            return tuple(ref.key for ref in refs)
    return ()


def merged(manifest: Manifest, keys: Iterable[str], key: str) -> Manifest:
    """After the segments `keys` became the one at `key` (by `merge_segments` with the `live` of
    some earlier manifest: documents replaced or removed since are not brought back)."""
    gone = set(keys)
    live = {doc: key if at in gone else at for doc, at in manifest.live.items()}
    kept = tuple(ref for ref in manifest.segments if ref.key not in gone)
    held = sum(at == key for at in live.values())
    refs = (*kept, SegmentRef(key, held)) if held else kept
    return _next(manifest, refs, live, manifest.runs)


def _level(docs: int) -> int:
    level = 0
    while docs >= _LEVEL:
        docs //= _LEVEL
        level += 1
    return level


def _next(
    manifest: Manifest,
    refs: tuple[SegmentRef, ...],
    live: Mapping[str, str],
    runs: Mapping[str, int],
) -> Manifest:
    """The next version, without segments that no longer speak for any document."""
    used = set(live.values())
    refs = tuple(ref for ref in refs if ref.key in used)
    return replace(manifest, version=manifest.version + 1, segments=refs, live=live, runs=runs)
