"""SAM → CloudFormation, by the official translator.

Its import alone takes over a second, so it is imported only when a template needs it and what it
made is kept by the content of what went in.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.kernel.similar import meant
from eventmill.template.parameters import STORED, defaults, listed
from eventmill.template.text import Repeated, line_of, read_mapping

SAM = "AWS::Serverless-2016-10-31"
"""The transform's name."""
_FORMAT = "4"
"""Changes when what is kept must be made anew."""
FOLLOWS_CODE = "EventmillFollowsCode"
"""Metadata of a version that is published anew whenever its function's code changed."""
_BUCKET = "eventmill-local"
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_LAYER = "AWS::Serverless::LayerVersion"
_APPLICATION = "AWS::Serverless::Application"
_OF_REPOSITORY = "AWS::ServerlessRepo::Application"
"""What an application becomes whose template lies in the Serverless Application Repository."""
_MARK = "::"
_UNKNOWN = re.compile(r"property (\w+) not defined for resource of type ([\w:]+)")
"""In what the translator says of a property that it does not know."""
_DEFINITIONS = {
    "AWS::Serverless::Api": "DefinitionBody",
    "AWS::Serverless::HttpApi": "DefinitionBody",
    "AWS::Serverless::StateMachine": "Definition",
}
"""Types whose `DefinitionUri` may be a local file, and where its content goes."""


def expand(
    file: Path,
    document: Mapping[str, Any],
    cache: Path,
    region: str,
    parameters: Mapping[str, str],
    repeated: list[Repeated],
) -> dict[str, Any]:
    """The plain template. Code in local folders becomes `{"LocalPath": <folder>}`.

    Keys that stand twice in the definitions it names are added to `repeated`.
    Raises UsageError with the translator's words for each mistake.
    """
    prepared = _with_local_code(file, document, repeated)
    names = _hide_stored_values(prepared)
    shown = {name: value for name, value in parameters.items() if name not in names}
    values = _parameter_values(prepared, region, shown)
    key = hashlib.sha256(
        json.dumps([_FORMAT, _version(), prepared, values], sort_keys=True).encode()
    ).hexdigest()
    kept = cache / f"sam-{key}.json"
    # It is not there yet, or a power cut has emptied it.
    with contextlib.suppress(OSError, ValueError):
        return _with_names(json.loads(kept.read_text()), names)
    foreign = _take_foreign(prepared)
    if prepared["Resources"]:
        prepared = _translate(file, document, prepared, values, region)
    expanded: dict[str, Any] = _restore(prepared, document)
    expanded["Resources"] |= foreign
    cache.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(expanded))
    partial.rename(kept)
    return _with_names(expanded, names)


def _version() -> str:
    from importlib.metadata import version

    return version("aws-sam-translator")


def _hide_stored_values(prepared: dict[str, Any]) -> dict[str, Any]:
    """Take the defaults of parameters that lie in Parameter Store away; by name, None without one.

    They are names there. The translator would put them in the place of the values.
    """
    return {
        name: body.pop("Default", None)
        for name, body in (prepared.get("Parameters") or {}).items()
        if str(body.get("Type")).startswith(STORED)
    }


def _with_names(expanded: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    for name, default in names.items():
        if default is not None:
            expanded["Parameters"][name]["Default"] = default
    return expanded


def _parameter_values(
    document: Mapping[str, Any], region: str, parameters: Mapping[str, str]
) -> dict[str, Any]:
    given = {**parameters, "AWS::Region": region, "AWS::Partition": "aws"}
    return listed(document, defaults(document) | given)


def _with_local_code(
    file: Path, document: Mapping[str, Any], repeated: list[Repeated]
) -> dict[str, Any]:
    """A copy in which local paths are S3 addresses, which is all that the translator takes."""
    prepared: dict[str, Any] = json.loads(json.dumps(document))
    base = file.parent
    shared = (prepared.get("Globals") or {}).get("Function") or {}
    if not isinstance(shared, dict):
        line = line_of(document["Globals"], "Function")
        raise UsageError(f"{file}:{line}: Globals: Function is a mapping of properties")
    if isinstance(shared.get("CodeUri"), str):
        shared["CodeUri"] = _address(base, shared["CodeUri"])
    for name, body in prepared["Resources"].items():
        properties = body["Properties"] = body.get("Properties") or {}
        key = _CODE.get(body["Type"])
        if key is None:
            if body["Type"] in _DEFINITIONS:
                _inline_definition(file, name, properties, _DEFINITIONS[body["Type"]], repeated)
            continue
        if isinstance(properties.get(key), str):
            properties[key] = _address(base, properties[key])
        elif key not in properties and "InlineCode" not in properties and key not in shared:
            properties[key] = _address(base, ".")
        method = (body.get("Metadata") or {}).get("BuildMethod")
        if body["Type"] == _LAYER and method and isinstance(properties.get(key), str):
            # The translator renames layers and drops their metadata; both decide the build.
            properties[key] += f"{_MARK}{name}{_MARK}{method}"
    return prepared


def _take_foreign(prepared: dict[str, Any]) -> dict[str, Any]:
    """Take the repository's applications out: the translator would ask AWS for their templates."""
    resources = prepared["Resources"]
    names = [
        name
        for name, body in resources.items()
        if body["Type"] == _APPLICATION
        and isinstance(place := body["Properties"].get("Location"), dict)
        and "ApplicationId" in place
    ]
    return {name: {**resources.pop(name), "Type": _OF_REPOSITORY} for name in names}


def _address(base: Path, path: str) -> str:
    if path.startswith("s3://"):
        return path
    return f"s3://{_BUCKET}/{(base / path).resolve().as_posix().lstrip('/')}"


def _inline_definition(
    file: Path, name: str, properties: dict[str, Any], key: str, repeated: list[Repeated]
) -> None:
    uri = properties.get("DefinitionUri")
    if not isinstance(uri, str) or uri.startswith("s3://"):
        return
    named = f"{file}: {name}: DefinitionUri {uri}"
    definition = read_mapping(file.parent / uri, repeated, named)
    properties[key] = json.loads(json.dumps(definition))
    del properties["DefinitionUri"]


def _translate(
    file: Path,
    document: Mapping[str, Any],
    prepared: dict[str, Any],
    values: dict[str, Any],
    region: str,
) -> dict[str, Any]:
    """What the translator makes of `prepared`, which it changes. Raises UsageError."""
    os.environ.setdefault("AWS_DEFAULT_REGION", region)
    # What it notes for its own makers (feature flags, unpublished metrics) is nothing for users.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform

    class Policies:
        """The translator asks IAM for managed policies; their ARNs follow from their names."""

        def load(self) -> dict[str, str]:
            return _Managed()

    try:
        result: dict[str, Any] = transform(prepared, values, Policies())
    except InvalidDocumentException as error:
        causes = getattr(error, "causes", None) or [error]
        lines = []
        for cause in causes:
            text = getattr(cause, "message", str(cause))
            name = getattr(cause, "logical_id", None) or getattr(cause, "_logical_id", "")
            line = line_of(document["Resources"], name) if name else 0
            text += _meant(text)
            lines.append(f"{file}:{line}: {text}" if line else f"{file}: {text}")
        raise UsageError("\n".join(lines)) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{file}: SAM's translator cannot read the template: {error!r}") from error
    return result


def _meant(text: str) -> str:
    """The property that one is most like which the translator does not know."""
    from samtranslator.model import ResourceTypeResolver, sam_resources

    unknown = _UNKNOWN.search(text)
    if unknown is None:
        return ""
    kinds = ResourceTypeResolver(sam_resources).resource_types
    offered = getattr(kinds.get(unknown[2]), "property_types", ())
    return meant(unknown[1], list(offered))


class _Managed(dict[str, str]):
    """Every managed policy, without a list of them."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __getitem__(self, name: str) -> str:
        return f"arn:aws:iam::aws:policy/{name}"

    def get(self, name: str, default: Any = None) -> Any:
        """As the translator asks."""
        return self[name]


def _restore(expanded: dict[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """S3 addresses of local code become `LocalPath` again.

    The versions that `AutoPublishAlias` made follow the code: the translator would have seen
    that in the address of what `sam deploy` uploads.
    """
    for name, body in expanded["Resources"].items():
        if body["Type"] == "AWS::Lambda::Version" and name not in document["Resources"]:
            body["Metadata"] = (body.get("Metadata") or {}) | {FOLLOWS_CODE: True}
        properties = body.get("Properties") or {}
        for key in ("Code", "Content"):
            code = properties.get(key)
            if isinstance(code, dict) and code.get("S3Bucket") == _BUCKET:
                path, *built = code["S3Key"].split(_MARK)
                properties[key] = {"LocalPath": f"/{path}"}
                if built:
                    metadata = {"SamResourceId": built[0], "BuildMethod": built[1]}
                    body["Metadata"] = (body.get("Metadata") or {}) | metadata
    return expanded
