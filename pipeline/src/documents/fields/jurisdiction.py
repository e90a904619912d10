"""The law that governs a contract."""

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
_PLACE = rf"\b(?P<place>{_STATES})\b"
_LAW = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"govern(?:ed|ing)[^;]{{0,250}}?\blaws?\b[^.;]{{0,80}}?{_PLACE}",
        rf"(?:govern|constru|interpret)\w*[^;.]{{0,160}}?{_PLACE}(?:\s+law|[’']s\s+law)?",
        rf"\blaws?\s+of\s+(?:the\s+)?(?:(?:State|Commonwealth|Province)\s+of\s+)?{_PLACE}",
        rf"(?:Recht|Gesetze)\s+(?:der\s+)?{_PLACE}",
        rf"droit\s+(?:de\s+la\s+|du\s+)?{_PLACE}",
        rf"courts?[^.;]{{0,100}}?{_PLACE}",
    )
)
_ADJECTIVES = {
    "deutsche": "Germany",
    "deutschem": "Germany",
    "droit français": "France",
    "schweizerisches recht": "Switzerland",
}


def find_jurisdiction(flat: str) -> str | None:
    """Name of the state or country, from the surest wording that there is; by votes within it."""
    for pattern in _LAW:
        places = [" ".join(match["place"].split()) for match in pattern.finditer(flat)]
        if places:
            return Counter(
                place.title() if place.isupper() else place for place in places
            ).most_common(1)[0][0]
    lowered = flat.lower()
    for wording, place in _ADJECTIVES.items():
        if f"{wording} recht" in lowered or wording in lowered:
            return place
    return None
