"""A handler that refuses records as often as they say, and keeps what it took in a file."""

import base64
import json
import os
import time
from pathlib import Path

FOLDER = Path(os.environ["FOLDER"])


def told(record):
    """What a record says, with its place in the shard."""
    if "kinesis" in record:
        said = json.loads(base64.b64decode(record["kinesis"]["data"]))
        return {**said, "place": record["kinesis"]["sequenceNumber"]}
    image = record["dynamodb"]["NewImage"]
    return {**json.loads(image["said"]["S"]), "place": record["dynamodb"]["SequenceNumber"]}


def note(run, what, *values):
    """Add lines of JSON to a file, in one write."""
    with (FOLDER / f"{run}.{what}").open("ab") as file:
        file.write("".join(json.dumps(value) + "\n" for value in values).encode())


def refused(entry):
    """Whether this is one of the times that the record is refused."""
    tries = FOLDER / f"{entry['run']}-{entry['number']}"
    with tries.open("ab") as file:
        file.write(b".")
    return tries.stat().st_size <= entry["fails"]


def handler(event, context):
    """Take the records up to the first that is refused; without reports none of them then."""
    entries = [told(record) for record in event["Records"]]
    note(entries[0]["run"], "seen", [entry["number"] for entry in entries])
    taken = next((at for at, entry in enumerate(entries) if refused(entry)), len(entries))
    if taken < len(entries) and not entries[0]["reports"]:
        raise ValueError("refused")
    note(entries[0]["run"], "taken", *entries[:taken])
    return {"batchItemFailures": [{"itemIdentifier": one["place"]} for one in entries[taken:]]}


def windowed(event, context):
    """Add up the records of a window; one that says `bytes` makes the state so large."""
    entries = [told(record) for record in event["Records"]]
    window = {name: event[name] for name in event if name not in ("Records", "state")}
    count = event["state"].get("count", 0)
    note("window", "seen", {**window, "count": count, "records": len(entries)})
    if any(entry["fails"] and refused(entry) for entry in entries):
        return {}
    more = max((entry.get("bytes", 0) for entry in entries), default=0)
    return {"state": {"count": count + len(entries), "more": "x" * more}}


def queued(event, context):
    """Take as long as the first message says, and tell when that was."""
    bodies = [record["body"] for record in event["Records"]]
    began = time.time()
    time.sleep(float(bodies[0]) if bodies[0].startswith("0.") else 0)
    line = {"bodies": [body[:20] for body in bodies], "began": began, "ended": time.time()}
    note(event["Records"][0]["eventSourceARN"].rpartition(":")[2], "seen", line)
