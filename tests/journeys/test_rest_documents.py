"""REST APIs from OpenAPI documents of both versions, and as templates change them."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventmill.testing import engine
from tests.journeys.rest_client import Answer, ask


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(app):
    return app.client("apigateway")


SWAGGER = """
swagger: "2.0"
info: {title: pets, version: "2020-01-01"}
basePath: /base/v1
schemes: [https]
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-request-validators:
  all: {validateRequestBody: true, validateRequestParameters: true}
x-amazon-apigateway-request-validator: all
x-amazon-apigateway-gateway-responses:
  BAD_REQUEST_PARAMETERS: {statusCode: 422, responseTemplates: {application/json: '{"bad": true}'}}
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, type: string}]
    get:
      operationId: getPet
      parameters: [{name: full, in: query, required: true, type: string}]
      responses:
        "200":
          description: ok
          headers: {X-Id: {type: string}}
          schema: {$ref: "#/definitions/Pet"}
        "404": {$ref: "#/responses/Missing"}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default:
            statusCode: "200"
            responseParameters: {method.response.header.X-Id: context.resourcePath}
            responseTemplates: {application/json: '{"id": "$input.params("id")"}'}
          "4\\\\d\\\\d": {statusCode: 404}
definitions:
  Pet: {type: object, properties: {owner: {$ref: "#/definitions/Owner"}}}
  Owner: {type: object}
responses:
  Missing: {description: none}
"""


def test_a_document_in_yaml(app, gateway) -> None:
    api = gateway.import_rest_api(body=SWAGGER.encode(), parameters={"basepath": "split"})
    assert (api["name"], api["version"]) == ("pets", "2020-01-01")
    place = {"restApiId": api["id"]}
    assert sorted(r["path"] for r in gateway.get_resources(**place)["items"]) == [
        "/",
        "/v1",
        "/v1/pets",
        "/v1/pets/{id}",
    ]
    model = json.loads(gateway.get_model(**place, modelName="Pet")["schema"])
    assert model["properties"]["owner"]["$ref"] == (
        f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/Owner"
    )
    gateway.create_deployment(**place, stageName="live")
    url = f"{app.endpoint}/_aws/execute-api/{api['id']}/live/v1"
    good = ask(f"{url}/pets/7?full=1")
    assert (good.status, good.json, good["x-id"]) == (200, {"id": "7"}, "/v1/pets/{id}")
    bad = ask(f"{url}/pets/7")
    assert (bad.status, bad.json) == (422, {"bad": True})
    more = {"openapi": "3.0.1", "info": {"title": "more"}, "paths": {"/more": {}}}
    gateway.put_rest_api(**place, mode="merge", body=json.dumps(more).encode())
    assert len(gateway.get_resources(**place)["items"]) == 5
    gateway.put_rest_api(**place, mode="overwrite", body=json.dumps(more).encode())
    assert sorted(r["path"] for r in gateway.get_resources(**place)["items"]) == ["/", "/more"]
    with pytest.raises(ClientError, match="BadRequestException"):
        gateway.import_rest_api(body=b"{}")


NAMES = st.text(string.ascii_letters, min_size=1, max_size=6)
OPERATIONS = st.fixed_dictionaries(
    {
        "query": st.dictionaries(NAMES, st.booleans(), max_size=2),
        "header": st.dictionaries(NAMES, st.booleans(), max_size=2),
        "model": st.sampled_from([None, "Pet", "Owner"]),
        "key": st.booleans(),
        "signed": st.booleans(),
        "statuses": st.sets(st.sampled_from(["200", "404", "500"]), min_size=1),
        "timeout": st.integers(50, 29_000),
    }
)
PATHS = st.lists(NAMES | NAMES.map(lambda n: f"{{{n}}}"), min_size=1, max_size=3, unique=True)
APIS = st.dictionaries(
    PATHS.map(lambda parts: "/" + "/".join(parts)),
    st.dictionaries(
        st.sampled_from(["get", "post", "x-amazon-apigateway-any-method"]), OPERATIONS, min_size=1
    ),
    min_size=1,
    max_size=2,
).filter(lambda api: sum("{" in path for path in api) < 2)


def document(api: dict[str, Any], version: int) -> dict[str, Any]:
    """The same API in one of the two versions."""
    schemas = {"Pet": {"type": "object"}, "Owner": {"type": "string"}}
    schemes = {
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "iam": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
    }
    paths: dict[str, Any] = {}
    for path, verbs in api.items():
        for verb, wanted in verbs.items():
            parameters: list[dict[str, Any]] = [
                {"in": place, "name": name, "required": required}
                for place in ("query", "header")
                for name, required in wanted[place].items()
            ]
            operation: dict[str, Any] = {
                "parameters": parameters,
                "responses": {status: {"description": ""} for status in wanted["statuses"]},
                "security": [
                    {n: []} for n, on in (("key", "key"), ("iam", "signed")) if wanted[on]
                ],
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "timeoutInMillis": wanted["timeout"],
                },
            }
            if wanted["model"] and version == 2:
                reference = {"$ref": f"#/definitions/{wanted['model']}"}
                parameters.append({"in": "body", "name": "body", "schema": reference})
            elif wanted["model"]:
                reference = {"$ref": f"#/components/schemas/{wanted['model']}"}
                operation["requestBody"] = {"content": {"application/json": {"schema": reference}}}
            paths.setdefault(path, {})[verb] = operation
    if version == 2:
        return {
            "swagger": "2.0",
            "paths": paths,
            "info": {"title": "a"},
            "definitions": schemas,
            "securityDefinitions": schemes,
        }
    return {
        "openapi": "3.0.1",
        "paths": paths,
        "info": {"title": "a"},
        "components": {"schemas": schemas, "securitySchemes": schemes},
    }


def expected(wanted: dict[str, Any], verb: str) -> dict[str, Any]:
    """What GetMethod shows of an operation, but for its integration."""
    method: dict[str, Any] = {
        "httpMethod": verb,
        "authorizationType": "AWS_IAM" if wanted["signed"] else "NONE",
        "apiKeyRequired": wanted["key"],
        "methodResponses": {status: {"statusCode": status} for status in wanted["statuses"]},
    }
    flags = {f"method.request.querystring.{n}": r for n, r in wanted["query"].items()}
    flags |= {f"method.request.header.{n}": r for n, r in wanted["header"].items()}
    if flags:
        method["requestParameters"] = flags
    if wanted["model"]:
        method["requestModels"] = {"application/json": wanted["model"]}
    return method


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(api=APIS, version=st.sampled_from([2, 3]))
def test_both_versions_say_the_same(gateway, api: dict[str, Any], version: int) -> None:
    made = gateway.import_rest_api(body=json.dumps(document(api, version)).encode())
    found = gateway.get_resources(restApiId=made["id"], limit=500, embed=["methods"])["items"]
    methods = {
        (resource["path"], verb): method
        for resource in found
        for verb, method in resource.get("resourceMethods", {}).items()
    }
    wanted = {
        (path, "ANY" if verb.startswith("x-") else verb.upper()): operation
        for path, verbs in api.items()
        for verb, operation in verbs.items()
    }
    assert methods.keys() == wanted.keys()
    for place, operation in wanted.items():
        integration = methods[place].pop("methodIntegration")
        assert integration["timeoutInMillis"] == operation["timeout"]
        assert methods[place] == expected(operation, place[1])
    gateway.delete_rest_api(restApiId=made["id"])


@settings(max_examples=15, deadline=None)
@given(
    api=APIS, kind=st.sampled_from(["oas30", "swagger"]), accepts=st.sampled_from(["json", "yaml"])
)
def test_an_export_can_be_imported_again(
    gateway, api: dict[str, Any], kind: str, accepts: str
) -> None:
    def methods(number: str) -> dict[str, Any]:
        found = gateway.get_resources(restApiId=number, limit=500, embed=["methods"])["items"]
        return {
            (resource["path"], verb): {
                key: {k: v for k, v in held.items() if k != "cacheNamespace"}
                if key == "methodIntegration"
                else held
                for key, held in method.items()
            }
            for resource in found
            for verb, method in resource.get("resourceMethods", {}).items()
        }

    first = gateway.import_rest_api(body=json.dumps(document(api, 2)).encode())["id"]
    gateway.create_deployment(restApiId=first, stageName="live")
    exported = gateway.get_export(
        restApiId=first,
        stageName="live",
        exportType=kind,
        parameters={"extensions": "apigateway"},
        accepts=f"application/{accepts}",
    )
    again = gateway.import_rest_api(body=exported["body"].read())["id"]
    assert methods(again) == methods(first)
    for number in (first, again):
        gateway.delete_rest_api(restApiId=number)


TEMPLATE = """
Resources:
  Api: {{Type: "AWS::ApiGateway::RestApi", Properties: {{Name: changing}}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      Integration:
        Type: MOCK
        RequestTemplates: {{application/json: '{{"statusCode": 200}}'}}
        IntegrationResponses:
          - {{StatusCode: 200, ResponseTemplates: {{application/json: '"{word}"'}}}}
      MethodResponses: [{{StatusCode: 200}}]
  Deployment{number}:
    Type: AWS::ApiGateway::Deployment
    DependsOn: Get
    Properties: {{RestApiId: !Ref Api, StageName: early}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {{RestApiId: !Ref Api, DeploymentId: !Ref "Deployment{number}", StageName: live}}
Outputs:
  Url: {{Value: !Sub "https://${{Api}}.execute-api.${{AWS::Region}}.amazonaws.com/live"}}
"""


def test_a_template_changes_what_is_served_with_a_new_deployment(app, tmp_path: Path) -> None:
    def deployed(number: int, word: str) -> Answer:
        (tmp_path / "template.yaml").write_text(TEMPLATE.format(number=number, word=word))
        return ask(app.deploy(tmp_path)["Url"])

    assert deployed(1, "one").json == "one"
    assert deployed(1, "two").json == "one"
    assert deployed(2, "two").json == "two"
    assert ask(app.outputs["Url"].replace("/live", "/early")).json == "two"


STAGE_DESCRIPTION = """
      Description: the deployment
      StageDescription:
        Description: the stage
        AccessLogSetting: {{DestinationArn: "arn:aws:logs:a:1:log-group:l", Format: "{word}"}}
        Tags: [{{Key: team, Value: a}}]
        Variables: {{word: "{word}"}}
        ThrottlingRateLimit: "5"
        MethodSettings: [{{ResourcePath: /, HttpMethod: GET, ThrottlingBurstLimit: 2}}]
"""


def test_what_a_deployment_says_of_its_stage_is_the_stage_s(app, gateway, tmp_path: Path) -> None:
    template = TEMPLATE.format(number=1, word="one").replace("Name: changing", "Name: described")
    brief = "    Properties: {RestApiId: !Ref Api, StageName: early}\n"
    assert brief in template
    place = "    Properties:\n      RestApiId: !Ref Api\n      StageName: early"

    def stage(properties: str) -> dict[str, Any]:
        (tmp_path / "template.yaml").write_text(template.replace(brief, properties))
        api = app.deploy(tmp_path)["Url"].split("/execute-api/")[1].split("/")[0]
        (deployment,) = gateway.get_deployments(restApiId=api)["items"]
        got = gateway.get_stage(restApiId=api, stageName="early")
        return {"api": api, "deployment": deployment.get("description"), **got}

    for word in ("one", "two"):
        got = stage(place + STAGE_DESCRIPTION.format(word=word))
        assert (got["deployment"], got["description"]) == ("the deployment", "the stage")
        assert got["accessLogSettings"]["format"] == word
        assert got["tags"] == {"team": "a"}
        assert got["variables"] == {"word": word}
        assert got["methodSettings"]["*/*"]["throttlingRateLimit"] == 5
        assert got["methodSettings"]["~1/GET"]["throttlingBurstLimit"] == 2
    got = stage(brief)
    assert "accessLogSettings" not in got and "description" not in got
    assert got["methodSettings"] == {} and got["variables"] == {}
    # A stage that somebody deleted is missed only when it should change.
    gateway.delete_stage(restApiId=got["api"], stageName="early")
    (tmp_path / "template.yaml").write_text(
        template.replace(brief, f"{place}\n      Description: another\n")
    )
    app.deploy(tmp_path)
    (deployment,) = gateway.get_deployments(restApiId=got["api"])["items"]
    assert deployment["description"] == "another"


DOCUMENTED = """
  Part:
    Type: AWS::ApiGateway::DocumentationPart
    Properties:
      RestApiId: !Ref Api
      Location: {Type: METHOD, Path: /, Method: GET}
      Properties: {description: Says one., X: {Y: 1}}
  Pet:
    Type: AWS::ApiGateway::Model
    Properties: {RestApiId: !Ref Api, ContentType: application/json, Schema: {type: object}}
  Failed:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {RestApiId: !Ref Api, ResponseType: DEFAULT_5XX}
"""


def test_a_stack_goes_though_its_api_was_deleted_by_hand(app, gateway, tmp_path: Path) -> None:
    text = TEMPLATE.format(number=1, word="one").replace("Name: changing", "Name: short-lived")
    text = text.replace("Outputs:", DOCUMENTED.lstrip("\n") + "Outputs:")
    (tmp_path / "template.yaml").write_text(text)
    api = app.deploy(tmp_path)["Url"].split("/execute-api/")[1].split("/")[0]
    (part,) = gateway.get_documentation_parts(restApiId=api)["items"]
    assert part["location"] == {"type": "METHOD", "path": "/", "method": "GET"}
    assert json.loads(part["properties"]) == {"description": "Says one.", "X": {"Y": 1}}
    gateway.delete_rest_api(restApiId=api)
    app.run(app.inner.stacks.delete(re.sub(r"[^A-Za-z0-9-]", "-", tmp_path.name)))
