"""Who is told of changes, and how often the table is asked for them."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters import connections
from adapters.connections import Audience


class Api:
    """@connections: notes what is sent; some connections are gone."""

    def __init__(self, gone: set[str]) -> None:
        self.gone = gone
        self.posts: Counter[str] = Counter()

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:
        self.posts[ConnectionId] += 1
        if ConnectionId in self.gone:
            raise ClientError({"Error": {"Code": "GoneException"}}, "PostToConnection")


class Table:
    """The connections' table: topic to connections."""

    def __init__(self, **topics: set[str]) -> None:
        self.topics = topics
        self.asked = 0

    def query(self, KeyConditionExpression: Any, **_: Any) -> dict[str, Any]:
        self.asked += 1
        topic = KeyConditionExpression.get_expression()["values"][1].partition("#")[2]
        names = {"*": "every"}.get(topic, topic)
        return {"Items": [{"connection": one} for one in self.topics.get(names, ())]}


def test_a_batch_asks_for_each_topic_once_and_tells_who_is_gone_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, table = Api({"gone"}), Table(every={"all", "gone"}, d1={"one", "all"})
    forgotten: list[str] = []
    monkeypatch.setenv("CONNECTIONS_URL", "https://live.example")
    monkeypatch.setattr(connections, "client", lambda *_: api)
    monkeypatch.setattr(connections, "table", lambda _: table)
    monkeypatch.setattr(connections, "forget", forgotten.append)
    audience = Audience()
    for document in ("d1", "d2", "d1"):
        audience.tell("home", document, {"type": "document"})
    assert api.posts == {"all": 3, "one": 2, "gone": 1}
    assert (table.asked, forgotten) == (3, ["gone"])
