"""Labels of versions, and tags.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
"""

from __future__ import annotations

import re
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.ssm import faults, store
from eventmill.services.ssm.operations import OPERATIONS
from eventmill.services.ssm.store import Version
from eventmill.services.tags import tag_list, tag_map

_LABEL = re.compile(r"(?!\d|aws|ssm)[A-Za-z0-9_.-]{1,100}\Z", re.IGNORECASE)
_LABELS = 10


def _version(call: Call, request: dict[str, Any]) -> tuple[list[Version], Version]:
    """All versions, and the one that is meant: the latest when none is named."""
    name, number = store.bare_name(request["Name"]), request.get("ParameterVersion")
    found = store.versions(call.tx, name)
    if not found:
        raise faults.no_parameter()
    for version in reversed(found):
        if number in (None, version.version):
            return found, version
    raise faults.no_version(name, str(number))


@OPERATIONS.write("LabelParameterVersion")
def label_parameter_version(call: Call, request: dict[str, Any]) -> Result:
    """A label moves from the version that had it. Those that cannot be labels are listed."""
    found, version = _version(call, request)
    good = [label for label in request["Labels"] if _LABEL.match(label)]
    wanted = list(dict.fromkeys([*version.labels, *good]))
    if len(wanted) > _LABELS:
        raise Invalid(
            "ParameterVersionLabelLimitExceeded",
            f"An error occurred: a parameter version can have a maximum of {_LABELS} labels.",
        )
    for other in found:
        if other.version != version.version and set(other.labels) & set(good):
            rest = [label for label in other.labels if label not in good]
            store.set_labels(call.tx, other, rest)
    store.set_labels(call.tx, version, wanted)
    bad = [label for label in request["Labels"] if label not in good]
    return {"InvalidLabels": bad, "ParameterVersion": version.version}


@OPERATIONS.write("UnlabelParameterVersion")
def unlabel_parameter_version(call: Call, request: dict[str, Any]) -> Result:
    """Those that the version does not have are listed."""
    _, version = _version(call, request)
    gone = [label for label in request["Labels"] if label in version.labels]
    store.set_labels(call.tx, version, [label for label in version.labels if label not in gone])
    missing = [label for label in request["Labels"] if label not in gone]
    return {"RemovedLabels": gone, "InvalidLabels": missing}


def _tagged(request: dict[str, Any]) -> str:
    if request["ResourceType"] != "Parameter":
        raise Invalid("InvalidResourceType", "Only the tags of a Parameter are kept here.")
    return store.bare_name(request["ResourceId"])


@OPERATIONS.write("AddTagsToResource")
def add_tags_to_resource(call: Call, request: dict[str, Any]) -> Result:
    """Adds tags and replaces those of the same key."""
    name = _tagged(request)
    tags = store.tags_of(call.tx, name) | tag_map(request["Tags"])
    store.set_tags(call.tx, name, tags)
    return {}


@OPERATIONS.write("RemoveTagsFromResource")
def remove_tags_from_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    name = _tagged(request)
    tags = store.tags_of(call.tx, name).items()
    store.set_tags(call.tx, name, {k: v for k, v in tags if k not in request["TagKeys"]})
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid for a parameter that does not exist."""
    return {"TagList": tag_list(store.tags_of(call.tx, _tagged(request)))}
