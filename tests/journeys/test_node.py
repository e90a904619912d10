"""Functions in JavaScript, on the machine's Node.js."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from eventmill.kernel.errors import UsageError
from eventmill.testing import engine

APP = Path(__file__).parents[1] / "apps" / "node"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def invoke(app: Any, output: str, event: Any) -> tuple[dict[str, Any], Any]:
    answer = app.client("lambda").invoke(
        FunctionName=app.outputs[output], Payload=json.dumps(event)
    )
    return answer, json.loads(answer["Payload"].read())


def lines(app: Any, output: str) -> list[str]:
    app.settle()
    events = app.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{app.outputs[output]}"
    )["events"]
    return [event["message"] for event in events]


@needs_node
def test_an_es_module_with_a_promise(app) -> None:
    answer, payload = invoke(app, "Modern", {"n": 7})
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer
    assert payload["n"] == 7 and payload["memory"] == "256"
    assert payload["id"] == answer["ResponseMetadata"]["RequestId"]
    assert 0 < payload["left"] <= 5_000
    assert payload["arn"].endswith(f":function:{app.outputs['Modern']}")
    assert payload["environment"] == "AWS_Lambda_nodejs22.x"
    assert payload["trace"].startswith("Root=1-")
    logged = lines(app, "Modern")
    (line,) = [line for line in logged if "and more" in line]
    stamp, request, level, text = line.split("\t")
    assert stamp.endswith("Z") and request == payload["id"] and level == "INFO"
    assert text == "got 7\nand more { a: 1 }"
    assert any("\tERROR\tError: shown\n    at " in line for line in logged)


@needs_node
@pytest.mark.parametrize(
    ("act", "expected"),
    [("nothing", None), ("wait", "late"), ("hurry", "early")],
)
def test_callbacks_and_the_empty_event_loop(app, act: str, expected: Any) -> None:
    began = time.monotonic()
    assert invoke(app, "Classic", {"act": act})[1] == expected
    assert time.monotonic() - began < 4
    if act == "wait":
        assert any(line.endswith("waited") for line in lines(app, "Classic"))


@needs_node
def test_a_callback_s_error_is_not_taken_back(app) -> None:
    answer, payload = invoke(app, "Classic", {"act": "regret"})
    assert answer["FunctionError"] == "Unhandled" and payload["errorMessage"] == "first"


@needs_node
def test_a_callback_s_answer_with_a_layer_s_package(app) -> None:
    assert invoke(app, "Classic", {"name": "you"})[1] == {
        "greeting": "hello you",
        "function": app.outputs["Classic"],
    }


@needs_node
@pytest.mark.parametrize(
    ("output", "act", "kind", "message"),
    [
        ("Classic", "fail", "TypeError", "no"),
        ("Classic", "throw", "RangeError", "thrown"),
        ("Classic", "uncaught", "Error", "nobody caught it"),
        ("Modern", "reject", "Error", "rejected"),
    ],
)
def test_errors_are_lambda_s_documents(app, output, act, kind, message) -> None:
    answer, payload = invoke(app, output, {"act": act})
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == (kind, message)
    assert payload["trace"][0] == f"{kind}: {message}" and "    at " in payload["trace"][1]
    assert invoke(app, output, {"name": "again", "n": 1})[0].get("FunctionError") is None


@needs_node
def test_an_environment_that_exits(app) -> None:
    assert "exit status 3" in invoke(app, "Modern", {"act": "exit"})[1]["errorMessage"]


@needs_node
def test_code_in_the_template(app) -> None:
    assert invoke(app, "Inline", {"n": 1})[1] == {"inline": 2}


@needs_node
def test_custom_resources_answer_as_on_lambda(app) -> None:
    """With the module that Lambda offers, and over TLS to the host that they were told."""
    assert (app.outputs["Doubled"], app.outputs["DoubledId"]) == (42, "doubled")
    assert app.outputs["SentId"] == "sent"


@needs_node
@pytest.mark.parametrize(
    ("handler", "code", "kind", "message"),
    [
        (
            "index.absent",
            "exports.a = 1",
            "Runtime.HandlerNotFound",
            "is undefined or not exported",
        ),
        (
            "other.handler",
            "exports.a = 1",
            "Runtime.ImportModuleError",
            "Cannot find module 'other'",
        ),
        ("index.handler", "exports.(", "Runtime.UserCodeSyntaxError", "SyntaxError"),
        ("index.handler", "require('@aws-sdk/x')", "Runtime.ImportModuleError", "AWS SDK"),
    ],
)
def test_a_handler_that_cannot_be_loaded(app, handler, code, kind, message) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.js", code)
    client, name = app.client("lambda"), f"broken-{kind.rpartition('.')[2]}-{len(code)}"
    client.create_function(
        FunctionName=name,
        Runtime="nodejs20.x",
        Handler=handler,
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": packed.getvalue()},
    )
    payload = json.loads(client.invoke(FunctionName=name)["Payload"].read())
    assert payload["errorType"] == kind and message in payload["errorMessage"]


@needs_node
def test_json_logs_by_level(app) -> None:
    invoke(app, "Structured", {})
    shown, bad = (json.loads(line) for line in lines(app, "Structured"))
    assert shown["level"] == "WARN" and shown["message"] == {"shown": True} and shown["requestId"]
    assert bad["level"] == "ERROR" and bad["errorType"] == "TypeError"
    assert bad["errorMessage"] == "really" and bad["message"].startswith("bad TypeError: really")


def ask(url: str) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    return connection.getresponse()


@needs_node
def test_streams_of_a_function_url(app) -> None:
    ask(app.outputs["Streamed"]).read()
    began = time.monotonic()
    answer = ask(f"{app.outputs['Streamed']}?wait=300")
    assert answer.status == 203 and answer.headers["x-a"] == "1"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.read1(100) == b"one "
    assert time.monotonic() - began < 0.6
    assert answer.read() == b"two three"
    assert len(ask(f"{app.outputs['Streamed']}?size=100000&count=50").read()) == 5_000_000
    assert ask(f"{app.outputs['Streamed']}?early=1").status == 502
    with pytest.raises(http.client.IncompleteRead):
        ask(f"{app.outputs['Streamed']}?late=1").read()


@needs_node
def test_streams_of_the_api(app) -> None:
    answer = app.client("lambda").invoke_with_response_stream(
        FunctionName=app.outputs["StreamedName"], Payload=b'{"late": 1}'
    )
    events = list(answer["EventStream"])
    pieces = [event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event]
    assert b"".join(pieces) == b"one two three"
    details = json.loads(events[-1]["InvokeComplete"]["ErrorDetails"])
    assert details["errorMessage"] == "in the middle"


def test_without_node_it_is_refused_when_declared(app, monkeypatch) -> None:
    monkeypatch.setattr("eventmill.invoke.interpreters.node", lambda: None)
    with pytest.raises(UsageError, match="there is no `node` on this machine"):
        app.deploy(APP)
    with pytest.raises(ClientError, match="there is no `node` on this machine"):
        app.client("lambda").create_function(
            FunctionName="n",
            Runtime="nodejs22.x",
            Handler="a.b",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )


@pytest.mark.parametrize("runtime", ["java21", "dotnet8", "ruby3.3", "go1.x"])
def test_other_runtimes_are_refused_by_name(app, runtime: str) -> None:
    with pytest.raises(ClientError, match=f"functions of runtime {runtime}: .*provided.al2023"):
        app.client("lambda").create_function(
            FunctionName="other",
            Runtime=runtime,
            Handler="a.b",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )


# The parts of the SDK's second version that decide where its calls go, as that package has them.
_OLD_SDK = {
    "package.json": '{"name": "aws-sdk", "version": "2.0.0", "main": "lib/aws.js"}',
    "lib/aws.js": "const AWS = require('./core'); require('./more'); module.exports = AWS;",
    "lib/more.js": "const AWS = require('./core'); AWS.config = new AWS.Config();",
    "lib/around.js": "require('./core');",
    "lib/core.js": """
class Config {
  constructor(given = {}) {
    for (const [key, value] of Object.entries(this.keys)) this[key] = given[key] ?? value;
  }
  update(given) { Object.assign(this, given); }
}
Config.prototype.keys = { endpoint: undefined, s3ForcePathStyle: false };
const AWS = {};
module.exports = AWS;
require("./around"); // which asks for this module while it is loading, as the package's do
Object.assign(AWS, { Config, config: new Config() });
""",
}
_OLD_HANDLER = """
const AWS = require("aws-sdk");
const told = [AWS.config.endpoint, AWS.config.s3ForcePathStyle];
AWS.config.update({ endpoint: "http://mine" });
exports.handler = async () => {
  const own = new (require("aws-sdk/lib/core").Config)({ endpoint: "http://own" });
  return [...told, AWS.config.endpoint, own.endpoint, process.env.AWS_ENDPOINT_URL];
};
"""


@needs_node
def test_the_old_sdk_finds_the_engine(app, tmp_path: Path) -> None:
    packages = tmp_path / "node_modules" / "aws-sdk"
    (packages / "lib").mkdir(parents=True)
    for name, text in _OLD_SDK.items():
        (packages / name).write_text(text)
    (tmp_path / "package.json").write_text('{"dependencies": {"aws-sdk": "2.0.0"}}')
    (tmp_path / "index.js").write_text(_OLD_HANDLER)
    app.client("lambda").create_function(
        FunctionName="old",
        Runtime="nodejs16.x",
        Role="arn:aws:iam::000000000000:role/old",
        Handler="index.handler",
        Code={"ZipFile": _zipped(tmp_path)},
    )
    said = json.loads(app.client("lambda").invoke(FunctionName="old")["Payload"].read())
    endpoint = said.pop()
    assert said == [endpoint, True, "http://mine", "http://own"]
    assert not [line for line in app.logs() if "/old:" in line and "Warning" in line]


def _zipped(folder: Path) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    return held.getvalue()


@needs_node
def test_a_built_layer_that_brings_its_modules_has_them_where_functions_look(tmp_path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Modules:
            Type: AWS::Serverless::LayerVersion
            Properties: {ContentUri: modules}
            Metadata: {BuildMethod: nodejs20.x}
          Hello:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: nodejs20.x
              Handler: index.handler
              Layers: [!Ref Modules]
              InlineCode: exports.handler = async () => require("one")
          Modern:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: nodejs20.x
              Handler: index.handler
              CodeUri: modern
              Layers: [!Ref Modules]
        Outputs:
          Hello: {Value: !Ref Hello}
          Modern: {Value: !Ref Modern}
        """
    )
    for place, text in {
        "modules/node_modules/one/index.js": "module.exports = 1",
        "modules/node_modules/@own/two/package.json": '{"type": "module", "exports": "./at.js"}',
        "modules/node_modules/@own/two/at.js": "export const two = 2",
        "modern/index.mjs": """
            import one from "one";
            import { two } from "@own/two";
            import fs from "fs";
            const lost = await import("nowhere").catch((error) => error.code);
            export const handler = async () => [one, two, typeof fs.existsSync, lost];
        """,
    }.items():
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with engine() as mill:
        mill.deploy(tmp_path)
        assert invoke(mill, "Hello", {})[1] == 1
        assert invoke(mill, "Modern", {})[1] == [1, 2, "function", "ERR_MODULE_NOT_FOUND"]


@needs_node
def test_powertools_for_typescript_is_there(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Hello:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: nodejs22.x
              Timeout: 20
              Handler: index.handler
              Layers:
                - arn:aws:lambda:us-east-1:094274105915:layer:AWSLambdaPowertoolsTypeScriptV2:44
              InlineCode: |
                const { Logger } = require("@aws-lambda-powertools/logger");
                const { getParameter } = require("@aws-lambda-powertools/parameters/ssm");
                const logger = new Logger({ serviceName: "layered" });
                exports.handler = async () => {
                  logger.info("with a layer");
                  return getParameter("/layered");
                };
          Parameter:
            Type: AWS::SSM::Parameter
            Properties: {Name: /layered, Type: String, Value: found}
        Outputs:
          Hello: {Value: !Ref Hello}
        """
    )
    with engine() as mill:
        mill.deploy(tmp_path)
        answer = mill.client("lambda").invoke(FunctionName=mill.outputs["Hello"])
        assert json.loads(answer["Payload"].read()) == "found"
        assert any('"service":"layered"' in line for line in mill.logs())
