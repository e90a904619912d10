"""A handler that refuses records as often as they say, and keeps what it took in a file."""

import base64
import json
import os
from pathlib import Path

FOLDER = Path(os.environ["FOLDER"])


def told(record):
    """What a record says, with its place in the shard."""
    if "kinesis" in record:
        said = json.loads(base64.b64decode(record["kinesis"]["data"]))
        return {**said, "place": record["kinesis"]["sequenceNumber"]}
    image = record["dynamodb"]["NewImage"]
    return {**json.loads(image["said"]["S"]), "place": record["dynamodb"]["SequenceNumber"]}


def refused(entry):
    """Whether this is one of the times that the record is refused."""
    tries = FOLDER / f"{entry['run']}-{entry['number']}"
    with tries.open("ab") as file:
        file.write(b".")
    return tries.stat().st_size <= entry["fails"]


def handler(event, context):
    """Take the records up to the first that is refused; without reports none of them then."""
    entries = [told(record) for record in event["Records"]]
    taken = next((at for at, entry in enumerate(entries) if refused(entry)), len(entries))
    if taken < len(entries) and not entries[0]["reports"]:
        raise ValueError("refused")
    with (FOLDER / f"{entries[0]['run']}.taken").open("ab") as file:
        file.write("".join(json.dumps(entry) + "\n" for entry in entries[:taken]).encode())
    return {"batchItemFailures": [{"itemIdentifier": one["place"]} for one in entries[taken:]]}
