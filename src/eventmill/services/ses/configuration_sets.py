"""Configuration sets: where it is told what becomes of mails.

Event destinations are kept as SESv2 has them; the older API's forms are turned into those.
https://docs.aws.amazon.com/ses/latest/dg/using-configuration-sets.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result, truth
from eventmill.services.ses.operations import OPERATIONS
from eventmill.services.ses.pages import paged
from eventmill.store.transaction import Transaction

Destination = dict[str, Any]


def find(tx: Transaction, name: str) -> tuple[dict[str, Any], dict[str, Destination]] | None:
    """(settings, event destinations by name), or None."""
    row = tx.one("SELECT settings, destinations FROM ses_configuration_sets WHERE name=?", (name,))
    return None if row is None else (json.loads(row[0]), json.loads(row[1]))


def require(tx: Transaction, name: str) -> tuple[dict[str, Any], dict[str, Destination]]:
    """Raises Invalid (ConfigurationSetDoesNotExist)."""
    found = find(tx, name)
    if found is None:
        raise Invalid(
            "ConfigurationSetDoesNotExist",
            f"Configuration set <{name}> does not exist.",
            fields={"ConfigurationSetName": name},
        )
    return found


def create(tx: Transaction, name: str, settings: Mapping[str, Any]) -> None:
    """Raises Invalid (ConfigurationSetAlreadyExists)."""
    if find(tx, name) is not None:
        raise Invalid(
            "ConfigurationSetAlreadyExists",
            f"Configuration set <{name}> already exists.",
            fields={"ConfigurationSetName": name},
        )
    tx.execute(
        "INSERT INTO ses_configuration_sets VALUES(?,?,'{}')", (name, json.dumps(dict(settings)))
    )


def change(tx: Transaction, name: str, settings: Mapping[str, Any]) -> None:
    """Set settings beside the others. Raises Invalid."""
    held, _ = require(tx, name)
    tx.execute(
        "UPDATE ses_configuration_sets SET settings=? WHERE name=?",
        (json.dumps({**held, **settings}), name),
    )


def drop(tx: Transaction, name: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM ses_configuration_sets WHERE name=?", (name,))


def names(tx: Transaction) -> list[str]:
    """All of them."""
    return [row[0] for row in tx.all("SELECT name FROM ses_configuration_sets ORDER BY name")]


def put_destination(
    call: Call, name: str, destination_name: str, given: Mapping[str, Any], *, new: bool | None
) -> None:
    """Add (`new`), change (not `new`), or with None either. Raises Invalid."""
    _, held = require(call.tx, name)
    about = {"ConfigurationSetName": name, "EventDestinationName": destination_name}
    if new is True and destination_name in held:
        message = f"Event destination <{destination_name}> already exists."
        raise Invalid("EventDestinationAlreadyExists", message, fields=about)
    if new is False and destination_name not in held:
        message = f"Event destination <{destination_name}> does not exist."
        raise Invalid("EventDestinationDoesNotExist", message, fields=about)
    held[destination_name] = _checked(call, given)
    _keep(call.tx, name, held)


def drop_destination(tx: Transaction, name: str, destination_name: str) -> None:
    """Raises Invalid."""
    _, held = require(tx, name)
    if held.pop(destination_name, None) is None:
        raise Invalid(
            "EventDestinationDoesNotExist",
            f"Event destination <{destination_name}> does not exist.",
            fields={"ConfigurationSetName": name, "EventDestinationName": destination_name},
        )
    _keep(tx, name, held)


def _keep(tx: Transaction, name: str, held: Mapping[str, Destination]) -> None:
    text = json.dumps(dict(held))
    tx.execute("UPDATE ses_configuration_sets SET destinations=? WHERE name=?", (text, name))


def _checked(call: Call, given: Mapping[str, Any]) -> Destination:
    if given.get("PinpointDestination"):
        raise Invalid("BadRequestException", "There is no Pinpoint on this engine.")
    made = {key: value for key, value in given.items() if value is not None and key != "Name"}
    made["Enabled"] = truth(given.get("Enabled"))
    kinds = {"reject", "renderingFailure", "deliveryDelay"}
    upper = {name: "".join(f"_{c}" if c.isupper() else c for c in name).upper() for name in kinds}
    made["MatchingEventTypes"] = [
        upper.get(kind, kind.upper()) for kind in given.get("MatchingEventTypes") or []
    ]
    # The older API and CloudFormation write the same members with other capitals.
    topic = given.get("SNSDestination") or given.get("SnsDestination")
    if topic:
        made.pop("SNSDestination", None)
        arn = topic.get("TopicARN") or topic.get("TopicArn")
        if call.directory(call.tx, arn) is None:
            raise Invalid("InvalidSNSDestination", f"SNS topic <{arn}> not found.")
        made["SnsDestination"] = {"TopicArn": arn}
    stream = made.get("KinesisFirehoseDestination")
    if stream:
        role = stream.get("IAMRoleARN") or stream.get("IamRoleArn")
        arn = stream.get("DeliveryStreamARN") or stream.get("DeliveryStreamArn")
        made["KinesisFirehoseDestination"] = {"IamRoleArn": role, "DeliveryStreamArn": arn}
    return made


def older(name: str, destination: Mapping[str, Any]) -> dict[str, Any]:
    """A destination as the older API shows it."""
    kinds = []
    for kind in destination["MatchingEventTypes"]:
        first, *rest = kind.lower().split("_")
        kinds.append(first + "".join(word.capitalize() for word in rest))
    shown: dict[str, Any] = {
        "Name": name,
        "Enabled": destination["Enabled"],
        "MatchingEventTypes": kinds,
    }
    if destination.get("SnsDestination"):
        shown["SNSDestination"] = {"TopicARN": destination["SnsDestination"]["TopicArn"]}
    if destination.get("CloudWatchDestination"):
        shown["CloudWatchDestination"] = destination["CloudWatchDestination"]
    stream = destination.get("KinesisFirehoseDestination")
    if stream:
        role, arn = stream["IamRoleArn"], stream["DeliveryStreamArn"]
        shown["KinesisFirehoseDestination"] = {"IAMRoleARN": role, "DeliveryStreamARN": arn}
    return shown


@OPERATIONS.write("CreateConfigurationSet")
def create_configuration_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    create(call.tx, request["ConfigurationSet"]["Name"], {})
    return {}


@OPERATIONS.write("DeleteConfigurationSet")
def delete_configuration_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    require(call.tx, request["ConfigurationSetName"])
    drop(call.tx, request["ConfigurationSetName"])
    return {}


@OPERATIONS.read("DescribeConfigurationSet")
def describe_configuration_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    name = request["ConfigurationSetName"]
    _, destinations = require(call.tx, name)
    answer: dict[str, Any] = {"ConfigurationSet": {"Name": name}}
    if "eventDestinations" in (request.get("ConfigurationSetAttributeNames") or []):
        answer["EventDestinations"] = [older(*entry) for entry in destinations.items()]
    return answer


@OPERATIONS.read("ListConfigurationSets")
def list_configuration_sets(call: Call, request: dict[str, Any]) -> Result:
    """By name. Raises Invalid."""
    return paged([{"Name": name} for name in names(call.tx)], "ConfigurationSets", request)


@OPERATIONS.write("CreateConfigurationSetEventDestination")
def create_event_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    given = request["EventDestination"]
    put_destination(call, request["ConfigurationSetName"], given["Name"], given, new=True)
    return {}


@OPERATIONS.write("UpdateConfigurationSetEventDestination")
def update_event_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    given = request["EventDestination"]
    put_destination(call, request["ConfigurationSetName"], given["Name"], given, new=False)
    return {}


@OPERATIONS.write("DeleteConfigurationSetEventDestination")
def delete_event_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    drop_destination(call.tx, request["ConfigurationSetName"], request["EventDestinationName"])
    return {}
