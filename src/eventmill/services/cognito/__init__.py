"""Amazon Cognito user pools: users, sign-up and sign-in, tokens, triggers.

Below the service's declaration stand the functions that edge, deliver and the resources use.
"""

from eventmill.services.cognito import (
    admin_operations,
    authentication,
    client_operations,
    group_operations,
    listing,
    pool_operations,
    recovery,
    registration,
    resource_servers,
    self_operations,
)
from eventmill.services.cognito.hosted import NewPassword, asked, leaving, sign_in
from eventmill.services.cognito.keys import published
from eventmill.services.cognito.messages import MAIL
from eventmill.services.cognito.names import issued_by, issuer, pool_of
from eventmill.services.cognito.oauth import domain_of, has_domain, revoke, token, user_info
from eventmill.services.cognito.operations import OPERATIONS
from eventmill.services.cognito.pools import exists
from eventmill.services.cognito.problems import OAuthError
from eventmill.services.cognito.registration import by_link
from eventmill.services.cognito.resources import RESOURCES
from eventmill.services.cognito.schema import SCHEMA
from eventmill.services.contract import Service

__all__ = [
    "MAIL",
    "SERVICE",
    "NewPassword",
    "OAuthError",
    "asked",
    "by_link",
    "domain_of",
    "exists",
    "has_domain",
    "issued_by",
    "issuer",
    "leaving",
    "pool_of",
    "published",
    "revoke",
    "sign_in",
    "token",
    "user_info",
]

# Importing these registers their operations.
_OPERATION_MODULES = (
    admin_operations,
    authentication,
    client_operations,
    group_operations,
    listing,
    pool_operations,
    recovery,
    registration,
    resource_servers,
    self_operations,
)

SERVICE = Service("cognito-idp", OPERATIONS.by_name, SCHEMA, RESOURCES)
