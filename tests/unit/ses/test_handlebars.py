"""Mail templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.services.ses.handlebars import MissingAttribute, TemplateError, parse, render

PLAIN = st.text().filter(lambda text: "{{" not in text and "}}" not in text)


@pytest.mark.parametrize(
    ("template", "data", "expected"),
    [
        ("{{a.b.0}}", {"a": {"b": ["x"]}}, "x"),
        ("{{{a}}}&{{a}}", {"a": "<i>"}, "<i>&<i>"),
        ("{{#if a}}yes{{else}}no{{/if}}", {"a": []}, "no"),
        ("{{#if a}}yes{{else}}no{{/if}}", {}, "no"),
        ("{{#unless a}}none{{/unless}}", {"a": 0}, "none"),
        ("{{#each l}}{{@index}}{{this}}{{#if @last}}.{{/if}}{{/each}}", {"l": ["a", "b"]}, "0a1b."),
        ("{{#each l}}{{name}}{{all}} {{/each}}", {"all": 1, "l": [{"name": "x"}]}, "x1 "),
        ("{{#each m}}{{@key}}={{this}};{{/each}}", {"m": {"k": True}}, "k=true;"),
        ("{{#with a}}{{b}}{{/with}}", {"a": {"b": 1}}, "1"),
        ("{{! said to nobody }}x", {}, "x"),
        ("{{#if a}}{{#if b}}1{{else}}2{{/if}}3{{else}}4{{/if}}", {"a": 1, "b": 0}, "23"),
        ("{{#if a}}1{{else}}{{#if b}}2{{/if}}3{{/if}}4", {"b": 1}, "234"),
    ],
)
def test_a_template_is_filled_in(template: str, data: dict, expected: str) -> None:
    assert render(template, data) == expected


@pytest.mark.parametrize("template", ["{{#if a}}", "{{/if}}", "{{else}}", "{{> part}}", "{{f x}}"])
def test_what_is_malformed_is_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        parse(template)


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(MissingAttribute, match=r"'a\.b'"):
        render("{{a.b}}", {"a": {}})


@given(PLAIN, PLAIN, st.text())
def test_texts_stay_as_they_are(before: str, after: str, value: str) -> None:
    # A brace beside a tag would be part of it.
    before, after = before.rstrip("{"), after.lstrip("}")
    assert render(f"{before}{{{{x}}}}{after}", {"x": value}) == before + value + after
