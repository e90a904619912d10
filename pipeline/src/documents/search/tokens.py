"""Words of a text as the index knows them."""

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_MAX_LENGTH = 64


def tokens(text: str) -> list[str]:
    """Case-folded words without accents, in order: `Müller's Straße` is `mullers`, `strasse`.

    Words longer than `_MAX_LENGTH` characters are data, not language, and are left out.
    """
    return [word for word, _, _ in token_spans(text)]


def token_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word with the start and end of its place in `text`."""
    for match in _WORD.finditer(text):
        word = _folded(match[0])
        if word and len(word) <= _MAX_LENGTH:
            yield word, match.start(), match.end()


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower().replace("'", "")
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed.casefold() if letter.isalnum())
