from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from eventmill.kernel.errors import Conflict, Fault, Invalid, NotFound, TooLarge
from eventmill.services.lambda_ import due_events, enqueue_event, functions_due, resolve, url_by_id

from .conftest import FUNCTION, Service, archive


def test_created_function_resolves_to_its_unpacked_code(service: Service) -> None:
    created = service.function(Timeout=9, Environment={"Variables": {"A1": "b"}})
    assert created["FunctionArn"] == FUNCTION
    spec = resolve(service.tx, "f")
    assert (spec.timeout, spec.environment, spec.version) == (9.0, {"A1": "b"}, "$LATEST")
    assert (spec.code / "app.py").read_text().startswith("def handler")
    assert resolve(service.tx, FUNCTION) is spec


def test_a_change_gives_a_new_revision(service: Service) -> None:
    service.function()
    first = resolve(service.tx, "f")
    service("UpdateFunctionConfiguration", FunctionName="f", Timeout=5)
    second = resolve(service.tx, "f")
    assert second.revision != first.revision
    assert (second.timeout, second.code) == (5.0, first.code)
    service("UpdateFunctionCode", FunctionName="f", ZipFile=archive({"app.py": "2"}))
    assert (resolve(service.tx, "f").code / "app.py").read_text() == "2"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Timeout": 901}, "ValidationException"),
        ({"MemorySize": 1}, "ValidationException"),
        ({"Runtime": "cobol1"}, "InvalidParameterValueException"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
        ({"Environment": {"Variables": {"A1": "x" * 4_095}}}, "InvalidParameterValueException"),
        ({"ImageConfig": {"Command": ["x"]}}, "InvalidParameterValueException"),
        ({"Code": {"S3Bucket": "b", "S3Key": "k"}}, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": b"nonsense"}}, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": archive({"../x": "1"})}}, "InvalidParameterValueException"),
    ],
)
def test_what_lambda_does_not_take_is_refused(
    service: Service, given: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        service.function(**given)
    assert refused.value.code == code


def test_creating_twice_is_a_conflict(service: Service) -> None:
    service.function()
    with pytest.raises(Conflict):
        service.function()


def test_versions_are_immutable_and_reused_while_nothing_changes(service: Service) -> None:
    service.function()
    assert service("PublishVersion", FunctionName="f")["Version"] == "1"
    assert service("PublishVersion", FunctionName="f")["Version"] == "1"
    service("UpdateFunctionConfiguration", FunctionName="f", Timeout=7)
    assert service("PublishVersion", FunctionName="f")["Version"] == "2"
    assert resolve(service.tx, "f", "1").timeout == 3.0
    assert resolve(service.tx, "f:2").timeout == 7.0
    service("DeleteFunction", FunctionName="f", Qualifier="2")
    service("UpdateFunctionConfiguration", FunctionName="f", Timeout=8)
    assert service("PublishVersion", FunctionName="f")["Version"] == "3"
    versions = service("ListVersionsByFunction", FunctionName="f")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "3"]


def test_an_alias_routes_by_weight(service: Service) -> None:
    service.function(Publish=True)
    service("UpdateFunctionConfiguration", FunctionName="f", Timeout=7)
    service("PublishVersion", FunctionName="f")
    service("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    assert resolve(service.tx, "f:live").version == "1"
    routing = {"AdditionalVersionWeights": {"2": 1.0}}
    service("UpdateAlias", FunctionName="f", Name="live", RoutingConfig=routing)
    assert resolve(service.tx, "f:live").version == "2"
    with pytest.raises(NotFound):
        resolve(service.tx, "f:other")


def test_invoke_answers_with_the_log_tail(service: Service) -> None:
    service.function()
    context = base64.b64encode(b'{"custom":{}}').decode()
    answer = service(
        "Invoke", FunctionName="f", Payload=b"[1]", LogType="Tail", ClientContext=context
    )
    assert (answer["StatusCode"], answer["Payload"]) == (200, b"[1]")
    assert len(base64.b64decode(answer["LogResult"])) == 4_096
    assert service.invoker.seen[0].client_context == '{"custom":{}}'
    assert service("Invoke", FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(Invalid):
        service("Invoke", FunctionName="f", Payload=b"{")
    with pytest.raises(TooLarge):
        service("Invoke", FunctionName="f", Payload=b" " * 6_291_457)


def test_an_event_invocation_is_put_down(service: Service) -> None:
    service.function()
    answer = service("Invoke", FunctionName="f", InvocationType="Event", Payload=b"{}")
    assert answer == {"StatusCode": 202}
    enqueue_event(service.tx, service.context.ids, f"{FUNCTION}:x", b"1", trace=None, source="s")
    assert functions_due(service.tx) == [FUNCTION, f"{FUNCTION}:x"]
    (event,) = due_events(service.tx, FUNCTION, 10, ())
    assert (event.request_id, event.payload) == ("request-1", b"{}")
    assert due_events(service.tx, FUNCTION, 10, {event.id}) == []


def test_reserving_leaves_a_hundred(service: Service) -> None:
    service.function()
    service("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=900)
    assert resolve(service.tx, "f").reserved_concurrency == 900
    limits = service("GetAccountSettings")["AccountLimit"]
    assert limits["UnreservedConcurrentExecutions"] == 100
    with pytest.raises(Fault):
        service("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=901)


def test_layers_reach_the_function_in_order(service: Service) -> None:
    arns = [
        service("PublishLayerVersion", LayerName=name, Content={"ZipFile": archive({name: ""})})[
            "LayerVersionArn"
        ]
        for name in ("one", "two")
    ]
    service.function(Layers=arns)
    assert [
        Path(layer, name).exists()
        for layer, name in zip(resolve(service.tx, "f").layers, ("one", "two"), strict=True)
    ] == [True, True]
    service("DeleteLayerVersion", LayerName="one", VersionNumber=1)
    assert len(resolve(service.tx, "f").layers) == 2
    with pytest.raises(Invalid):
        service("UpdateFunctionConfiguration", FunctionName="f", Layers=arns)


def test_a_url_is_found_by_the_last_part_of_its_path(service: Service) -> None:
    service.function()
    url = service("CreateFunctionUrlConfig", FunctionName="f", AuthType="NONE")["FunctionUrl"]
    assert url.startswith("http://127.0.0.1:4566/_aws/lambda-url/")
    found = url_by_id(service.tx, url.split("/")[-2])
    assert found is not None
    assert (found.function, found.auth_type, found.invoke_mode) == ("f", "NONE", "BUFFERED")
    with pytest.raises(Conflict):
        service("CreateFunctionUrlConfig", FunctionName="f", AuthType="NONE")
    service("DeleteFunction", FunctionName="f")
    assert service("ListFunctionUrlConfigs", FunctionName="f")["FunctionUrlConfigs"] == []


def test_tags(service: Service) -> None:
    service.function(Tags={"a": "1"})
    service("TagResource", Resource=FUNCTION, Tags={"b": "2"})
    service("UntagResource", Resource=FUNCTION, TagKeys=["a"])
    assert service("ListTags", Resource=FUNCTION)["Tags"] == {"b": "2"}
    assert json.dumps(service("GetFunction", FunctionName="f")["Tags"]) == '{"b": "2"}'
