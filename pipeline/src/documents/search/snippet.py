"""The piece of a text that shows best why it was found."""

from collections.abc import Sequence

from documents.search.tokens import token_spans

WIDTH = 200


def snippet(text: str, words: Sequence[str]) -> str:
    """At most about `WIDTH` characters around the densest place of `words`, on one line."""
    places = [
        (start, word)
        for word, start, _ in token_spans(text)
        if any(word.startswith(wanted) for wanted in words)
    ]
    start = _densest(places, words)
    begin = max(0, start - WIDTH // 5)
    if begin:
        gap = text.find(" ", begin, start)
        begin = gap + 1 if gap != -1 else begin
    end = min(len(text), begin + WIDTH)
    if end < len(text):
        gap = text.rfind(" ", begin, end)
        end = gap if gap > start else end
    piece = " ".join(text[begin:end].split())
    return f"{'… ' if begin else ''}{piece}{' …' if end < len(text) else ''}"


def _densest(places: list[tuple[int, str]], words: Sequence[str]) -> int:
    """Where the most different words stand within one width."""
    best, best_score = 0, 0
    for index, (start, _) in enumerate(places):
        near = {word for at, word in places[index : index + 40] if at < start + WIDTH * 3 // 5}
        score = sum(any(word.startswith(wanted) for word in near) for wanted in words)
        if score > best_score:
            best, best_score = start, score
    return best
