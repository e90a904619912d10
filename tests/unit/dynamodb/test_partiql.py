"""The parser of PartiQL: it reads what was written, and of noise comes nothing but faults."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.kernel.errors import Fault
from eventmill.services.dynamodb.expressions import Env, condition
from eventmill.services.dynamodb.partiql.grammar import parse
from eventmill.services.dynamodb.partiql.nodes import Insert, Literal, Select
from eventmill.services.dynamodb.partiql.terms import Terms
from eventmill.services.dynamodb.values import checked

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=3, max_value=10**9).filter(
    lambda number: abs(number) < 10**9
)
scalars = st.one_of(
    texts.map(lambda text: {"S": text}),
    numbers.map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    st.sets(texts, min_size=1, max_size=3).map(lambda held: {"SS": sorted(held)}),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda held: {"L": held}),
        st.dictionaries(texts, inner, max_size=3).map(lambda held: {"M": held}),
    ),
    max_leaves=8,
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def written(value: dict[str, Any]) -> str:
    """The literal of a value."""
    kind, held = next(iter(value.items()))
    if kind == "S":
        return quoted(held)
    if kind == "N":
        return str(held)
    if kind in ("BOOL", "NULL"):
        return "null" if kind == "NULL" else str(held).lower()
    if kind == "SS":
        return "<<" + ", ".join(map(quoted, held)) + ">>"
    if kind == "L":
        return "[" + ",".join(map(written, held)) + "]"
    return "{" + ", ".join(f"{quoted(k)} : {written(v)}" for k, v in held.items()) + "}"


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(texts, values, max_size=4))
def test_a_literal_is_read_as_the_value_it_was_written_from(item: dict[str, Any]) -> None:
    statement = parse(f'INSERT INTO "a b" VALUE {written({"M": item})}').statement
    assert isinstance(statement, Insert) and statement.table == "a b"
    read = {name: value.value for name, value in statement.item if isinstance(value, Literal)}
    assert read == {name: checked(value)[0] for name, value in item.items()}


names = st.sampled_from(["a", "b", "c"])
signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def leaf(name: str, sign: str, number: int) -> tuple[str, Any]:
    """(a comparison, what it means on numbers)."""
    plain = {"=": "==", "<>": "!="}.get(sign, sign)
    return f'"{name}" {sign} {number}', lambda item: eval(f"{item[name]} {plain} {number}")


def both(word: str, left: tuple[str, Any], right: tuple[str, Any]) -> tuple[str, Any]:
    join = all if word == "AND" else any
    return (
        f"({left[0]} {word} {right[0]})",
        lambda item: join((left[1](item), right[1](item))),
    )


tests = st.recursive(
    st.builds(leaf, names, signs, st.integers(-3, 3)),
    lambda inner: st.one_of(
        st.builds(both, st.sampled_from(["AND", "OR"]), inner, inner),
        inner.map(lambda test: (f"NOT {test[0]}", lambda item: not test[1](item))),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(tests, st.fixed_dictionaries({name: st.integers(-3, 3) for name in "abc"}))
def test_a_condition_means_what_it_says(test: tuple[str, Any], item: dict[str, int]) -> None:
    statement = parse(f"SELECT * FROM t WHERE {test[0]}").statement
    assert isinstance(statement, Select) and statement.where is not None
    terms = Terms(())
    text = terms.test(statement.where)
    stored = {name: {"N": str(Decimal(number))} for name, number in item.items()}
    assert condition(text).test(stored, Env(terms.request())) is test[1](item)


_FRAGMENTS = (
    "SELECT * FROM WHERE UPDATE SET REMOVE INSERT INTO VALUE DELETE EXISTS ( ) [ ] { } << >> , . = "
    "<> < IN BETWEEN AND OR NOT IS MISSING NULL size contains list_append set_add a \"b\" 'c' 1 -1 "
    "? : ; + RETURNING ALL OLD ORDER BY DESC begins_with"
)
fragments = st.sampled_from(_FRAGMENTS.split())


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(fragments, max_size=15).map(" ".join)))
def test_noise_is_refused_and_no_more(text: str) -> None:
    try:
        parsed = parse(text)
    except Fault as fault:
        assert fault.code == "ValidationException"
    else:
        assert parsed.statement.table
