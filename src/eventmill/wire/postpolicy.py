"""Browser uploads: the policy of a presigned POST and the form that carries the file.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.clock import iso_epoch
from eventmill.kernel.errors import Denied, Fault, Invalid
from eventmill.wire.sigv4 import Secrets, mismatch, signing_key

_IGNORED = {"x-amz-signature", "policy", "file", "signature", "awsaccesskeyid"}
_HEAD_LIMIT = 65_536


def check(fields: Mapping[str, str], bucket: str, secret_for: Secrets, now: float) -> str:
    """The access key that signed the form. `fields` by lower-case name. Raises Fault."""
    text = fields.get("policy")
    if text is None:
        raise Denied("AccessDenied", "Access Denied: the form carries no policy")
    key = _signer(fields, text, secret_for)
    try:
        policy = json.loads(base64.b64decode(text))
        expires = iso_epoch(policy["expiration"])
    except (ValueError, KeyError, TypeError):
        raise Invalid("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    if now > expires:
        raise Denied("AccessDenied", "Invalid according to Policy: Policy expired.")
    named = _conditions(policy.get("conditions") or [], {**fields, "bucket": bucket})
    extra = [
        name for name in fields if name not in named | _IGNORED and not name.startswith("x-ignore-")
    ]
    if extra:
        raise Denied(
            "AccessDenied",
            f"Invalid according to Policy: Extra input fields: {', '.join(sorted(extra))}",
        )
    return key


def _signer(fields: Mapping[str, str], policy: str, secret_for: Secrets) -> str:
    parts = fields.get("x-amz-credential", "").split("/")
    if len(parts) != 5:
        key = fields.get("awsaccesskeyid", "")
        secret = secret_for(key)
        if secret is None:
            raise _unknown()
        made = base64.b64encode(hmac.digest(secret.encode(), policy.encode(), "sha1")).decode()
        given = fields.get("signature", "")
    else:
        key, date, region, service, _ = parts
        secret = secret_for(key)
        if secret is None:
            raise _unknown()
        signing = signing_key(secret, date, region, service)
        made = hmac.digest(signing, policy.encode(), "sha256").hex()
        given = fields.get("x-amz-signature", "")
    if not hmac.compare_digest(made, given):
        raise mismatch()
    return key


def _unknown() -> Fault:
    return Denied(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    )


def _conditions(conditions: list[Any], fields: Mapping[str, str]) -> set[str]:
    """The names that the conditions allow. Raises Denied for one that does not hold."""
    named: set[str] = set()
    for condition in conditions:
        if isinstance(condition, dict):
            for name, wanted in condition.items():
                named.add(name.lower())
                _hold(fields.get(name.lower()) == str(wanted), ["eq", f"${name}", wanted])
        elif condition[0] in ("eq", "starts-with"):
            name = str(condition[1]).lstrip("$").lower()
            named.add(name)
            value, wanted = fields.get(name, ""), str(condition[2])
            _hold(value == wanted if condition[0] == "eq" else value.startswith(wanted), condition)
    return named


def _hold(holds: bool, condition: Any) -> None:
    if not holds:
        raise Denied(
            "AccessDenied",
            f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}",
        )


def size_range(fields: Mapping[str, str]) -> tuple[int, int] | None:
    """(least, most) bytes of the file that the policy allows, or None."""
    policy = json.loads(base64.b64decode(fields["policy"]))
    for condition in policy.get("conditions") or []:
        if isinstance(condition, list) and condition[0] == "content-length-range":
            return int(condition[1]), int(condition[2])
    return None


def check_size(size: int, allowed: tuple[int, int] | None, *, whole: bool) -> None:
    """Raises Invalid (EntityTooLarge, and for a `whole` file EntityTooSmall)."""
    if allowed is None:
        return
    least, most = allowed
    if size > most:
        raise Invalid(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            fields={"ProposedSize": size, "MaxSizeAllowed": most},
        )
    if whole and size < least:
        raise Invalid(
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
            fields={"ProposedSize": size, "MinSizeAllowed": least},
        )


class FormReader:
    """A multipart/form-data body as it comes: fields first, then the file, piece by piece.

    `begin` is called with all fields before the file's first byte, `data` with its bytes.
    """

    def __init__(
        self,
        boundary: bytes,
        begin: Callable[[Mapping[str, str]], None],
        data: Callable[[bytes], None],
    ) -> None:
        self._mark = b"\r\n--" + boundary
        self._buffer = b"\r\n"
        self._begin = begin
        self._data = data
        self._state = "between"
        self._name = ""
        self.fields: dict[str, str] = {}
        self.done = False

    def feed(self, data: bytes) -> None:
        """More of the body. Raises Invalid (MalformedPOSTRequest)."""
        self._buffer += data
        while not self.done and self._step():
            pass

    def finish(self) -> None:
        """The body is over. Raises Invalid when the file is missing or not whole."""
        if not self.done:
            raise _malformed()

    def _step(self) -> bool:
        if self._state == "between":
            return self._part()
        found = self._buffer.find(self._mark)
        if self._state == "file":
            keep = len(self._mark) if found < 0 else 0
            taken = self._buffer[: found if found >= 0 else max(0, len(self._buffer) - keep)]
            if taken:
                self._data(taken)
                self._buffer = self._buffer[len(taken) :]
            self.done = found >= 0
            return False
        if found < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                raise _malformed()
            return False
        self.fields[self._name] = self._buffer[:found].decode("utf-8", "replace")
        self._buffer = self._buffer[found:]
        self._state = "between"
        return True

    def _part(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT or self._buffer.startswith(self._mark + b"--"):
                raise _malformed()
            return False
        head = self._buffer[:end].decode("utf-8", "replace")
        self._buffer = self._buffer[end + 4 :]
        values = _disposition(head)
        self._name = values.get("name", "").lower()
        if self._name == "file":
            filename = values.get("filename", "").rpartition("/")[2]
            self.fields["key"] = self.fields.get("key", "").replace("${filename}", filename)
            self._begin(self.fields)
            self._state = "file"
        else:
            self._state = "field"
        return True


def _disposition(head: str) -> dict[str, str]:
    for line in head.split("\r\n"):
        name, _, rest = line.partition(":")
        if name.strip().lower() == "content-disposition":
            pairs = (part.strip().partition("=") for part in rest.split(";")[1:])
            return {key.lower(): value.strip('"') for key, _, value in pairs}
    return {}


def _malformed() -> Invalid:
    return Invalid(
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    )
