"""A text's language: common words first, a trained model only where they do not settle it."""

import re
from functools import cache

UNKNOWN = "und"
_NO_LANGUAGE = "zxx"
_MIN_LETTERS = 20
_SAMPLE = 8_000
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "en": "the and of to in is for that with this by be or shall any are not from as on you your "
    "we it have has was at will an may such invoice date amount due "
    "cash cashier change item price please thank come again sales qty incl inclusive total goods "
    "sold receipt summary rounding",
    "de": "der die das und ist nicht ein eine einer mit für von den dem des zu im auf wir sie ich "
    "bei werden wird sich auch als bis am zum zur oder ihre unsere rechnung datum betrag menge "
    "summe gesamt bar mwst kasse bon rückgeld vielen dank einkauf total",
    "fr": "le la les des du de et est une un dans pour que qui vous nous par sur au aux avec ne "
    "pas ce cette être ou sont votre facture montant prix total tva ttc espèces merci visite rendu",
    "es": "el la los las de y es una un en para que por con se del al no su como más este",
    "it": "il lo la gli le di e è una un per che con non del della dei sono alla nel questo",
    "nl": "de het een en van is dat niet op te in voor met zijn aan worden wordt bij uw deze",
}
_VOTES = {
    word: tuple(code for code, words in _COMMON.items() if word in words.split())
    for word in {word for words in _COMMON.values() for word in words.split()}
}


def detect_language(text: str) -> str:
    """ISO 639-1 code, or `und` for texts too short or too odd to say."""
    words = _WORD.findall(text[:_SAMPLE].lower())
    if sum(map(len, words)) < _MIN_LETTERS:
        return UNKNOWN
    votes: dict[str, float] = {}
    for word in words:
        codes = _VOTES.get(word, ())
        for code in codes:
            votes[code] = votes.get(code, 0.0) + 1 / len(codes)
    ranked = sorted(votes.items(), key=lambda item: -item[1])
    if ranked:
        best, second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
        if best[1] >= 4 and best[1] >= 1.6 * second and best[1] * 12 >= len(words):
            return best[0]
    return _by_model(text[:_SAMPLE])


def _by_model(text: str) -> str:
    code, probability = _identifier().classify(text)
    return str(code) if probability >= 0.5 and code != _NO_LANGUAGE else UNKNOWN


@cache
def _identifier():  # type: ignore[no-untyped-def]
    """Loaded once and only when asked: the model costs more to load than a page to read."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
