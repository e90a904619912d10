"""AWS Lambda: functions, versions, aliases, policies, layers, URLs and event source mappings.

Below the service's declaration stand the functions that deliver and edge use.
"""

from __future__ import annotations

from eventmill.services.contract import Service
from eventmill.services.lambda_ import (
    aliases,
    code_signing,
    concurrency,
    invocation,
    invoke_configs,
    layer_operations,
    layer_policies,
    mapping_operations,
    policies,
    provisioned,
    recursion,
    runtime_management,
    streaming,
    urls,
    versioning,
)
from eventmill.services.lambda_.concurrency import ACCOUNT_LIMIT, reserved_total
from eventmill.services.lambda_.event_source_mappings import (
    MAPPINGS_KEY,
    EventSourceMapping,
    mapping_uuids,
    mappings,
    set_result,
)
from eventmill.services.lambda_.events import (
    EVENTS_KEY,
    Event,
    due_events,
    enqueue_event,
    functions_due,
    next_due_event,
    postpone_event,
    retry_event,
    settle_event,
    waiting_events,
)
from eventmill.services.lambda_.filters import Filters
from eventmill.services.lambda_.functions import (
    FUNCTIONS_KEY,
    code_folders,
    code_sha256,
    exists,
    folder_of,
    function_names,
    names_layer,
    resolve,
    runs,
)
from eventmill.services.lambda_.invoke_configs import Treatment, treatment
from eventmill.services.lambda_.layers import adopt as adopt_layer
from eventmill.services.lambda_.mapping_settings import KAFKA_TOPIC, cluster_servers
from eventmill.services.lambda_.names import unqualified
from eventmill.services.lambda_.operations import OPERATIONS
from eventmill.services.lambda_.policies import may_invoke, open_to_all
from eventmill.services.lambda_.provisioned import Provision, provisions, set_ready
from eventmill.services.lambda_.resources import RESOURCES
from eventmill.services.lambda_.schema import SCHEMA
from eventmill.services.lambda_.urls import FunctionUrl, url_by_id

# Importing these registers their operations.
_OPERATION_MODULES = (
    aliases,
    code_signing,
    concurrency,
    invocation,
    invoke_configs,
    layer_operations,
    layer_policies,
    mapping_operations,
    policies,
    runtime_management,
    provisioned,
    recursion,
    streaming,
    urls,
    versioning,
)

SERVICE = Service("lambda", OPERATIONS.by_name, SCHEMA, RESOURCES)

__all__ = [
    "ACCOUNT_LIMIT",
    "EVENTS_KEY",
    "FUNCTIONS_KEY",
    "KAFKA_TOPIC",
    "MAPPINGS_KEY",
    "SERVICE",
    "Event",
    "EventSourceMapping",
    "Filters",
    "FunctionUrl",
    "Provision",
    "Treatment",
    "adopt_layer",
    "cluster_servers",
    "code_folders",
    "code_sha256",
    "due_events",
    "enqueue_event",
    "exists",
    "folder_of",
    "function_names",
    "functions_due",
    "mapping_uuids",
    "mappings",
    "may_invoke",
    "names_layer",
    "next_due_event",
    "open_to_all",
    "postpone_event",
    "provisions",
    "reserved_total",
    "resolve",
    "retry_event",
    "runs",
    "set_ready",
    "set_result",
    "settle_event",
    "treatment",
    "unqualified",
    "url_by_id",
    "waiting_events",
]
