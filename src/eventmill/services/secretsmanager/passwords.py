"""Random passwords.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import truth
from eventmill.services.secretsmanager import faults

_KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
_LONGEST = 4_096


def random_password(settings: Mapping[str, Any]) -> str:
    """By GetRandomPassword's members. Raises Invalid when no password can be made of them."""
    length = int(settings.get("PasswordLength") or 32)
    without = settings.get("ExcludeCharacters") or ""
    kinds = [letters for name, letters in _KINDS.items() if not truth(settings.get(name))]
    if truth(settings.get("IncludeSpace")):
        kinds.append(" ")
    kinds = ["".join(letter for letter in letters if letter not in without) for letters in kinds]
    kinds = [letters for letters in kinds if letters]
    if not 1 <= length <= _LONGEST:
        raise faults.parameter(f"PasswordLength must be between 1 and {_LONGEST}.")
    if not kinds:
        raise faults.parameter("The exclusions leave no character for the password.")
    each = truth(settings.get("RequireEachIncludedType", True))
    if each and length < len(kinds):
        raise faults.parameter("PasswordLength is too short to hold one of each included type.")
    letters = [secrets.choice(letters) for letters in kinds] if each else []
    everything = "".join(kinds)
    letters += [secrets.choice(everything) for _ in range(length - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)
