"""How SES asks for what its rules, identities and configuration sets write to.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
"""

from __future__ import annotations

from eventmill.kernel.policies import Asker, of_service


def asker(source: str, account: str) -> Asker:
    """SES for one of its resources.

    It names the account twice more, as older policies ask for it: by the owner of the source,
    which lets it into topics that have no policy of their own, and as the referer, for buckets.
    """
    return of_service(
        "ses.amazonaws.com",
        source=source,
        account=account,
        sourceowner=account,
        referer=account,
    )
