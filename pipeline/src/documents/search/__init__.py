"""Full-text search over immutable segments and a manifest that says which of them count."""

from documents.search.manifest import Manifest, SegmentRef, add, merged, plan_merge, remove
from documents.search.query import Hit, Hits, search
from documents.search.segment import SearchDoc, Segment, build_segment, merge_segments
from documents.search.tokens import tokens

__all__ = [
    "Hit",
    "Hits",
    "Manifest",
    "SearchDoc",
    "Segment",
    "SegmentRef",
    "add",
    "build_segment",
    "merge_segments",
    "merged",
    "plan_merge",
    "remove",
    "search",
    "tokens",
]
