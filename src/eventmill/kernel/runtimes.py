"""Which of Lambda's runtimes run here, and why the others do not."""

from __future__ import annotations

import re

_OFFERED = re.compile(r"(python3\.\d{1,2}|nodejs\d{1,2}\.x|provided(\.al2|\.al2023)?)\Z")
_REASONS = {
    "java": "Java functions need Lambda's own Java runtime client, which is not offered; run the "
    "program behind a `bootstrap` as provided.al2023",
    "dotnet": ".NET functions need Lambda's own .NET runtime client, which is not offered; "
    "publish it self-contained as `bootstrap` for provided.al2023",
    "ruby": "Ruby functions need Lambda's own Ruby runtime client, which is not offered; run it "
    "behind a `bootstrap` as provided.al2023",
    "go1": "Lambda ended go1.x in 2023; build the program as `bootstrap` for provided.al2023",
}
_MODULE = re.compile(r"^\s*(export|import)\s", re.MULTILINE)
_ELSE = (
    "Eventmill runs python3.x, nodejsXX.x, and provided.al2 and provided.al2023 with a bootstrap"
)


def unsupported(runtime: str) -> str | None:
    """Why a runtime is not offered, with the mend; None when it is."""
    if _OFFERED.match(runtime):
        return None
    for start, reason in _REASONS.items():
        if runtime.startswith(start):
            return reason
    return f"{runtime or '(none)'} is no runtime that is offered: {_ELSE}"


def inline_file(text: str, handler: str, runtime: str) -> str:
    """The file that code written in a template goes into: the one that the handler names."""
    module = handler.rpartition(".")[0].replace(".", "/") or "index"
    if not runtime.startswith("nodejs"):
        return f"{module}.py"
    return f"{module}.mjs" if _MODULE.search(text) else f"{module}.js"
