"""The law that governs a contract."""

import itertools
import re
from collections import Counter

_STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|"
    "Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|"
    "Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|"
    "New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|"
    "Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|"
    "Washington|West Virginia|Wisconsin|Wyoming|District of Columbia|Puerto Rico|"
    "England(?: and Wales)?|Scotland|Ireland|Canada|Ontario|Quebec|British Columbia|Germany|"
    "France|Switzerland|Austria|Netherlands|Belgium|Luxembourg|Israel|India|Singapore|Hong Kong|"
    "Australia|Japan|Bermuda|Cayman Islands|Deutschland|Bundesrepublik Deutschland|Schweiz|"
    "Österreich|Suisse|Belgique"
)
_PLACE = re.compile(rf"\b(?P<place>{_STATES})\b", re.IGNORECASE)
_BEFORE = 330
_MAX_PLACES = 500
_LEADS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"govern(?:ed|ing)[^;]{0,250}\blaws?\b[^.;]{0,80}$",
        r"(?:govern|constru|interpret)\w*[^;.]{0,160}$",
        r"\blaws?\s+of\s+(?:the\s+)?(?:(?:State|Commonwealth|Province)\s+of\s+)?$",
        r"(?:Recht|Gesetze)\s+(?:der\s+)?$|droit\s+(?:de\s+la\s+|du\s+)?$",
        r"courts?[^.;]{0,100}$",
    )
)
"""What may stand before a place that is the law's, the surest wording first."""
_ADJECTIVES = {
    "deutsche": "Germany",
    "deutschem": "Germany",
    "droit français": "France",
    "schweizerisches recht": "Switzerland",
}


def find_jurisdiction(flat: str) -> str | None:
    """Name of the state or country, from the surest wording that there is; by votes within it."""
    votes: list[Counter[str]] = [Counter() for _ in _LEADS]
    for match in itertools.islice(_PLACE.finditer(flat), _MAX_PLACES):
        before = flat[max(0, match.start() - _BEFORE) : match.start()]
        for lead, counter in zip(_LEADS, votes, strict=True):
            if lead.search(before):
                place = match["place"]
                counter[place.title() if place.isupper() else place] += 1
                break
    for counter in votes:
        if counter:
            return counter.most_common(1)[0][0]
    lowered = flat.lower()
    for wording, place in _ADJECTIVES.items():
        if f"{wording} recht" in lowered or wording in lowered:
            return place
    return None
