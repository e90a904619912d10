"""Handlers that the packages of a template's functions do not have.

Such a function is made, on AWS too, and then fails each time it is called: better said before.
Nothing is said where a build, a layer, an installed package or code that runs could still bring
what is missing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventmill.template import Declared, Template

_BUILDS = ("makefile", "esbuild")
_WRAPPERS = ("AWS_LAMBDA_EXEC_WRAPPER", "PYTHONPATH")
_MAKES_NAMES = frozenset({"__getattr__", "exec", "globals", "setattr", "vars"})
"""Names in a module that may give it others as it runs."""
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:[<>=!~;].*)?\Z")
"""A line of requirements.txt that names a package of an index."""


def unfound(template: Template) -> Iterator[tuple[str, str]]:
    """(function, what is to be said of its handler)."""
    for declared in template.resources.values():
        if declared.type == "AWS::Lambda::Function" and (folder := _folder(declared)):
            reason = _reason(declared.properties, folder)
            if reason is not None:
                handler = declared.properties["Handler"]
                yield declared.logical_id, f"{declared.logical_id} cannot run {handler}: {reason}"


def _folder(declared: Declared) -> Path | None:
    """Where a function's code lies as it will be run, but for what is installed beside it."""
    code = declared.properties.get("Code")
    environment = declared.properties.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    if declared.metadata.get("BuildMethod") in _BUILDS or not isinstance(code, dict):
        return None
    if not isinstance(variables or {}, dict) or any(
        name in (variables or {}) for name in _WRAPPERS
    ):
        return None
    folder = Path(str(code.get("LocalPath") or ""))
    return folder if "LocalPath" in code and folder.is_dir() else None


def _reason(properties: Any, folder: Path) -> str | None:
    handler, runtime = properties.get("Handler"), properties.get("Runtime")
    if not isinstance(handler, str) or not isinstance(runtime, str) or handler.startswith("/"):
        return None
    if runtime.startswith("python") and "." in handler:
        return _in_python(folder, handler, layered=bool(properties.get("Layers")))
    if runtime.startswith("nodejs") and "." in handler:
        return _in_node(folder, handler)
    return None


def _in_node(folder: Path, handler: str) -> str | None:
    """Node.js takes the file from the package alone, and what it exports only it can tell."""
    place, _, last = handler.rpartition("/")
    stem = last.partition(".")[0]
    base = folder / place
    if "node_modules" in place.split("/"):
        # What npm installs may bring it.
        return None
    if not stem or any((base / f"{stem}{end}").is_file() for end in ("", ".js", ".mjs", ".cjs")):
        return None
    return f"{base} holds no {stem}.js, {stem}.mjs or {stem}.cjs"


def _in_python(folder: Path, handler: str, *, layered: bool) -> str | None:
    module, _, name = handler.rpartition(".")
    *packages, last = module.replace("/", ".").split(".")
    base = folder.joinpath(*packages)
    for file in (base / last / "__init__.py", base / f"{last}.py"):
        if file.is_file():
            return None if name in _names(file, name) else f"{file} defines no {name}"
    compiled = (base / last).is_dir() or any(base.glob(f"{last}.*"))
    if not last or compiled or layered or _installs(folder, [*packages, last][0]):
        return None
    return f"{base} holds no {last}.py"


def _installs(folder: Path, package: str) -> bool:
    """Whether what is installed beside the code may bring a package, by the names of both."""
    requirements = folder / "requirements.txt"
    if (folder / package).is_dir() or not requirements.is_file():
        return False
    lines = [
        line.partition("#")[0].strip()
        for line in requirements.read_text("utf-8", "replace").splitlines()
    ]
    wanted = _plain(package)
    for line in filter(None, lines):
        name = _NAME.match(line)
        # Other files, folders and addresses may hold anything.
        if name is None or wanted in _plain(name[1]) or _plain(name[1]) in wanted:
            return True
    return False


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _names(file: Path, wanted: str) -> set[str]:
    """What a module defines; `wanted` too where only running it would tell."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return {wanted}
    found = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    for node in _outer(tree):
        if isinstance(node, _SCOPES):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name) and (
            isinstance(node.ctx, ast.Store) or node.id in _MAKES_NAMES
        ):
            found.add(node.id)
    return found | {wanted} if found & {*_MAKES_NAMES, "*"} else found


def _outer(tree: ast.Module) -> Iterator[ast.AST]:
    """What of a module runs when it is loaded: not what stands within functions and classes."""
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        yield node
        if not isinstance(node, _SCOPES):
            nodes += ast.iter_child_nodes(node)
