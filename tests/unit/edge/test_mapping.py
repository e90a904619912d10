"""What mapping templates are offered: `$input`, `$util` and JSON paths."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.edge.apis.mapping import Input, render
from eventmill.edge.apis.mapping.jsonpath import JsonPathError, find
from eventmill.edge.apis.mapping.util import escape_java_script
from eventmill.velocity import VelocityError

STORE = {
    "books": [
        {"title": "A", "price": 5, "tags": ["x"]},
        {"title": "B's", "price": 12.5, "sold": True},
    ],
    "a-b": {"c d": 1},
}


def rendered(template: str, body: str = "", **context: Any) -> str:
    parameters = {
        "path": {"id": "p"},
        "querystring": {"id": "q", "s": "x y"},
        "header": {"X-Id": "h"},
    }
    return render(template, Input(body, parameters), context, {"stage": "v"})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", STORE),
        ("$.books[0].title", "A"),
        ("books[1].title", "B's"),
        ("$['books'][-1]['title']", "B's"),
        ("$.a-b['c d']", 1),
        ("$.books[*].price", [5, 12.5]),
        ("$..title", ["A", "B's"]),
        ("$.books[?(@.price > 10)].title", ["B's"]),
        ("$.books[?(@.title == 'A' || @.price == 12.5)].price", [5, 12.5]),
        ("$.books[?(@.sold)].title", ["B's"]),
        ("$.books[0:1].title", ["A"]),
        ("$.books[0,1].price", [5, 12.5]),
        ("$.books.length()", 2),
        ("$.none.at.all", None),
        ("$.books[7]", None),
        ("$..none", []),
    ],
)
def test_json_paths(path: str, expected: Any) -> None:
    assert find(STORE, path) == expected


@pytest.mark.parametrize("path", ["$.a[", "$.a[?x]", "$ a", "$.a[x]", "$.[]"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(JsonPathError):
        find(STORE, path)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "$input.params('id') $input.params('s') $input.params('x-id')|$input.params('n')|",
            "p x y h||",
        ),
        ("$input.params().header.X-Id $input.params().path.get('id')", "h p"),
        ("#foreach($p in $input.params().querystring.keySet())$p #end", "id s "),
        (
            "$input.json('$.a') $input.json('$.none') $input.path('$.a.b')|",
            '{"b":[1,null]} "" [1, null]|',
        ),
        ("$input.path('$.a').b.size() $input.body", '2 {"a": {"b": [1, null]}}'),
        ("$context.stage.x $stageVariables.stage $!stageVariables.none|$context.none|", " v ||"),
        (
            "$util.urlEncode('a b&') $util.urlDecode('a+b%26') $util.base64Encode('hi')",
            "a+b%26 a b& aGk=",
        ),
        ("$util.base64Decode('aGk=') $util.parseJson('{\"k\": [1]}').k[0]", "hi 1"),
        ("#set($context.override.status = 404)$context.override.status", "404"),
    ],
)
def test_what_templates_see(template: str, expected: str) -> None:
    assert rendered(template, '{"a": {"b": [1, null]}}', override={}) == expected


PASS_ALL = """
#set($allParams = $input.params())
{
"body-json" : $input.json('$'),
"params" : {
#foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
"$type" : {
    #foreach($paramName in $params.keySet())
    "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
},
"stage-variables" : {
#foreach($key in $stageVariables.keySet())
"$key" : "$util.escapeJavaScript($stageVariables.get($key))"
    #if($foreach.hasNext),#end
#end
},
"context" : {"account-id" : "$context.identity.accountId", "stage" : "$context.stage"}
}
"""
"""The template that the console offers to pass everything on, shortened."""


def test_everything_passes_through() -> None:
    found = json.loads(rendered(PASS_ALL, "[1]", stage="live", identity={"accountId": None}))
    assert found == {
        "body-json": [1],
        "params": {
            "path": {"id": "p"},
            "querystring": {"id": "q", "s": "x y"},
            "header": {"X-Id": "h"},
        },
        "stage-variables": {"stage": "v"},
        "context": {"account-id": "", "stage": "live"},
    }


def test_an_empty_body_is_an_empty_object_and_another_text_is_an_error() -> None:
    assert rendered("$input.json('$')") == "{}"
    with pytest.raises(VelocityError):
        rendered("$input.json('$')", "{")
    with pytest.raises(VelocityError):
        rendered("$util.parseJson('{')")


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(DOCUMENTS)
def test_a_document_survives(document: Any) -> None:
    found = rendered("$input.json('$')", json.dumps(document))
    assert json.loads(found) == ("" if document is None else document)


@given(st.text())
def test_an_escaped_text_is_json(text: str) -> None:
    escaped = escape_java_script(text).replace("\\'", "'")
    assert json.loads(f'"{escaped}"') == text


@given(DOCUMENTS, st.data())
def test_every_place_is_found_by_its_path(document: Any, data: st.DataObject) -> None:
    path, place = "$", document
    while isinstance(place, dict | list) and place and data.draw(st.booleans()):
        if isinstance(place, dict):
            key = data.draw(st.sampled_from(sorted(place)))
            quoted = key.replace("\\", "\\\\").replace("'", "\\'")
            path, place = f"{path}['{quoted}']", place[key]
        else:
            index = data.draw(st.integers(0, len(place) - 1))
            path, place = f"{path}[{index}]", place[index]
    assert find(document, path) == place
