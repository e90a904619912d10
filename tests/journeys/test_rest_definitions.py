"""How REST APIs are defined by calls: their patches, refusals, stages, responses, domains."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from eventmill.testing import engine
from tests.journeys.rest_client import Answer, ask
from tests.refusals import refused_as


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(app):
    return app.client("apigateway")


def mock(gateway: Any, text: str, **options: Any) -> str:
    """An API whose GET / answers with a text, deployed to the stage live."""
    api = gateway.create_rest_api(name="mock", **options)
    place = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(
        **place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(
        **place, statusCode="200", responseTemplates={"application/json": text}
    )
    gateway.create_deployment(restApiId=api["id"], stageName="live")
    return str(api["id"])


def get(app: Any, api: str, path: str = "/live", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(f"{app.endpoint}/_aws/execute-api/{api}{path}", headers=sent)


def test_a_new_api_has_its_defaults(gateway) -> None:
    api = gateway.create_rest_api(name="new", tags={"a": "1"})
    assert api["apiKeySource"] == "HEADER" and len(api["id"]) == 10
    got = gateway.get_rest_api(restApiId=api["id"])
    assert {k: got[k] for k in got if k != "ResponseMetadata"} == {
        k: api[k] for k in api if k != "ResponseMetadata"
    }
    assert sorted(m["name"] for m in gateway.get_models(restApiId=api["id"])["items"]) == [
        "Empty",
        "Error",
    ]
    (root,) = gateway.get_resources(restApiId=api["id"])["items"]
    assert root == {"id": api["rootResourceId"], "path": "/"}
    gateway.delete_rest_api(restApiId=api["id"])
    assert refused_as(gateway.get_rest_api, restApiId=api["id"]) == "NotFoundException"


def test_patches(gateway) -> None:
    api = gateway.create_rest_api(name="old", binaryMediaTypes=["image/png"])
    changed = gateway.update_rest_api(
        restApiId=api["id"],
        patchOperations=[
            {"op": "replace", "path": "/name", "value": "new"},
            {"op": "add", "path": "/binaryMediaTypes/image~1jpeg"},
            {"op": "remove", "path": "/binaryMediaTypes/image~1png"},
            {"op": "replace", "path": "/minimumCompressionSize", "value": "10"},
        ],
    )
    assert changed["name"] == "new" and changed["minimumCompressionSize"] == 10
    assert changed["binaryMediaTypes"] == ["image/jpeg"]
    patch = [{"op": "replace", "path": "/id", "value": "x"}]
    assert (
        refused_as(gateway.update_rest_api, restApiId=api["id"], patchOperations=patch)
        == "BadRequestException"
    )


def test_the_tree_refuses_what_would_be_ambiguous(gateway) -> None:
    api = gateway.create_rest_api(name="tree")
    place = {"restApiId": api["id"], "parentId": api["rootResourceId"]}
    pets = gateway.create_resource(**place, pathPart="pets")
    pet = gateway.create_resource(restApiId=api["id"], parentId=pets["id"], pathPart="{id}")
    assert pet["path"] == "/pets/{id}"
    assert refused_as(gateway.create_resource, **place, pathPart="pets") == "ConflictException"
    below = {"restApiId": api["id"], "parentId": pets["id"]}
    assert refused_as(gateway.create_resource, **below, pathPart="{name}") == "BadRequestException"
    assert refused_as(gateway.create_resource, **below, pathPart="a b") == "BadRequestException"
    gateway.update_resource(
        restApiId=api["id"],
        resourceId=pets["id"],
        patchOperations=[{"op": "replace", "path": "/pathPart", "value": "animals"}],
    )
    found = gateway.get_resource(restApiId=api["id"], resourceId=pet["id"])
    assert found["path"] == "/animals/{id}"
    greedy = gateway.create_resource(**place, pathPart="{proxy+}")
    for resource, member, value, expected in (
        (api["rootResourceId"], "pathPart", "x", "BadRequestException"),
        (pets["id"], "parentId", pets["id"], "BadRequestException"),
        (pets["id"], "parentId", pet["id"], "BadRequestException"),
        (pets["id"], "parentId", "none", "NotFoundException"),
        (pets["id"], "pathPart", "a b", "BadRequestException"),
        (pets["id"], "pathPart", "{all+}", "BadRequestException"),
        (pet["id"], "parentId", greedy["id"], "BadRequestException"),
        (greedy["id"], "pathPart", "animals", "ConflictException"),
    ):
        change = [{"op": "replace", "path": f"/{member}", "value": value}]
        asked = {"restApiId": api["id"], "resourceId": resource, "patchOperations": change}
        assert refused_as(gateway.update_resource, **asked) == expected, change
    up = [{"op": "replace", "path": "/parentId", "value": api["rootResourceId"]}]
    moved = gateway.update_resource(restApiId=api["id"], resourceId=pet["id"], patchOperations=up)
    assert moved["path"] == "/{id}"
    gateway.delete_resource(restApiId=api["id"], resourceId=pets["id"])
    assert len(gateway.get_resources(restApiId=api["id"])["items"]) == 3


def test_methods_name_what_must_be_there(gateway) -> None:
    api = gateway.create_rest_api(name="methods")
    place = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "POST"}
    bad = [
        {"authorizationType": "CUSTOM"},
        {"authorizationType": "OTHER"},
        {"authorizationType": "NONE", "requestModels": {"application/json": "Nothing"}},
    ]
    assert {refused_as(gateway.put_method, **place, **given) for given in bad} == {
        "BadRequestException"
    }
    assert refused_as(gateway.create_deployment, restApiId=api["id"]) == "BadRequestException"
    gateway.put_method(**place, authorizationType="NONE")
    assert refused_as(gateway.put_method, **place, authorizationType="NONE") == "ConflictException"
    assert refused_as(gateway.create_deployment, restApiId=api["id"]) == "BadRequestException"
    for wrong in (
        {"type": "AWS", "integrationHttpMethod": "POST", "uri": "no arn"},
        {"type": "HTTP", "integrationHttpMethod": "POST", "uri": "ftp://x"},
        {"type": "HTTP", "uri": "http://x"},
        {"type": "MOCK", "timeoutInMillis": 10},
    ):
        assert refused_as(gateway.put_integration, **place, **wrong) == "BadRequestException"
    gateway.put_integration(**place, type="MOCK")
    assert (
        refused_as(gateway.put_integration_response, **place, statusCode="200")
        == "NotFoundException"
    )
    gateway.put_method_response(**place, statusCode="200")
    pattern = {"statusCode": "200", "selectionPattern": "("}
    assert refused_as(gateway.put_integration_response, **place, **pattern) == "BadRequestException"
    patched = gateway.update_integration(
        **place,
        patchOperations=[
            {"op": "add", "path": "/requestTemplates/application~1json", "value": "{}"},
            {"op": "replace", "path": "/timeoutInMillis", "value": "500"},
        ],
    )
    assert patched["requestTemplates"] == {"application/json": "{}"}
    assert gateway.get_method(**place)["methodIntegration"]["timeoutInMillis"] == 500


def test_a_stage_keeps_its_deployment_until_it_is_moved(app, gateway) -> None:
    api = mock(gateway, '"first"')
    place = {"restApiId": api}
    (first,) = gateway.get_deployments(**place)["items"]
    root = gateway.get_rest_api(**place)["rootResourceId"]
    gateway.update_integration_response(
        **place,
        resourceId=root,
        httpMethod="GET",
        statusCode="200",
        patchOperations=[
            {
                "op": "replace",
                "path": "/responseTemplates/application~1json",
                "value": '"$stageVariables.word"',
            }
        ],
    )
    assert get(app, api).json == "first"
    second = gateway.create_deployment(**place)
    gateway.create_stage(
        **place, stageName="next", deploymentId=second["id"], variables={"word": "second"}
    )
    assert (get(app, api).json, get(app, api, "/next").json) == ("first", "second")
    gateway.update_stage(
        **place,
        stageName="next",
        patchOperations=[
            {"op": "replace", "path": "/variables/word", "value": "third"},
            {"op": "add", "path": "/variables/limit", "value": "7"},
            {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "2"},
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "0.01"},
        ],
    )
    stage = gateway.get_stage(**place, stageName="next")
    assert stage["variables"] == {"word": "third", "limit": "7"}
    assert stage["methodSettings"] == {
        "*/*": {"throttlingBurstLimit": 2, "throttlingRateLimit": 0.01}
    }
    assert [get(app, api, "/next").status for _ in range(3)] == [200, 200, 429]
    app.advance(200)
    assert get(app, api, "/next").json == "third"
    assert (
        refused_as(gateway.delete_deployment, **place, deploymentId=first["id"])
        == "BadRequestException"
    )
    gateway.delete_stage(**place, stageName="live")
    gateway.delete_deployment(**place, deploymentId=first["id"])
    assert get(app, api).status == 403


def test_a_method_can_be_tried_before_it_is_deployed(app, gateway) -> None:
    api = mock(
        gateway, '{"q": "$input.params("q")", "v": "$stageVariables.v", "b": $input.json("$")}'
    )
    root = gateway.get_rest_api(restApiId=api)["rootResourceId"]
    place = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    tried = gateway.test_invoke_method(
        **place, pathWithQueryString="/?q=1", stageVariables={"v": "2"}, headers={"X": "y"}
    )
    assert (tried["status"], json.loads(tried["body"])) == (200, {"q": "1", "v": "2", "b": {}})
    assert "Method completed with status: 200" in tried["log"]
    gateway.delete_integration_response(**place, statusCode="200")
    failed = gateway.test_invoke_method(**place)
    assert failed["status"] == 500 and "no default output mapping" in failed["log"]
    gateway.delete_integration(**place)
    assert refused_as(gateway.test_invoke_method, **place) == "NotFoundException"


def test_a_canary_takes_its_share(app, gateway) -> None:
    api = mock(gateway, '"$stageVariables.kind"')
    gateway.update_stage(
        restApiId=api,
        stageName="live",
        patchOperations=[
            {"op": "replace", "path": "/variables/kind", "value": "stable"},
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "50"},
            {"op": "add", "path": "/canarySettings/stageVariableOverrides/kind", "value": "canary"},
        ],
    )
    assert {get(app, api).json for _ in range(60)} == {"stable", "canary"}
    gateway.update_stage(
        restApiId=api,
        stageName="live",
        patchOperations=[{"op": "remove", "path": "/canarySettings"}],
    )
    assert {get(app, api).json for _ in range(20)} == {"stable"}


def test_a_stage_writes_its_access_log(app, gateway) -> None:
    api, logs = mock(gateway, '"x"'), app.client("logs")
    logs.create_log_group(logGroupName="/access")
    line = "$context.httpMethod $context.resourcePath $context.status $context.error.responseType"
    gateway.update_stage(
        restApiId=api,
        stageName="live",
        patchOperations=[
            {
                "op": "replace",
                "path": "/accessLogSettings/destinationArn",
                "value": "arn:aws:logs:us-east-1:000000000000:log-group:/access",
            },
            {"op": "replace", "path": "/accessLogSettings/format", "value": line},
        ],
    )
    get(app, api)
    get(app, api, "/live/none")
    app.settle()
    found = logs.filter_log_events(logGroupName="/access")["events"]
    assert [event["message"] for event in found] == [
        "GET / 200 -",
        "GET - 403 MISSING_AUTHENTICATION_TOKEN",
    ]


def test_gateway_responses_can_be_listed_set_and_reset(app, gateway) -> None:
    api = mock(gateway, '"x"')
    place = {"restApiId": api, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    assert gateway.get_gateway_response(**place)["defaultResponse"] is True
    gateway.put_gateway_response(
        **place,
        statusCode="404",
        responseParameters={"gatewayresponse.header.X-Why": "method.request.header.x-ask"},
        responseTemplates={
            "application/json": '{"no": $context.error.messageString}',
            "text/html": "<p>$context.error.message</p>",
        },
    )
    gateway.create_deployment(restApiId=api, stageName="live")
    lost = get(app, api, "/live/none", x_ask="why")
    assert (lost.status, lost["x-why"]) == (404, "why")
    assert lost.json == {"no": "Missing Authentication Token"}
    page = get(app, api, "/live/none", accept="text/html,*/*")
    assert (page.body, page["content-type"]) == (
        b"<p>Missing Authentication Token</p>",
        "text/html",
    )
    assert len(gateway.get_gateway_responses(restApiId=api)["items"]) == 21
    gateway.delete_gateway_response(**place)
    gateway.create_deployment(restApiId=api, stageName="live")
    assert get(app, api, "/live/none").status == 403


def test_answers_are_compressed_from_a_size_on(app, gateway) -> None:
    api = mock(gateway, '"' + "long " * 40 + '"', minimumCompressionSize=50)
    plain = get(app, api)
    packed = get(app, api, accept_encoding="gzip, br")
    assert plain["content-encoding"] is None
    assert packed["content-encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body


def test_a_custom_domain_leads_to_the_stage_of_its_mapping(app, gateway) -> None:
    api = mock(gateway, '{"path": "$context.path", "domain": "$context.domainName"}')
    assert ask(f"{app.endpoint}/", headers={"Host": "api.example.test"}).status == 403
    gateway.create_domain_name(
        domainName="api.example.test",
        regionalCertificateArn="arn:aws:acm:us-east-1:1:certificate/1",
    )
    place = {"domainName": "api.example.test", "restApiId": api}
    gateway.create_base_path_mapping(**place, basePath="pets", stage="live")
    assert (
        refused_as(gateway.create_base_path_mapping, **place, basePath="pets")
        == "ConflictException"
    )
    answer = ask(f"{app.endpoint}/pets", headers={"Host": "api.example.test:80"})
    assert answer.json == {"path": "/pets/", "domain": "api.example.test"}
    gateway.create_base_path_mapping(**place)
    staged = ask(f"{app.endpoint}/live", headers={"Host": "api.example.test"})
    assert staged.json["path"] == "/"
    mapping = {"domainName": "api.example.test", "basePath": "pets"}
    taken = [{"op": "replace", "path": "/basePath", "value": ""}]
    change = gateway.update_base_path_mapping
    assert refused_as(change, **mapping, patchOperations=taken) == "ConflictException"
    gone = [{"op": "remove", "path": "/basePath"}]
    assert refused_as(change, **mapping, patchOperations=gone) == "ConflictException"
    assert len(gateway.get_base_path_mappings(domainName="api.example.test")["items"]) == 2
    gateway.delete_base_path_mapping(domainName="api.example.test", basePath="(none)")
    assert change(**mapping, patchOperations=gone)["basePath"] == "(none)"
    answer = ask(f"{app.endpoint}/", headers={"Host": "api.example.test"})
    assert answer.json["path"] == "/"
    back = [{"op": "replace", "path": "/basePath", "value": "pets"}]
    change(domainName="api.example.test", basePath="(none)", patchOperations=back)
    other = mock(gateway, '"the other"')
    moved = [{"op": "replace", "path": "/restapiId", "value": other}]
    assert change(**mapping, patchOperations=moved)["restApiId"] == other
    answer = ask(f"{app.endpoint}/pets", headers={"Host": "api.example.test"})
    assert answer.json == "the other"
    free = [{"op": "remove", "path": "/stage"}]
    assert "stage" not in change(**mapping, patchOperations=free)
    answer = ask(f"{app.endpoint}/pets/live", headers={"Host": "api.example.test"})
    assert answer.json == "the other"
    for path in ("/domainName", "/stages", "stage", "/stage/name"):
        wrong = [{"op": "replace", "path": path, "value": "live"}]
        assert refused_as(change, **mapping, patchOperations=wrong) == "BadRequestException"
    change(**mapping, patchOperations=[{"op": "add", "path": "/stage", "value": "live"}])
    assert ask(f"{app.endpoint}/pets", headers={"Host": "api.example.test"}).status == 200
    gateway.delete_domain_name(domainName="api.example.test")
    assert ask(f"{app.endpoint}/pets", headers={"Host": "api.example.test"}).status == 403


def test_both_versions_of_the_api_share_their_domains(app, gateway) -> None:
    rest, newer = mock(gateway, '{"path": "$context.path"}'), app.client("apigatewayv2")
    newer.create_domain_name(
        DomainName="shared.example.test", DomainNameConfigurations=[{"EndpointType": "REGIONAL"}]
    )
    domain = {"DomainName": "shared.example.test"}
    newer.create_api_mapping(**domain, ApiId=rest, Stage="live", ApiMappingKey="corp/admin")
    place = {"domainName": "shared.example.test", "restApiId": rest, "stage": "live"}
    gateway.create_base_path_mapping(**place, basePath="old")
    host = {"Host": "shared.example.test"}
    for path in ("/corp/admin", "/old"):
        assert ask(f"{app.endpoint}{path}", headers=host).json == {"path": f"{path}/"}
    assert ask(f"{app.endpoint}/corp", headers=host).status == 404
    nowhere = refused_as(newer.create_api_mapping, **domain, ApiId=rest, Stage="none")
    assert nowhere == "NotFoundException"

    gateway.create_domain_name(domainName="*.older.example.test")
    web = newer.create_api(Name="web", ProtocolType="HTTP", Target="http://127.0.0.1:1")["ApiId"]
    wide = {"DomainName": "*.older.example.test"}
    newer.create_api_mapping(**wide, ApiId=web, Stage="$default")
    assert len(newer.get_api_mappings(**wide)["Items"]) == 1
    answer = ask(f"{app.endpoint}/", headers={"Host": "any.older.example.test"})
    assert answer.json == {"message": "Service Unavailable"}
    assert ask(f"{app.endpoint}/", headers={"Host": "older.example.test"}).status == 403


def test_tags_and_the_account(gateway) -> None:
    api = gateway.create_rest_api(name="tagged")
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api['id']}"
    gateway.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    gateway.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert gateway.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    assert gateway.get_account()["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}


def test_what_is_only_kept(gateway) -> None:
    link = gateway.create_vpc_link(name="l", targetArns=["arn:aws:x"])
    assert gateway.get_vpc_link(vpcLinkId=link["id"])["status"] == "AVAILABLE"
    certificate = gateway.generate_client_certificate(description="c")["clientCertificateId"]
    changed = gateway.update_client_certificate(
        clientCertificateId=certificate,
        patchOperations=[{"op": "replace", "path": "/description", "value": "d"}],
    )
    assert changed["description"] == "d"
    gateway.delete_client_certificate(clientCertificateId=certificate)
    assert gateway.get_client_certificates()["items"] == []
    api = gateway.create_rest_api(name="documented")["id"]
    version = {"restApiId": api, "documentationVersion": "1"}
    gateway.create_documentation_version(**version)
    assert refused_as(gateway.create_documentation_version, **version) == "ConflictException"
    assert gateway.get_documentation_versions(restApiId=api)["items"][0]["version"] == "1"


def test_lists_come_in_pages(gateway) -> None:
    api = gateway.create_rest_api(name="pages")
    for number in range(5):
        gateway.create_resource(
            restApiId=api["id"], parentId=api["rootResourceId"], pathPart=f"p{number}"
        )
    pages = gateway.get_paginator("get_resources").paginate(
        restApiId=api["id"], PaginationConfig={"PageSize": 2}
    )
    assert [len(found["items"]) for found in pages] == [2, 2, 2]
