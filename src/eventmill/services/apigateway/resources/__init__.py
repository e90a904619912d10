"""The CloudFormation types of REST APIs."""

from eventmill.services.apigateway.resources.account import ACCOUNT_TYPES
from eventmill.services.apigateway.resources.api import REST_API
from eventmill.services.apigateway.resources.deployments import DEPLOYMENT, STAGE
from eventmill.services.apigateway.resources.methods import METHOD, RESOURCE
from eventmill.services.apigateway.resources.parts_of_api import PARTS
from eventmill.services.apigateway.resources.records import RECORDS

RESOURCES = (REST_API, RESOURCE, METHOD, DEPLOYMENT, STAGE, *PARTS, *ACCOUNT_TYPES, *RECORDS)
