"""SMS settings, which are recorded, and mobile push, which is refused by name.

An SMS is put into the local mailbox; there is no device to push to on one machine.
https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.sns import faults
from eventmill.services.sns.publishing import check_number
from eventmill.services.sns.topics import OPERATIONS

_NAMES = (
    *("MonthlySpendLimit", "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate"),
    *("DefaultSenderID", "DefaultSMSType", "UsageReportS3Bucket"),
)


@OPERATIONS.write("SetSMSAttributes")
def set_sms_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a name that does not exist."""
    for name, value in request["attributes"].items():
        if name not in _NAMES:
            raise faults.invalid(f"{name} is not a valid attribute")
        call.tx.execute("INSERT OR REPLACE INTO sns_sms_attributes VALUES(?,?)", (name, value))
    return {}


@OPERATIONS.read("GetSMSAttributes")
def get_sms_attributes(call: Call, request: dict[str, Any]) -> Result:
    """Those that were set, or the ones asked for."""
    held: dict[str, str] = dict(call.tx.all("SELECT name, value FROM sns_sms_attributes"))
    wanted = request.get("attributes") or list(held)
    return {"attributes": {name: held[name] for name in wanted if name in held}}


@OPERATIONS.read("CheckIfPhoneNumberIsOptedOut")
def check_if_phone_number_is_opted_out(call: Call, request: dict[str, Any]) -> Result:
    """Nobody opts out of the local mailbox. Raises Invalid for what is no number."""
    check_number(request["phoneNumber"])
    return {"isOptedOut": False}


@OPERATIONS.read("ListPhoneNumbersOptedOut")
def list_phone_numbers_opted_out(call: Call, request: dict[str, Any]) -> Result:
    """None."""
    return {"phoneNumbers": []}


@OPERATIONS.write("CreatePlatformApplication")
def create_platform_application(call: Call, request: dict[str, Any]) -> Result:
    """Refused."""
    raise faults.invalid(
        f"Platform Reason: {request['Platform']}: there is no mobile push on one machine"
    )


@OPERATIONS.read("ListPlatformApplications")
def list_platform_applications(call: Call, request: dict[str, Any]) -> Result:
    """None can be made."""
    return {"PlatformApplications": []}
