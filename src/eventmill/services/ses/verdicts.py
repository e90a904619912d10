"""What the checks of an incoming mail say.

Nothing on this machine can tell spam, so everything passes, but for the two strings that exist to
test such checks (GTUBE, EICAR) and for mails that say themselves what is to become of them:

    X-Eventmill-Verdict: spam=FAIL spf=GRAY dmarc=FAIL dmarcPolicy=reject
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from eventmill.services.ses import mime

HEADER = "X-Eventmill-Verdict"
_CHECKS = ("spam", "virus", "spf", "dkim", "dmarc")
_STATUSES = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "DISABLED")

# Spelled in halves, so that this file itself passes such checks.
_GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def judge(raw: bytes) -> dict[str, str]:
    """The verdict of each check, and `dmarcPolicy` where a mail names one."""
    found = dict.fromkeys(_CHECKS, "PASS")
    if _GTUBE in raw:
        found["spam"] = "FAIL"
    if _EICAR in raw or base64.b64encode(_EICAR)[:56] in raw:
        found["virus"] = "FAIL"
    for value in mime.header_values(raw, HEADER):
        for pair in value.split():
            name, _, status = pair.partition("=")
            if name in _CHECKS and status.upper() in _STATUSES:
                found[name] = status.upper()
            elif name == "dmarcPolicy":
                found[name] = status.lower()
    return found


def shown(found: Mapping[str, str], *, scanned: bool) -> dict[str, Any]:
    """The members of a receipt. A rule that does not scan knows nothing of spam and viruses."""
    verdicts = {
        f"{name}Verdict": {
            "status": found[name] if scanned or name not in ("spam", "virus") else "DISABLED"
        }
        for name in _CHECKS
    }
    if found["dmarc"] == "FAIL":
        return {**verdicts, "dmarcPolicy": found.get("dmarcPolicy", "none")}
    return verdicts
