"""What AWS's API refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def refused(call: Any, **request: Any) -> tuple[str, str]:
    """Code and message of the error that a call of boto3 must end in."""
    with pytest.raises(ClientError) as failed:
        call(**request)
    error = failed.value.response["Error"]
    return error["Code"], error["Message"]


def refused_as(call: Any, **request: Any) -> str:
    """The code alone."""
    return refused(call, **request)[0]
