"""Custom authentication: three triggers decide what users must answer, and whether they did.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.cognito import faults, sessions, signing_in, srp, triggers
from eventmill.services.cognito.signing_in import Way
from eventmill.services.contract import Call

CHALLENGE = "CUSTOM_CHALLENGE"
_DEFINE, _CREATE = "DefineAuthChallenge", "CreateAuthChallenge"
_VERIFY = "VerifyAuthChallengeResponse"
_SOURCE = "Authentication"

History = list[dict[str, Any]]
"""`session` of the triggers' requests: the challenges so far, each with its result."""


async def begin(call: Call, way: Way) -> dict[str, Any]:
    """The first challenge, or tokens. Raises Invalid."""
    await signing_in.before(call, way)
    user = way.user
    if user is not None:
        barred = await call.step(lambda step: signing_in.barred(step, user))
        if barred is not None:
            raise barred
    history: History = []
    if way.parameters.get("CHALLENGE_NAME") == "SRP_A":
        way.required("SRP_A")
        history = [_result("SRP_A", True, None)]
    return await _next(call, way, history)


async def password_answered(call: Call, way: Way, history: History) -> dict[str, Any]:
    """What comes after the right password within this way of signing in. Raises Invalid."""
    return await _next(call, way, [*history, _result(srp.CHALLENGE, True, None)])


async def answer(call: Call, way: Way, session: str | None) -> dict[str, Any]:
    """The next challenge, or tokens. Raises Invalid."""
    given = way.required("ANSWER")

    def take(step: Call) -> dict[str, Any]:
        key, state = sessions.take(step.tx, way.client, session, CHALLENGE)
        if key != (way.user.key if way.user else ""):
            raise faults.not_authorized("Invalid session for the user.")
        return state

    state = await call.step(take)
    request = {"privateChallengeParameters": state["private"], "challengeAnswer": given}
    verdict = await _ask(call, way, _VERIFY, request, {"answerCorrect": None})
    result = _result(CHALLENGE, verdict.get("answerCorrect") is True, state["metadata"])
    return await _next(call, way, [*state["history"], result])


def _result(name: str, passed: bool, metadata: Any) -> dict[str, Any]:
    return {"challengeName": name, "challengeResult": passed, "challengeMetadata": metadata}


async def _next(call: Call, way: Way, history: History) -> dict[str, Any]:
    response = dict.fromkeys(("challengeName", "issueTokens", "failAuthentication"))
    decision = await _ask(call, way, _DEFINE, {"session": history}, response)
    if decision.get("failAuthentication"):
        raise faults.wrong_password()
    if decision.get("issueTokens"):
        if way.user is None:
            raise faults.wrong_password()
        return await signing_in.finish(call, way, _SOURCE)
    name = decision.get("challengeName")
    if name == srp.CHALLENGE and way.parameters.get("SRP_A"):
        asked = await srp.begin(call, way, {"history": history})
        return asked | {"Session": asked["ChallengeParameters"]["SECRET_BLOCK"]}
    if name != CHALLENGE:
        raise faults.bad_answer(f"Invalid lambda function output : challengeName {name}")
    return await _create(call, way, history)


async def _create(call: Call, way: Way, history: History) -> dict[str, Any]:
    response = dict.fromkeys(
        ("publicChallengeParameters", "privateChallengeParameters", "challengeMetadata")
    )
    request = {"challengeName": CHALLENGE, "session": history}
    made = await _ask(call, way, _CREATE, request, response)
    state = {
        "history": history,
        "private": _texts(made.get("privateChallengeParameters")),
        "metadata": made.get("challengeMetadata"),
    }
    key = way.user.key if way.user else ""
    session = await call.step(
        lambda step: sessions.begin(step.tx, way.client, key, CHALLENGE, state)
    )
    shown = _texts(made.get("publicChallengeParameters"))
    shown["USERNAME"] = way.user.name if way.user else way.name
    return {"ChallengeName": CHALLENGE, "Session": session, "ChallengeParameters": shown}


def _texts(value: Any) -> dict[str, str]:
    return {name: str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}


async def _ask(
    call: Call,
    way: Way,
    trigger: str,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
) -> dict[str, Any]:
    """Raises Invalid where the pool has no such trigger, and as triggers.ask does."""
    hidden = {"userNotFound": way.user is None} if way.client.hides_users else {}
    made = await triggers.ask(
        call, trigger, way.occasion(_SOURCE), way.request({**request, **hidden}), response
    )
    if made is None:
        raise faults.parameter("Custom auth lambda trigger is not configured for the user pool.")
    return made
