"""What a queue's policy lets its callers do.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html
"""

from __future__ import annotations

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.errors import Denied
from eventmill.kernel.policies import Asker, of_account, refusal
from eventmill.services.sqs.queues import Queue
from eventmill.store.transaction import Transaction


def require(tx: Transaction, queue: Queue, action: str, asker: Asker | None = None) -> None:
    """Raises Denied. Without an asker it is somebody of the account, whom only a Deny keeps out.

    Who may look at the queue and set its attributes is not asked for: with one account, nobody
    else could let somebody in again who has locked himself out.
    """
    if asker is None:
        if not queue.attributes.get("Policy"):
            return
        asker = of_account(parse_arn(queue.arn).account)
    why = why_not(tx, queue, action, asker)
    if why:
        raise Denied("AccessDenied", why)


def why_not(tx: Transaction, queue: Queue, action: str, asker: Asker) -> str:
    """Why the policy does not let the asker do it; empty when it may."""
    policy = queue.attributes.get("Policy")
    return refusal([policy], asker, f"sqs:{action}", queue.arn, tx.now)
