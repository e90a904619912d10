"""Writes src/eventmill/deploy/nested.json: AWS's names of properties within properties, which of
them it requires, and the values that it knows of some.

    python tools/nested.py SCHEMAS

SCHEMAS is the folder `cfnlint/data/schemas` of an installed cfn-lint, which carries AWS's
schemas of resource types. No more is taken, and of the types that the engine offers itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from eventmill.joins import RESOURCE_TYPES
from eventmill.services.contract import EVERYTHING, Support

OUT = Path(__file__).parents[1] / "src" / "eventmill" / "deploy" / "nested.json"


MANY = 12
"""Longer lists of values (runtimes, units, regions) are those that AWS adds to."""


class Names:
    """Objects whose members are all known, the same ones once, each with the names it must have.

    A name leads to another object's number, to the values that it may have, or to None for what
    is not judged further."""

    def __init__(self) -> None:
        self.kept: list[tuple[dict[str, int | list[str] | None], list[str]]] = []
        self._numbers: dict[str, int] = {}

    def add(self, schema: Any, root: Any, within: tuple[str, ...] = ()) -> int | list[str] | None:
        """The number of a schema's object, or the values; None where anything may stand."""
        while "$ref" in schema:
            reference = schema["$ref"]
            if reference in within:
                return None
            within = (*within, reference)
            schema = root
            for part in reference.removeprefix("#/").split("/"):
                schema = schema[part]
        if "items" in schema:
            return self.add(schema["items"], root, within)
        if len(schema.get("enum") or ()) in range(1, MANY + 1):
            return [str(value) for value in schema["enum"]]
        if schema.get("additionalProperties") is not False or schema.get("patternProperties"):
            return None
        members = dict(schema.get("properties") or {})
        for word in ("oneOf", "anyOf", "allOf"):
            for other in schema.get(word) or ():
                members = {**(other.get("properties") or {}), **members}
        found = {name: self.add(member, root, within) for name, member in sorted(members.items())}
        entry = (found, sorted(schema.get("required") or ()))
        text = json.dumps(entry)
        if text not in self._numbers:
            self._numbers[text] = len(self.kept)
            self.kept.append(entry)
        return self._numbers[text]


def main(schemas: Path) -> None:
    """Write the file."""
    files = json.loads((schemas / "providers" / "us-east-1.json").read_text())
    names, types = Names(), {}
    for kind in sorted(RESOURCE_TYPES.values(), key=lambda kind: kind.name):
        if kind.name in files and kind.properties.get(EVERYTHING) is not Support.RECORDED:
            text = (schemas / "resources" / f"{files[kind.name]}.json").read_text()
            schema = json.loads(text)
            types[kind.name] = names.add(schema, schema)
    found = {"types": types, "objects": names.kept}
    OUT.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
