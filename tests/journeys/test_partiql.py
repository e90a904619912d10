"""DynamoDB's PartiQL through boto3: statements alone, in batches and in transactions."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.testing import TestEngine, engine
from tests.refusals import refused

MALFORMED = "Statement wasn't well formed, can't be processed: "


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


@pytest.fixture(scope="module")
def db(mill: TestEngine) -> Any:
    return mill.client("dynamodb")


@pytest.fixture
def t(db: Any) -> str:
    """A table by pk and sk, with a local index by day and a global one by owner."""
    return made(db, f"t-{uuid4().hex}")


@pytest.fixture(scope="module")
def tab(db: Any) -> None:
    """A table that is called Tab, for statements whose places are counted."""
    made(db, "Tab")


def made(db: Any, name: str) -> str:
    db.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "day", "owner")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "days",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "day", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "owners",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return name


def run(db: Any, statement: str, *given: Any, **more: Any) -> Any:
    if given:
        more["Parameters"] = list(given)
    return db.execute_statement(Statement=statement, **more)


def no(db: Any, statement: str, *given: Any, **more: Any) -> tuple[str, str]:
    """Code and message of what a statement must end in."""
    return refused(lambda **rest: run(db, statement, *given, **rest), **more)


def put(db: Any, t: str, pk: str, sk: str, **attributes: Any) -> None:
    item = {"pk": {"S": pk}, "sk": {"S": sk}} | attributes
    db.put_item(TableName=t, Item=item)


def get(db: Any, t: str, pk: str, sk: str) -> Any:
    return db.get_item(TableName=t, Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")


def places(answer: Any) -> list[str]:
    return [f"{item['pk']['S']}/{item['sk']['S']}" for item in answer["Items"]]


def test_every_literal_is_stored_as_its_type(db: Any, t: str) -> None:
    said = (
        f"INSERT INTO \"{t}\" VALUE {{'pk': ?, 'sk': '1', 's': 'it''s', 'n': -1.50e1, 'b': ?,"
        " 'yes': true, 'no': FALSE, 'nil': null, 'l': [1, 'x', [ ]], 'm': {'k': {'d': 2}},"
        " 'ss': <<'b', 'a'>>, 'ns': <<1, 2.0>>} -- and a comment"
    )
    assert run(db, said, {"S": "a"}, {"B": b"\x00"})["Items"] == []
    assert get(db, t, "a", "1") == {
        "pk": {"S": "a"},
        "sk": {"S": "1"},
        "s": {"S": "it's"},
        "n": {"N": "-15"},
        "b": {"B": b"\x00"},
        "yes": {"BOOL": True},
        "no": {"BOOL": False},
        "nil": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"S": "x"}, {"L": []}]},
        "m": {"M": {"k": {"M": {"d": {"N": "2"}}}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
    }
    code, message = no(db, said, {"S": "a"}, {"B": b"\x01"})
    assert (code, message) == ("DuplicateItemException", "Duplicate primary key exists in table")


def test_columns_are_named_by_the_end_of_their_path(db: Any, t: str) -> None:
    put(db, t, "a", "1", m={"M": {"k": {"L": [{"S": "c"}]}}}, x={"N": "1"})
    said = f"SELECT m.k[0], x, m.k, \"absent\" FROM \"{t}\" WHERE pk = 'a' AND sk = '1'"
    assert run(db, said)["Items"] == [
        {"k[0]": {"S": "c"}, "x": {"N": "1"}, "k": {"L": [{"S": "c"}]}}
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pk = 'a'", "a/1 a/2 a/3"),
        ("pk = 'a' AND sk > '1'", "a/2 a/3"),
        ("'2' <= sk AND pk = 'a'", "a/2 a/3"),
        ("pk = 'a' AND sk BETWEEN '1' AND '2'", "a/1 a/2"),
        ("pk = 'a' AND begins_with(sk, '3')", "a/3"),
        ("pk = 'a' AND sk IN ['1', '3']", "a/1 a/3"),
        ("pk = 'a' AND sk <> '1'", "a/2 a/3"),
        ("pk IN ['b', 'a'] AND n < 3", "b/1 a/1 a/2"),
        ("(pk = 'a' AND n = 1) OR (pk = 'b' AND n = 0)", "a/1 b/1"),
        ("n >= 2", "a/2 a/3"),
        ("n != 1 AND NOT n IN [0, 2]", "a/3"),
        ("n NOT BETWEEN 0 AND 2", "a/3"),
        ("extra IS MISSING AND pk = 'a'", "a/1 a/2"),
        ("extra IS NOT MISSING", "a/3"),
        ("nil IS NULL", "a/3"),
        ("nil IS NOT NULL AND pk = 'a'", "a/1 a/2"),
        ("contains(tags, 'x')", "a/3"),
        ("attribute_type(tags, 'SS') AND size(tags) = 2", "a/3"),
        ("size(owner) > 3", "a/2"),
        ("deep.list[0] = 'in'", "a/3"),
        ("contains(tags, 'x') = true AND (n = 1) = false", "a/3"),
        ("pk = 'a' AND attribute_exists(extra) <> true", "a/1 a/2"),
        ("NOT (pk = 'a' OR pk = 'b')", ""),
        ("pk = 'a' AND (sk = '1' OR sk = '2') AND n = 2;", "a/2"),
    ],
)
def test_conditions(db: Any, t: str, where: str, found: str) -> None:
    put(db, t, "a", "1", n={"N": "1"}, owner={"S": "ann"})
    put(db, t, "a", "2", n={"N": "2"}, owner={"S": "berta"})
    put(db, t, "b", "1", n={"N": "0"})
    more = {"extra": {"N": "1"}, "nil": {"NULL": True}, "tags": {"SS": ["x", "y"]}}
    put(db, t, "a", "3", n={"N": "3"}, deep={"M": {"list": {"L": [{"S": "in"}]}}}, **more)
    assert places(run(db, f'SELECT * FROM "{t}" WHERE {where}')) == found.split()


PLACES = [(pk, sk) for pk in "abc" for sk in "123"]


@pytest.fixture(scope="module")
def grid(db: Any) -> str:
    """Nine items, in three partitions."""
    name = made(db, "grid")
    for place, (pk, sk) in enumerate(PLACES):
        put(db, name, pk, sk, n={"N": str(place % 3)})
    return name


def comparison(name: str, sign: str, value: str) -> tuple[str, Any]:
    """(a condition, what it means of an item's texts)."""
    meaning = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">=": operator.ge}[sign]
    shown = value if name == "n" else f"'{value}'"
    return f"{name} {sign} {shown}", lambda item: meaning(item[name], value)


def choice(name: str, values: list[str]) -> tuple[str, Any]:
    shown = ", ".join(value if name == "n" else f"'{value}'" for value in values)
    return f"{name} IN [{shown}]", lambda item: item[name] in values


def joined(word: str, parts: list[tuple[str, Any]]) -> tuple[str, Any]:
    every = all if word == "AND" else any
    text = "(" + f" {word} ".join(text for text, _ in parts) + ")"
    return text, lambda item: every(meaning(item) for _, meaning in parts)


NAMES = {"pk": "abc", "sk": "123", "n": "012"}
leaves = st.sampled_from(list(NAMES)).flatmap(
    lambda name: st.one_of(
        st.builds(
            comparison,
            st.just(name),
            st.sampled_from(["=", "=", "<>", "<", ">="]),
            st.sampled_from(NAMES[name]),
        ),
        st.builds(
            choice,
            st.just(name),
            st.lists(st.sampled_from(NAMES[name]), min_size=1, max_size=3, unique=True),
        ),
    )
)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)
    ),
    max_leaves=7,
)


@settings(max_examples=150, deadline=None)
@given(trees, st.sampled_from([None, 1, 2]))
def test_however_it_is_read_a_select_finds_what_its_condition_says(
    db: Any, grid: str, tree: tuple[str, Any], limit: int | None
) -> None:
    """By one query, by several, or by a scan, in one page or in many."""
    text, meaning = tree
    found: list[str] = []
    more = {} if limit is None else {"Limit": limit}
    try:
        while True:
            page = run(db, f"SELECT * FROM grid WHERE {text}", **more)
            found += places(page)
            if "NextToken" not in page:
                break
            more["NextToken"] = page["NextToken"]
    except ClientError as error:
        assert "Overlapping conditions" in error.response["Error"]["Message"]
        return
    wanted = [
        f"{pk}/{sk}"
        for place, (pk, sk) in enumerate(PLACES)
        if meaning({"pk": pk, "sk": sk, "n": str(place % 3)})
    ]
    assert sorted(found) == wanted


def test_a_read_by_key_is_a_query_and_any_other_a_scan(db: Any, t: str) -> None:
    for number in range(9):
        put(db, t, f"p{number}", "1", fat={"S": "x" * 4_000})

    def units(where: str, **more: Any) -> float:
        said = f'SELECT sk FROM "{t}" WHERE {where}'
        answer = run(db, said, ReturnConsumedCapacity="TOTAL", **more)
        assert answer["ConsumedCapacity"]["TableName"] == t
        return float(answer["ConsumedCapacity"]["CapacityUnits"])

    assert units("pk = 'p1'") == 0.5
    assert units("pk = 'p1' AND sk = '1'", ConsistentRead=True) == 1.0
    assert units("pk IN ['p1', 'p2', 'none']") == 1.5
    assert units("sk = '1'") == 4.5
    assert units("pk = 'p1' OR sk = '2'") == 4.5


def test_indexes_hold_what_they_project(db: Any, t: str) -> None:
    put(db, t, "a", "1", owner={"S": "ann"}, day={"S": "2"}, text={"S": "t"})
    put(db, t, "a", "2", owner={"S": "ann"}, day={"S": "1"}, text={"S": "u"})
    held = run(db, f"SELECT * FROM \"{t}\".\"owners\" WHERE owner = 'ann' AND pk = 'a'")["Items"]
    assert all(set(item) == {"pk", "sk", "owner"} for item in held) and len(held) == 2
    assert run(db, f'SELECT pk FROM "{t}"."owners" WHERE text = \'t\'')["Items"] == []
    days = run(db, f"SELECT text FROM \"{t}\".\"days\" WHERE pk = 'a' AND day > '0' ORDER BY day")
    assert [item["text"]["S"] for item in days["Items"]] == ["u", "t"]
    said = f'SELECT * FROM "{t}"."owners" WHERE owner = \'ann\''
    _, message = no(db, said, ConsistentRead=True)
    assert message == "Strongly consistent read is not supported on Global Secondary Indexes"


def test_order_and_pages(db: Any, t: str) -> None:
    for pk in "ab":
        for sk in "123":
            put(db, t, pk, sk)

    def ordered(tail: str, **more: Any) -> Any:
        return run(db, f'SELECT * FROM "{t}" WHERE {tail}', **more)

    assert places(ordered("pk = 'a' ORDER BY sk DESC")) == ["a/3", "a/2", "a/1"]
    assert places(ordered("pk = 'a' ORDER BY pk ASC")) == ["a/3", "a/2", "a/1"]
    both = "pk IN ['a', 'b'] ORDER BY pk DESC, sk ASC"
    assert places(ordered(both)) == ["b/1", "b/2", "b/3", "a/1", "a/2", "a/3"]
    seen, more = [], {}
    while True:
        page = ordered(both, Limit=2, **more)
        assert len(page["Items"]) <= 2
        seen += places(page)
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert seen == ["b/1", "b/2", "b/3", "a/1", "a/2", "a/3"]
    token = ordered("pk = 'a'", Limit=1)["NextToken"]
    for said, wrong, told in (
        ("pk = 'b'", token, "NextToken does not match request"),
        ("pk = 'a'", "!", "Invalid NextToken"),
    ):
        assert no(db, f'SELECT * FROM "{t}" WHERE {said}', NextToken=wrong)[1] == told


def test_updates(db: Any, t: str) -> None:
    put(db, t, "a", "1", n={"N": "5"}, l={"L": [{"N": "1"}]}, ss={"SS": ["a", "b"]})
    said = (
        f'UPDATE "{t}" SET n = n-1 SET m = ?, fresh = set_add(fresh, <<1>>) REMOVE l[0]'
        " SET ss = set_add(ss, <<'c'>>) WHERE pk = 'a' AND sk = '1' AND n = 5"
    )
    run(db, said, {"M": {"x": {"S": "y"}}})
    item = get(db, t, "a", "1")
    assert (item["n"], item["l"], item["m"]) == ({"N": "4"}, {"L": []}, {"M": {"x": {"S": "y"}}})
    assert (item["ss"], item["fresh"]) == ({"SS": ["a", "b", "c"]}, {"NS": ["1"]})
    run(db, f"UPDATE \"{t}\" SET l = list_append([0], l) WHERE pk = 'a' AND sk = '1'")
    run(db, f"UPDATE \"{t}\" SET ss = set_delete(ss, <<'a'>>) WHERE pk = 'a' AND sk = '1'")
    run(db, f"FROM \"{t}\" WHERE pk = 'a' AND sk = '1' SET m.x = 'z'")
    item = get(db, t, "a", "1")
    assert (item["l"], item["ss"]) == ({"L": [{"N": "0"}]}, {"SS": ["b", "c"]})
    assert item["m"] == {"M": {"x": {"S": "z"}}}


def test_a_write_changes_what_is_there_and_no_more(db: Any, t: str) -> None:
    put(db, t, "a", "1", n={"N": "1"})
    for said in (
        f"UPDATE \"{t}\" SET n = 2 WHERE pk = 'a' AND sk = '1' AND n = 9",
        f"UPDATE \"{t}\" SET n = 2 WHERE pk = 'gone' AND sk = '1'",
        f"DELETE FROM \"{t}\" WHERE pk = 'a' AND sk = '1' AND n = 9",
    ):
        code, message = no(db, said)
        assert (code, message) == (
            "ConditionalCheckFailedException",
            "The conditional request failed",
        )
    run(db, f"DELETE FROM \"{t}\" WHERE pk = 'gone' AND sk = '1' AND n = 9")
    with pytest.raises(ClientError) as failed:
        run(
            db,
            f"UPDATE \"{t}\" SET n = 2 WHERE pk = 'a' AND sk = '1' AND n = 9",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failed.value.response["Item"]["n"] == {"N": "1"}
    assert get(db, t, "a", "1")["n"] == {"N": "1"} and get(db, t, "gone", "1") is None
    run(db, f"DELETE FROM \"{t}\" WHERE pk = 'a' AND sk = '1' AND n = 1")
    assert get(db, t, "a", "1") is None


@pytest.mark.parametrize(
    ("change", "returning", "shown"),
    [
        ("SET m.x = 9", "MODIFIED NEW", [{"m": {"M": {"x": {"N": "9"}}}}]),
        ("SET m.x = 9", "MODIFIED OLD", [{"m": {"M": {"x": {"N": "1"}}}}]),
        ("SET l[2] = 9, l[0] = 8", "MODIFIED NEW", [{"l": {"L": [{"N": "8"}, {"N": "9"}]}}]),
        ("SET l[5] = 9", "MODIFIED NEW", []),
        ("REMOVE l[1]", "MODIFIED NEW", [{"l": {"L": [{"N": "3"}]}}]),
        ("REMOVE m", "MODIFIED NEW", []),
        ("SET new = 1", "MODIFIED OLD", []),
    ],
)
def test_returning(db: Any, t: str, change: str, returning: str, shown: Any) -> None:
    pair = {"x": {"N": "1"}, "y": {"N": "2"}}
    put(db, t, "a", "1", m={"M": pair}, l={"L": [{"N": str(n)} for n in (1, 2, 3)]})
    said = f"UPDATE \"{t}\" {change} WHERE pk = 'a' AND sk = '1' RETURNING {returning} *"
    assert run(db, said)["Items"] == shown
    [old] = run(db, f"DELETE FROM \"{t}\" WHERE pk = 'a' AND sk = '1' RETURNING ALL OLD *")["Items"]
    assert old["pk"] == {"S": "a"}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "SELEC * FROM Tab",
            MALFORMED + "Expected data manipulation",
        ),
        (
            "SELECT * FROM Tab WHERE",
            MALFORMED + "Unexpected term",
        ),
        (
            "SELECT * FROM Tab WHERE pk = 'a' AND",
            MALFORMED + "Missing right-hand side expression of infix operator",
        ),
        (
            "SELECT * FROM Tab WHERE pk = 'a' foo",
            MALFORMED + "Unexpected token after expression",
        ),
        (
            "SELECT * FROM Tab WHERE pk = LIKE",
            MALFORMED + "Unexpected operator",
        ),
        (
            "SELECT * FROM Tab WHERE pk = 'a",
            MALFORMED,
        ),
        (
            "SELECT * FROM Tab x WHERE pk = 'a'",
            "Aliasing is not supported",
        ),
        (
            "SELECT * FROM Tab.nope WHERE pk = 'a'",
            "The table does not have the specified index",
        ),
        (
            "SELECT * FROM Tab ORDER BY sk",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM Tab WHERE pk = 'a' ORDER BY n",
            "Attribute n in ORDER BY clause must be part of the primary key",
        ),
        (
            "SELECT * FROM Tab WHERE pk = 1",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "SELECT * FROM Tab WHERE pk IN ['a', 'a']",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "SELECT * FROM Tab WHERE pk = ?",
            "Number of parameters in request and statement don't match.",
        ),
        (
            "SELECT * FROM Tab WHERE exists(a)",
            "Unrecognized function: exists at 1:25:6",
        ),
        (
            "SELECT * FROM Tab WHERE n < true",
            "Incorrect operand type for operator or function; operator or function: "
            "<, operand type: BOOL",
        ),
        (
            "SELECT l[-1] FROM Tab",
            "List index is not within the allowable range; index: [-1] at 1:11:1",
        ),
        (
            "UPDATE Tab SET a = 1 WHERE pk = 'a'",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "UPDATE Tab SET a = 1 WHERE pk = 'a' AND sk = '1' AND pk = 'b'",
            "Multiple conditions on same key pk. Only single item "
            "Update/Insert/Delete are supported",
        ),
        (
            "UPDATE Tab SET a = set_add(b, <<1>>) WHERE pk = 'a'",
            "The first argument to SET_ADD must equal the assignment value at 1:20:7",
        ),
        (
            "UPDATE Tab SET a = 'x' + 1 WHERE pk = 'a'",
            "Incorrect operand type for operator or function; operator or function: "
            "+, operand type: S",
        ),
        (
            "INSERT INTO Tab VALUE {'pk': 'a', 's': <<>>}",
            "Empty bags are not supported",
        ),
        (
            "INSERT INTO Tab VALUE {'pk': 'a', 'l': [?]}",
            "Unsupported data type: Parameter under key root[0] at 1:41:1",
        ),
        (
            "INSERT INTO Tab VALUE {'pk': 'a', 'm': {'x': 1e126}}",
            "Number overflow. Attempting to store a number with magnitude larger "
            "than supported range under root.x",
        ),
        (
            "INSERT INTO Tab VALUE {'pk': 'a'}",
            "One or more parameter values were invalid: Missing the key sk in the item",
        ),
        (
            "DELETE FROM Tab WHERE pk = 'a' RETURNING ALL NEW *",
            "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * "
            "is allowed in DELETE statements.",
        ),
        (
            "EXISTS(SELECT * FROM Tab WHERE pk = 'a')",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_in_aws_s_words(
    db: Any, tab: None, statement: str, message: str
) -> None:
    code, told = no(db, statement)
    assert (code, told) == ("ValidationException", message)


def one(statement: str, *given: Any, **more: Any) -> dict[str, Any]:
    """A member of a batch or transaction."""
    return {"Statement": statement} | ({"Parameters": list(given)} if given else {}) | more


def test_a_batch_fails_by_the_statement(db: Any, t: str) -> None:
    put(db, t, "a", "1", n={"N": "1"})
    where = "WHERE pk = 'a' AND sk = '1'"
    answer = db.batch_execute_statement(
        Statements=[
            one(f"INSERT INTO \"{t}\" VALUE {{'pk': ?, 'sk': '1'}}", {"S": "b"}),
            one(f"INSERT INTO \"{t}\" VALUE {{'pk': 'a', 'sk': '1'}}"),
            one(f'UPDATE "{t}" SET n = 2 {where} RETURNING MODIFIED NEW *'),
            one(f'UPDATE "{t}" SET n = 3 {where} AND n = 1'),
            one("DELETE FROM \"nowhere\" WHERE pk = 'a' AND sk = '1'"),
            one("SLECT"),
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    responses = answer["Responses"]
    assert responses[:1] == [{"TableName": t}]
    assert responses[2] == {"TableName": t, "Item": {"n": {"N": "2"}}}
    codes = [each["Error"]["Code"] for each in (*responses[1:2], *responses[3:])]
    assert codes == [
        "DuplicateItem",
        "ConditionalCheckFailed",
        "ResourceNotFound",
        "ValidationError",
    ]
    assert responses[5]["Error"]["Message"] == MALFORMED + "Expected data manipulation"
    assert answer["ConsumedCapacity"] == [{"TableName": t, "CapacityUnits": 2.0}]
    assert get(db, t, "b", "1") and get(db, t, "a", "1")["n"] == {"N": "2"}


def test_a_batch_reads_single_items(db: Any, t: str) -> None:
    put(db, t, "a", "1", n={"N": "1"})
    answer = db.batch_execute_statement(
        Statements=[
            one(f'SELECT n FROM "{t}" WHERE pk = ? AND sk = ?', {"S": "a"}, {"S": "1"}),
            one(f"SELECT * FROM \"{t}\" WHERE pk = 'z' AND sk = '1'", ConsistentRead=True),
            one(f"SELECT * FROM \"{t}\" WHERE pk = 'a'"),
            one(f'SELECT * FROM "{t}"."owners" WHERE owner = \'x\''),
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Responses"][:2] == [
        {"TableName": t, "Item": {"n": {"N": "1"}}},
        {"TableName": t},
    ]
    assert {each["Error"]["Message"] for each in answer["Responses"][2:]} == {
        "Select statements within BatchExecuteStatement must specify the primary key in the where "
        "clause."
    }
    assert answer["ConsumedCapacity"] == [{"TableName": t, "CapacityUnits": 1.5}]


def test_a_transaction_writes_all_or_nothing(db: Any, t: str) -> None:
    put(db, t, "a", "1", n={"N": "1"})
    insert = one(f"INSERT INTO \"{t}\" VALUE {{'pk': 'b', 'sk': '1'}}")
    update = one(f"UPDATE \"{t}\" SET n = n + 1 WHERE pk = 'a' AND sk = '1'")
    free = one(f"EXISTS(SELECT * FROM \"{t}\" WHERE pk = 'c' AND sk = '1' AND n IS MISSING)")
    request = {"TransactStatements": [insert, update, free], "ClientRequestToken": uuid4().hex}
    for _ in range(2):  # the second is a repetition
        told = db.execute_transaction(ReturnConsumedCapacity="TOTAL", **request)
        assert told["Responses"] == [{}, {}, {}]
    assert get(db, t, "a", "1")["n"] == {"N": "2"}
    with pytest.raises(ClientError) as failed:
        db.execute_transaction(
            TransactStatements=[
                update,
                insert,
                one(f"UPDATE \"{t}\" SET n = 1 WHERE pk = 'd'"),
                one("DELETE FROM \"nowhere\" WHERE pk = 'a' AND sk = '1'"),
                one(f"EXISTS(SELECT * FROM \"{t}\" WHERE pk = 'c' AND sk = '1' AND n = 1)"),
            ]
        )
    error = failed.value.response
    assert error["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in error["CancellationReasons"]] == [
        "None",
        "DuplicateItem",
        "ValidationError",
        "ResourceNotFound",
        "ConditionalCheckFailed",
    ]
    assert get(db, t, "a", "1")["n"] == {"N": "2"}


def test_a_transaction_reads_all_at_once(db: Any, t: str) -> None:
    put(db, t, "a", "1", n={"N": "1"})
    select = one(f"SELECT n FROM \"{t}\" WHERE pk = 'a' AND sk = '1'")
    told = db.execute_transaction(
        TransactStatements=[select, one(f"SELECT * FROM \"{t}\" WHERE pk = 'z' AND sk = '1'")],
        ReturnConsumedCapacity="TOTAL",
    )
    assert told["Responses"] == [{"Item": {"n": {"N": "1"}}}, {}]
    assert told["ConsumedCapacity"] == [{"TableName": t, "CapacityUnits": 4.0}]
    update = one(f"UPDATE \"{t}\" SET n = 1 WHERE pk = 'a' AND sk = '1'")
    first = "Validation failed in TransactStatements[0]: "
    for statements, message in (
        ([select, select], "Transaction request cannot include multiple operations on one item"),
        (
            [select, update],
            "ExecuteTransaction API does not support both read and write operations in the same "
            "request.",
        ),
        (
            [one(f"SELECT * FROM \"{t}\" WHERE pk = 'a' AND sk = '1' AND n = 1")],
            first + "Select statements within ExecuteTransaction must specify the primary key in "
            "the where clause.",
        ),
        (
            [one(update["Statement"] + " RETURNING ALL NEW *")],
            first + "RETURNING clause is not supported in ExecuteTransaction.",
        ),
        ([one("SELECT * FROM Tab WHERE")], f"{first}{MALFORMED}Unexpected term"),
        (
            [one(f"EXISTS(SELECT * FROM \"{t}\" WHERE pk = 'a' AND sk = '1')")],
            first + "EXISTS() must contain a single item read with additional condition",
        ),
    ):
        told = refused(db.execute_transaction, TransactStatements=statements)
        assert told == ("ValidationException", message)


def test_statements_reach_the_stream(mill: TestEngine, db: Any, t: str) -> None:
    run(db, f"INSERT INTO \"{t}\" VALUE {{'pk': 'a', 'sk': '1'}}")
    run(db, f"UPDATE \"{t}\" SET n = 1 WHERE pk = 'a' AND sk = '1'")
    run(db, f"DELETE FROM \"{t}\" WHERE pk = 'a' AND sk = '1'")
    streams = mill.client("dynamodbstreams")
    arn = db.describe_table(TableName=t)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
