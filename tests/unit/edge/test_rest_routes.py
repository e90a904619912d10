"""Which resource of a REST API a path belongs to, against a naive search over all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventmill.edge.apis.rest.model import Node, match, place

WORDS = ["a", "b", "c"]
SEGMENTS = st.sampled_from([*WORDS, "{x}"])


def joined(made: tuple[list[str], bool]) -> str:
    """A resource's path; a variable is named after its place, for a name may stand but once."""
    named = [part.replace("x", f"x{index}") for index, part in enumerate(made[0])]
    return "/" + "/".join([*named, *(["{rest+}"] if made[1] else [])])


RESOURCES = st.tuples(st.lists(SEGMENTS, max_size=3), st.booleans()).map(joined)
PATHS = st.lists(st.sampled_from([*WORDS, "d", ""]), max_size=4).map(lambda p: "/" + "/".join(p))


def labels(resource: str, segments: list[str]) -> dict[str, str] | None:
    """The variables when the resource's path fits, else None."""
    found: dict[str, str] = {}
    pattern = resource.strip("/").split("/") if resource != "/" else []
    for index, part in enumerate(pattern):
        if part.endswith("+}"):
            return (
                found | {part[1:-2]: "/".join(segments[index:])} if index < len(segments) else None
            )
        if index >= len(segments):
            return None
        if part.startswith("{"):
            if not segments[index]:
                return None
            found[part[1:-1]] = segments[index]
        elif part != segments[index]:
            return None
    return found if len(pattern) == len(segments) else None


def rank(resource: str) -> list[int]:
    """Segment by segment: a literal comes before a variable, and that before a greedy one."""
    kinds = {True: 0, False: 1}
    return [2 if p.endswith("+}") else kinds[not p.startswith("{")] for p in resource.split("/")]


@given(st.sets(RESOURCES, min_size=1, max_size=6), PATHS)
def test_the_nearest_resource_answers(resources: set[str], path: str) -> None:
    root = Node()
    for resource in resources:
        marked: Any = resource
        place(root, resource).methods["GET"] = marked
    trimmed = path.strip("/") if path.endswith("/") else path[1:]
    segments = trimmed.split("/") if trimmed else []
    fitting = sorted((rank(r), r) for r in resources if labels(r, segments) is not None)
    found = match(root, path)
    if not fitting:
        assert found is None
    else:
        nearest = fitting[0][1]
        assert found is not None
        assert (found[0].methods["GET"], found[1]) == (nearest, labels(nearest, segments))
