"""What a service is to the rest of the engine.

A service is a set of operations (plain functions over a transaction), the tables they use, and
the CloudFormation resource types it provides. It knows no HTTP, no other service and no event
loop. An operation gets its request as botocore names and types it (timestamps are epoch
seconds) and returns its result the same way, or says that it must wait.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol, TypeVar

from eventmill.kernel.errors import Fault, Invalid, NotFound
from eventmill.kernel.ids import Ids
from eventmill.kernel.metrics import Count, Sample
from eventmill.kernel.policies import Asker
from eventmill.kernel.ports import Ports
from eventmill.store.blobs import Blobs, BlobSlice, Hold, StagedBlob
from eventmill.store.code import CodeStore
from eventmill.store.transaction import Transaction

T = TypeVar("T")

INLINE_BODY = 65_536
"""A body up to this size stays in memory and in its row: below it SQLite is faster than a file."""


@dataclass(slots=True)
class Upload:
    """A request's streaming body, read, unchunked and hashed by edge before the operation runs.

    Either `data` or `blob` is set. An operation that keeps the blob calls `blob.keep()` before it
    writes the row that names it, and edge discards the file when the operation fails.
    """

    size: int
    md5: bytes
    data: bytes | None = None
    blob: StagedBlob | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)
    """Verified checksums by algorithm (`CRC32`, `SHA256` ...), base64, as S3 stores them."""


@dataclass(frozen=True, slots=True)
class Download:
    """A streaming body of an answer: these parts one after the other."""

    parts: tuple[bytes | BlobSlice, ...]
    size: int
    hold: Hold | None = None
    """What keeps the files of its parts until they are sent."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of the engine may ask about a resource of any service.

    `facts` are the few settings that another service must check, by AWS's names (a queue's
    `VisibilityTimeout`). `admits` tells whether its policy lets a service push into it: invoke the
    function, send to the queue, publish to the topic, put the object.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    admits: Callable[[Asker], bool] = lambda asker: True


Directory = Callable[[Transaction, str], Known | None]
"""Answers for an ARN; None when nothing exists under it. Joined by assembly from all services."""


def _nothing(tx: Transaction, arn: str) -> Known | None:
    """The directory of an engine without other services."""
    return None


Objects = Callable[["Call", str, str, str | None], bytes]
"""The body of an object by bucket, key and version, for services that read packages from S3.
Raises Fault. Joined by assembly."""


def _no_objects(call: Call, bucket: str, key: str, version: str | None) -> bytes:
    """The objects of an engine without S3."""
    raise NotFound("NoSuchBucket", "The specified bucket does not exist")


Measure = Callable[[Transaction, Sequence[Sample]], None]
"""Counts values of metrics in, for services that find some in what they are given. Joined by
assembly."""


def _unmeasured(tx: Transaction, samples: Sequence[Sample]) -> None:
    """The metrics of an engine without CloudWatch."""


class Writes(Protocol):
    """The database as the steps of an operation use it."""

    async def __call__(self, closure: Callable[[Transaction], T]) -> T:
        """Run `closure` in a write transaction of its own."""


class Mode(Enum):
    """How an operation touches the store, and so where it runs."""

    READ = "read"
    """Point queries over committed state, on the event loop."""
    SCAN = "scan"
    """Queries over many rows of committed state, on a reader thread."""
    WRITE = "write"
    """Changes, in a group commit."""
    SWEEP = "sweep"
    """Changes of many rows, which take longer than others may wait for on the event loop."""


@dataclass(slots=True)
class Call:
    """One request on its way through a service."""

    tx: Transaction
    ids: Ids
    ports: Ports
    blobs: Blobs
    code: CodeStore
    account: str
    region: str
    endpoint: str
    """The address clients reach the engine by, without a trailing slash."""
    request_id: str = ""
    principal: str = ""
    """The caller's access key id; empty for an anonymous one."""
    source_ip: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)
    """The HTTP request's headers in lower case, for the few operations that need them."""
    trace: str | None = None
    parked: bool = False
    """Whether this is a repetition after `Park`."""
    waited_since: float | None = None
    """The moved time of the first try of a parked call."""
    directory: Directory = _nothing
    objects: Objects = _no_objects
    measure: Measure = _unmeasured
    writes: Writes | None = None

    @property
    def now(self) -> float:
        """The moved time, epoch seconds."""
        return self.tx.now

    async def step(self, function: Callable[[Call], T]) -> T:
        """Run it in a transaction of its own: for what `Later` awaits, which has none."""
        assert self.writes is not None
        return await self.writes(lambda tx: function(replace(self, tx=tx)))


@dataclass(frozen=True, slots=True)
class Park:
    """Not yet: run the operation again when one of `keys` is announced or `until` is reached.

    At `until` it runs a last time, and whatever it then returns instead of a `Park` is the
    answer; a `Park` whose `until` has passed is answered with `otherwise`.
    """

    keys: tuple[str, ...]
    until: float
    otherwise: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Later:
    """The answer comes from outside the store: `run` is awaited without any transaction."""

    run: Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Then:
    """What the operation read or prepared now changes the store: `run` is called on the writer.

    For work that must not hold up the writer (unpacking an archive) or that only sometimes
    ends in a change (an asynchronous Invoke).
    """

    run: Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Events:
    """The answer is a stream of events.

    `step` is run on committed state, again and again: it gives the events that are due, each
    `{name: members}`, and until when to wait for `keys` before the next step; None ends the stream.
    """

    keys: tuple[str, ...]
    step: Callable[[Call], tuple[list[dict[str, Any]], float | None]]


Result = dict[str, Any] | Park | Later | Then | Events
Function = Callable[[Call, dict[str, Any]], Result]


Meter = Callable[[str, Mapping[str, Any], Mapping[str, Any] | Fault, float], Sequence[Count]]
"""(operation, request, its result or fault, seconds that it took) → what counts for metrics."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One API operation."""

    name: str
    function: Function
    mode: Mode
    meter: Meter | None = None


class Operations:
    """Collects a service's operations; use one per service and its decorators."""

    def __init__(self, meter: Meter | None = None) -> None:
        self.by_name: dict[str, Operation] = {}
        self._meter = meter

    def _decorate(self, name: str, mode: Mode) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            self.by_name[name] = Operation(name, function, mode, self._meter)
            return function

        return register

    def read(self, name: str) -> Callable[[Function], Function]:
        """The function only looks rows up."""
        return self._decorate(name, Mode.READ)

    def scan(self, name: str) -> Callable[[Function], Function]:
        """The function only reads, possibly many rows."""
        return self._decorate(name, Mode.SCAN)

    def write(self, name: str) -> Callable[[Function], Function]:
        """The function changes the store."""
        return self._decorate(name, Mode.WRITE)

    def sweep(self, name: str) -> Callable[[Function], Function]:
        """The function changes many rows of the store."""
        return self._decorate(name, Mode.SWEEP)


class Support(Enum):
    """What becomes of a resource property."""

    HONOURED = "honoured"
    RECORDED = "recorded"
    """Returned by the API; has no meaning on one machine (tags, VPC, encryption keys)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A property that must not be set; `reason` says why and what to do instead."""

    reason: str


@dataclass(slots=True)
class Resource:
    """A resource of a stack, its properties resolved to plain values."""

    stack: str
    stack_id: str
    logical_id: str
    properties: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    physical_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What GetAtt gave before an update."""


@dataclass(frozen=True, slots=True)
class Created:
    """`physical_id` is what Ref gives, `attributes` what GetAtt gives."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class _Unknown(str):
    __slots__ = ()


UNKNOWN = _Unknown()
"""Stands, as an empty text, for a value that only the deployment itself will give."""


def known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Those properties that are known now, with everything below them."""
    return {name: value for name, value in properties.items() if not has_unknown(value)}


def has_unknown(value: Any) -> bool:
    """Whether it is UNKNOWN, or something below it."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else value is UNKNOWN


EVERYTHING = "*"
"""Key of ResourceType.properties that speaks for every property without one of its own."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A CloudFormation type. Its functions run inside one write transaction.

    `properties` maps a property, or a dotted path below one, to its support; a key speaks for
    all below it that has no longer key. A property with no key is refused as unknown, unless
    EVERYTHING is a key. A change of a property in `replaces` creates a new resource and deletes
    the old one. `update` gets the resource with its new properties and the old ones beside it.

    `notice` says of a type that is only recorded what is missing; it is always printed.
    `remark` says it of a single resource by its properties as they are written; empty for none.
    `stands_in` tells of an attribute whether Fn::GetAtt gives the resource's id in its stead.
    `validate` raises a fault for properties that `create` would refuse whatever else there is;
    it is asked before anything of the stack is made, with UNKNOWN for what is not known then.
    `adopts` says of a type whose `create` gives what is there under a name, instead of refusing
    it, below which properties (a log group's filter) the physical id is the name; most often none.
    `overlaps` says that resources of the type may set one thing, which `delete` takes from all:
    what others of the stack set is set again.
    `attributes` are all that Fn::GetAtt may give; None where they are only known of what is made.
    """

    name: str
    properties: Mapping[str, Support | Refused]
    create: Callable[[Call, Resource], Created]
    update: Callable[[Call, Resource, Mapping[str, Any]], Created]
    delete: Callable[[Call, Resource], None]
    replaces: frozenset[str] = frozenset()
    notice: str = ""
    stands_in: Callable[[str], bool] = lambda attribute: False
    remark: Callable[[Mapping[str, Any]], str] = lambda properties: ""
    validate: Callable[[Mapping[str, Any]], None] = lambda properties: None
    adopts: tuple[str, ...] | None = None
    overlaps: bool = False
    attributes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is botocore's; `schema` lists the SQL scripts of its tables, oldest first."""

    name: str
    operations: Mapping[str, Operation]
    schema: Sequence[str] = ()
    resources: Sequence[ResourceType] = ()


def absent(client: str) -> str:
    """The notice of a type whose service is not here; `client` is the service's name in SDKs."""
    return "nothing of it works here" + (f"; calls to {client} answer 501" if client else "")


def generated_name(resource: Resource, ids: Ids, *, lower: bool = False, limit: int = 64) -> str:
    """`<stack>-<logical id>-<12 random>`, as CloudFormation names what the template does not.

    `lower` for names without capitals (buckets). `limit` is the longest name allowed.
    """
    suffix = ids.token(12)
    stem = f"{resource.stack}-{resource.logical_id}"[: limit - 13]
    name = f"{stem}-{suffix}"
    return name.lower() if lower else name


def attribute_text(value: Any) -> str:
    """A template's value as the APIs that know only text have it: `true`, JSON, or as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def truth(value: Any) -> bool:
    """A truth value, which templates may write as text."""
    return str(value).lower() == "true"


def typed(value: Any, kinds: Mapping[str, Callable[[str], Any]], name: str = "") -> Any:
    """A template's value, with the members that `kinds` names converted where they are text.

    Raises Invalid for a text that a converter refuses with ValueError.
    """
    if isinstance(value, Mapping):
        return {key: typed(inner, kinds, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner, kinds) for inner in value]
    if name not in kinds or not isinstance(value, str):
        return value
    try:
        return kinds[name](value)
    except ValueError:
        raise Invalid("ValidationError", f"Value '{value}' at '{name}' is not valid.") from None
