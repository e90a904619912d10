"""Handlers that packages do not have are named, and none that a build or a layer may bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventmill.deploy.handlers import unfound
from eventmill.template import read_template

NODE = "nodejs22.x"
FILES = {
    "app.py": "import os\nfrom json import dumps as said\n\ndef handler(event, context): pass\n",
    "made.py": "if True:\n    handler = print\nfor name in (1, 2): pass\n",
    "lazy.py": "def __getattr__(name): return print\n",
    "stars.py": "from app import *\n",
    "late.py": "globals()['handler'] = print\n",
    "told.py": "def set():\n    global handler\n    handler = print\n",
    "hidden.py": "class Work:\n    def handler(self): pass\n\ndef make():\n    handler = print\n",
    "broken.py": "def handler(:\n",
    "parts/work.py": "class Handler: pass\n",
    "whole/__init__.py": "def handler(event, context): pass\n",
    "native.abi3.so": "",
    "index.mjs": "export const handler = 1;",
    "lib/old.js": "exports.handler = 1;",
}


def said(folder: Path, handler: str, runtime: str = "python3.12", more: str = "") -> list[str]:
    """What is said of a function with this handler, its package's folder taken out."""
    code = folder / "code"
    for name, text in FILES.items():
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text(text)
    (folder / "template.yaml").write_text(
        f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Runtime: {runtime}
      Handler: {handler}
      {more}
"""
    )
    template = read_template(folder, folder / "cache", "us-east-1", {})
    return [reason.replace(str(code), "CODE") for _, reason in unfound(template)]


@pytest.mark.parametrize(
    ("handler", "runtime"),
    [
        ("app.handler", "python3.12"),
        ("app.said", "python3.12"),
        ("app.os", "python3.12"),
        ("made.handler", "python3.12"),
        ("made.name", "python3.12"),
        ("lazy.handler", "python3.12"),
        ("stars.handler", "python3.12"),
        ("late.handler", "python3.12"),
        ("told.handler", "python3.12"),
        ("broken.handler", "python3.12"),
        ("parts.work.Handler", "python3.12"),
        ("parts/work.Handler", "python3.12"),
        ("whole.handler", "python3.12"),
        ("native.handler", "python3.12"),
        ("index.handler", NODE),
        ("lib/old.handler", NODE),
        ("/opt/nodejs/wrap.handler", NODE),
        ("anything", "provided.al2023"),
    ],
)
def test_nothing_is_said_of_what_is_there_or_may_be(
    tmp_path: Path, handler: str, runtime: str
) -> None:
    assert said(tmp_path, handler, runtime) == []


@pytest.mark.parametrize(
    ("handler", "runtime", "reason"),
    [
        ("ap.handler", "python3.12", "CODE holds no ap.py"),
        ("app.handlr", "python3.12", "CODE/app.py defines no handlr"),
        ("hidden.handler", "python3.12", "CODE/hidden.py defines no handler"),
        ("parts.wrk.Handler", "python3.12", "CODE/parts holds no wrk.py"),
        ("whole.handlr", "python3.12", "CODE/whole/__init__.py defines no handlr"),
        ("indx.handler", NODE, "CODE holds no indx.js, indx.mjs or indx.cjs"),
        ("lib/index.handler", NODE, "CODE/lib holds no index.js, index.mjs or index.cjs"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, handler: str, runtime: str, reason: str) -> None:
    assert said(tmp_path, handler, runtime) == [f"Work cannot run {handler}: {reason}"]


@pytest.mark.parametrize(
    "more",
    [
        "Layers: [!Sub 'arn:aws:lambda:us-east-1:${AWS::AccountId}:layer:tools:1']",
        "Environment: {Variables: {PYTHONPATH: /opt/lib}}",
        "Environment: {Variables: {AWS_LAMBDA_EXEC_WRAPPER: /opt/wrap}}",
    ],
)
def test_a_layer_or_a_wrapper_may_bring_the_module(tmp_path: Path, more: str) -> None:
    assert said(tmp_path, "tools.handler", more=more) == []


@pytest.mark.parametrize("method", ["makefile", "esbuild"])
def test_a_build_may_bring_it(tmp_path: Path, method: str) -> None:
    said(tmp_path, "app.handler")
    template = (tmp_path / "template.yaml").read_text().replace("app.handler", "built.handler")
    template += f"    Metadata: {{BuildMethod: {method}}}\n"
    (tmp_path / "template.yaml").write_text(template)
    assert list(unfound(read_template(tmp_path, tmp_path / "cache", "us-east-1", {}))) == []


@pytest.mark.parametrize(
    ("requirements", "quiet"),
    [
        ("serverless-wsgi>=3 ; python_version > '3.8'\n", True),
        ("git+https://example.com/code.git\n", True),
        ("-r more.txt\n", True),
        ("# nothing\n\n", False),
        ("boto3\nrequests[socks]==2.32.3  # for calls\n", False),
        # As PowerShell writes what `pip freeze` says: it can bring anything.
        ("\ufeffboto3\n", True),
    ],
)
def test_a_required_package_may_bring_it(tmp_path: Path, requirements: str, quiet: bool) -> None:
    (tmp_path / "code").mkdir()
    encoding = "utf-16-le" if requirements.startswith("\ufeff") else "utf-8"
    (tmp_path / "code" / "requirements.txt").write_text(requirements, encoding)
    assert (said(tmp_path, "serverless_wsgi.handler") == []) is quiet
