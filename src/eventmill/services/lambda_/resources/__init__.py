"""The CloudFormation types of Lambda, one file each."""

from __future__ import annotations

from eventmill.services.lambda_.resources.alias import ALIAS
from eventmill.services.lambda_.resources.code_signing_config import CODE_SIGNING_CONFIG
from eventmill.services.lambda_.resources.event_invoke_config import EVENT_INVOKE_CONFIG
from eventmill.services.lambda_.resources.event_source_mapping import EVENT_SOURCE_MAPPING
from eventmill.services.lambda_.resources.function import FUNCTION
from eventmill.services.lambda_.resources.layer_permission import LAYER_VERSION_PERMISSION
from eventmill.services.lambda_.resources.layer_version import LAYER_VERSION
from eventmill.services.lambda_.resources.permission import PERMISSION
from eventmill.services.lambda_.resources.url import URL
from eventmill.services.lambda_.resources.version import VERSION

RESOURCES = (
    FUNCTION,
    VERSION,
    ALIAS,
    PERMISSION,
    EVENT_INVOKE_CONFIG,
    EVENT_SOURCE_MAPPING,
    LAYER_VERSION,
    URL,
    CODE_SIGNING_CONFIG,
    LAYER_VERSION_PERMISSION,
)
